# Undoes what kubeadm did on this host. Its etcd member must have been removed before. $1: the stage that it was seen at, -
# for none; or "aside" where its data was put aside. Another run may have made it a master again meanwhile.
one_at_a_time
if [ "$1" = aside ]; then
  [ ! -e /var/lib/etcd/member ] || die "this host has data of etcd again: another run came in between; nothing was undone" 75
else
  stage=$(tr -dc a-z 2> /dev/null < /etc/mainstay/stage) || true
  case $stage in '' | joined | provisioned) ;; *) stage=started ;; esac
  [ "${stage:--}" = "$1" ] || die "this host is at stage ${stage:--} by now and was at $1: another run came in between; run the same command again" 75
fi
# what a restore put aside and had no room for elsewhere
keep_aside ''
for aside in /var/lib/etcd/mainstay-aside-*; do
  [ ! -e "$aside/member" ] || die "there is no room to keep what a restore put aside in $aside; make room below /var/lib/mainstay, or move it away"
done
if [ -x /usr/local/bin/kubeadm ]; then
  timeout 120 kubeadm reset -f --skip-phases remove-etcd-member --cri-socket unix:///run/containerd/containerd.sock > /run/mainstay/reset.log 2>&1 || { tail -n 10 /run/mainstay/reset.log >&2; die "kubeadm reset failed"; }
fi
rm -rf /etc/kubernetes/manifests /etc/kubernetes/*.conf /etc/kubernetes/*.mainstay-new /etc/kubernetes/pki /etc/kubernetes/tmp
# what a restore that broke off left to hold kubelet, which has nothing to start any more
remove_hold
rm -f $restores/state
rm -f /etc/mainstay/kubeadm/*.yaml /etc/mainstay/kubeadm/discovery.conf /etc/mainstay/ca.crt
empty_state
forget_cni /etc/cni/net.d
rm -rf /run/flannel /var/lib/cni
forget_pod_network
rm -rf /var/lib/mainstay/retired
rm -f /etc/mainstay/stage
