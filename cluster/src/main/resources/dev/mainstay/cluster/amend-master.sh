# Gives this master's static pods new manifests while kubelet rests: one that runs would wait for minutes for its own API
# to take the old pod away. Standard input: MODE PATH BASE64 a line. $2: the node's full name. $3: its address. $4: the
# address that it had, or -. $5: seconds that the apiserver gets to end well. $6: the containers to restart, with commas,
# or -. Then the full names of the other masters.
take_input "$1"
one_at_a_time
name=$2 address=$3 was=$4 grace=$5 containers=${6//,/ }
shift 6
amending=/var/lib/mainstay/amending
[ "$containers" = - ] || for container in $containers; do echo "$container" >> $amending; done
trap 'rm -f "$input"; systemctl start kubelet.service' EXIT
systemctl stop kubelet.service
while read -r mode path data; do
  # not beside it: kubelet takes whatever lies there for a manifest
  printf '%s' "$data" | base64 -d > /etc/kubernetes/amended.mainstay-new
  chmod "$mode" /etc/kubernetes/amended.mainstay-new
  replace_file "$path" /etc/kubernetes/amended.mainstay-new
done < "$input"
use_node_ip "$address"
if [ -f $amending ]; then
  # backwards: the apiserver ends well before its etcd does; kubelet starts both again
  for container in $(sort -ru $amending); do
    static_containers "$container" | xargs -r crictl stop -t "$([ "$container" = kube-apiserver ] && echo "$grace" || echo 5)" > /dev/null
  done
fi
lease=
[ "$was" = - ] || lease=/registry/masterleases/$was
# The lease of the old address would keep it in default/kubernetes for 15 s more. Any member that has a quorum takes it
# away; while none has, the loop below tries again.
forget_lease() {
  [ -n "$lease" ] || return 0
  local member
  for member in "$@" 127.0.0.1; do
    if etcdctl --endpoints "https://$member:2379" --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt \
      --key /etc/kubernetes/pki/etcd/server.key --dial-timeout 1s --command-timeout 1s del "$lease" > /dev/null 2>&1; then
      lease=
      return 0
    fi
  done
}
[ $# -eq 0 ] || forget_lease "$@"
systemctl start kubelet.service
trap 'rm -f "$input"' EXIT
deadline=$((SECONDS + 180))
until_true() {
  local what=$1
  shift
  until "$@"; do
    if [ $SECONDS -ge $deadline ]; then
      etcdctl_here endpoint health --cluster --command-timeout 3s 2>&1 | grep -v 'is healthy' | head -n 3 >&2 || true
      die "$what: $(kubectl_here --request-timeout 5s get --raw '/readyz?verbose' 2>&1 | grep -v '^\[+\]' | head -n 5)"
    fi
    sleep 0.1
  done
}
lease_is_gone() { forget_lease "$@"; [ -z "$lease" ]; }
# /readyz may be ok before the apiserver knows who may do what
knows_roles() { kubectl --kubeconfig /etc/kubernetes/scheduler.conf --server https://127.0.0.1:6443 --request-timeout 3s get --raw '/api/v1/nodes?limit=1' > /dev/null 2>&1; }
has_address() { ! is_local "$address" || [ "$(kubectl_here --request-timeout 3s get node "$name" -o 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}' 2> /dev/null)" = "$address" ]; }
until_true "etcd has no quorum" lease_is_gone "$@"
until_true "the apiserver of this master does not become ready" api_serves
until_true "the apiserver of this master lets nobody in" knows_roles
until_true "kubelet does not report $address" has_address
if [ "$was" != - ]; then restart_host_network_pods "$name" kubectl_here; fi
rm -f $amending
remember address "$address"
