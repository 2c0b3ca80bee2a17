# Says whether the API answers through this node's own local proxy, and on a master whether its own apiserver is ready.
[ ! -f /etc/kubernetes/admin.conf ] || api_serves || die "its apiserver is not ready" 75
for kubeconfig in /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf; do
  [ -f $kubeconfig ] || continue
  server=$(sed -n 's/^ *server: //p' $kubeconfig | head -n 1)
  case $server in
    https://127.0.0.1:6443) continue ;; # a master's kubelet speaks to its own apiserver
  esac
  [ "$(kubectl --kubeconfig $kubeconfig --request-timeout 4s get --raw /readyz 2>&1)" = ok ] || die "no answer from $server through the local proxy" 75
  exit 0
done
die "no kubeconfig leads through the local proxy" 75
