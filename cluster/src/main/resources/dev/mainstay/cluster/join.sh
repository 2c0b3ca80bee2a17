# Joins this host. Standard input: MODE PATH BASE64 a line (configuration, discovery, and for a master the CA files). $2: its role.
# The token is removed again whatever happens.
take_input "$1"
one_at_a_time
grep -q '[a-z]' /etc/mainstay/stage 2> /dev/null && die "this host is no longer empty (stage $(cat /etc/mainstay/stage)); run the same command again" 75
# whatever became of the stage: the next run would take what is there for what this one left, and wipe it
[ ! -e /var/lib/etcd/member ] || die "this host has data of etcd in /var/lib/etcd/member, and nothing says of which node; nothing was changed. Move it away if nobody needs it" 6
mkdir -p /etc/mainstay/kubeadm /var/lib/mainstay/log
trap 'rm -f "$input" /etc/mainstay/kubeadm/discovery.conf /etc/mainstay/kubeadm/join.yaml' EXIT
remember stage started
umask 077
while read -r mode path data; do
  mkdir -m 755 -p "$(dirname "$path")"
  printf '%s' "$data" | base64 -d > "$path"
  chmod "$mode" "$path"
done < "$input"
umask 022
# A master's kubelet asks its own apiserver for its certificate (kubeadm's ControlPlaneKubeletLocalMode), which is not there before
# its etcd is. Refused, it asks again after 2, 4, 8 and 16 s, and kubeadm waits for that. One that starts anew asks at once.
hasten_bootstrap() {
  local config=/etc/kubernetes/bootstrap-kubelet.conf pem=/var/lib/kubelet/pki/kubelet-client-current.pem
  # no longer than whoever started it lives
  while kill -0 $$ 2> /dev/null && [ ! -e $pem ]; do
    if [ -e $config ] && { : > /dev/tcp/127.0.0.1/6443; } 2> /dev/null &&
      [ "$(timeout 5 kubectl --kubeconfig $config --request-timeout 3s auth can-i create certificatesigningrequests 2> /dev/null)" = yes ]; then
      # not once the step has ended: the next one may count on a kubelet that rests
      [ -e $pem ] || ! kill -0 $$ 2> /dev/null || systemctl restart kubelet.service
      return 0
    fi
    sleep 0.3
  done
}
if [ "$2" = master ]; then
  # without what it would hold open: the lock of this host's steps, the connection of who waits for this one
  (exec < /dev/null > /dev/null 2>&1 8>&-; hasten_bootstrap) &
fi
if ! kubeadm join --config /etc/mainstay/kubeadm/join.yaml > /var/lib/mainstay/log/join.log 2>&1; then
  kubeadm_error /var/lib/mainstay/log/join.log
fi
remember stage joined
