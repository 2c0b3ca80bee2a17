# Makes a worker's kubelet, and the pods that share the host's network, take the host's new address. $1: the node's full
# name. $2: its address.
one_at_a_time
use_node_ip "$2"
systemctl restart kubelet.service
as_kubelet() { kubectl --kubeconfig /etc/kubernetes/kubelet.conf "$@"; }
deadline=$((SECONDS + 240))
until ! is_local "$2" || [ "$(as_kubelet --request-timeout 3s get node "$1" -o 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}' 2> /dev/null)" = "$2" ]; do
  [ $SECONDS -lt $deadline ] || die "kubelet does not report $2: $(as_kubelet --request-timeout 3s get node "$1" -o name 2>&1 | tail -n 1)"
  sleep 0.1
done
restart_host_network_pods "$1" as_kubelet
remember address "$2"
