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
if [ -x /usr/local/bin/kubeadm ]; then
  timeout 120 kubeadm reset -f --cri-socket unix:///run/containerd/containerd.sock > /run/mainstay/reset.log 2>&1 || { tail -n 10 /run/mainstay/reset.log >&2; die "kubeadm reset failed"; }
fi
rm -rf /etc/kubernetes/manifests /etc/kubernetes/*.conf /etc/kubernetes/pki /etc/kubernetes/tmp
# what a restore that broke off left to hold kubelet, which has nothing to start any more
rm -f /var/lib/mainstay/etcd-restore/hold /var/lib/mainstay/etcd-restore/state
if [ -f /etc/systemd/system/kubelet.service.d/50-mainstay-etcd.conf ]; then
  rm -f /etc/systemd/system/kubelet.service.d/50-mainstay-etcd.conf
  systemctl daemon-reload
fi
rm -f /etc/mainstay/kubeadm/*.yaml /etc/mainstay/kubeadm/discovery.conf /etc/mainstay/ca.crt
# what lies in them goes; they themselves may be mount points
for folder in /var/lib/etcd /var/lib/kubelet; do
  [ -d $folder ] && find $folder -mindepth 1 -delete 2>/dev/null || true
done
rm -rf /etc/cni/net.d/* /run/flannel /var/lib/cni
forget_pod_network
rm -rf /var/lib/mainstay/retired
rm -f /etc/mainstay/stage
