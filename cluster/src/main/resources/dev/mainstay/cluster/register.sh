# Gives the cluster this node's Node again where it has none, as after a restore of etcd to a time before the node joined
# or a kubectl delete node: kubelet registers itself once only, when it begins. The new Node has another range of
# addresses for pods, as it has after a restore to a time at which it had another: then its pods are made anew.
# $1: the node's full name. $2: its role.
one_at_a_time
[ -s /etc/kubernetes/kubelet.conf ] || { echo "no node"; exit 0; }
as_node() { kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 5s "$@"; }
# absent, or the node's range of addresses, which may be empty; fails where the API does not tell
look() {
  range=$(as_node get node "$1" -o 'jsonpath={.spec.podCIDR}' 2> /run/mainstay/register.log) && return 0
  grep -q NotFound /run/mainstay/register.log || return 1
  range=absent
}
# Whether pods here have addresses of another range than $range.
pods_are_elsewhere() {
  local has
  has=$(sed -n 's/^FLANNEL_SUBNET=\([0-9.]*\)\.[0-9]*\/.*/\1/p' /run/flannel/subnet.env 2> /dev/null)
  [ -n "$has" ] && [ -n "$range" ] && [ "${range%.*}" != "$has" ]
}
deadline=$((SECONDS + 90))
# a Node that has just registered gets its range a moment later
until look "$1" && { [ -n "$range" ] || [ ! -f /run/flannel/subnet.env ]; }; do
  [ $SECONDS -lt $deadline ] || die "the API does not tell about $1: $(tail -n 1 /run/mainstay/register.log)"
  sleep 0.5
done
# What kubeadm marks masters with. Where the label is, the taints are as somebody wanted them.
mark_master() {
  [ "$1" = master ] || return 0
  [ -z "$(kubectl_here --request-timeout 10s get node "$2" -l node-role.kubernetes.io/control-plane -o name 2> /dev/null)" ] || return 0
  kubectl_here --request-timeout 10s get node "$2" -o name > /dev/null
  kubectl_here taint node "$2" --overwrite node-role.kubernetes.io/control-plane:NoSchedule > /dev/null
  kubectl_here label node "$2" --overwrite node.kubernetes.io/exclude-from-external-load-balancers= node-role.kubernetes.io/control-plane= > /dev/null
}
if [ "$range" != absent ] && ! pods_are_elsewhere; then
  mark_master "$2" "$1"
  echo same
  exit 0
fi
systemctl stop kubelet.service
for pod in $(crictl pods -q); do
  # those in the host's own network have no other address afterwards, and among them is the control plane
  network=$(crictl inspectp -o go-template --template '{{.status.linux.namespaces.options.network}}' "$pod" 2> /dev/null) || network=
  [ "$network" != POD ] || crictl rmp -f "$pod" > /dev/null 2>&1 || true
done
ip link del cni0 2> /dev/null || true
rm -f /run/flannel/subnet.env
for pod in $(crictl pods -q --namespace kube-flannel); do crictl rmp -f "$pod" > /dev/null 2>&1 || true; done
systemctl start kubelet.service
deadline=$((SECONDS + 90))
until look "$1" && [ "$range" != absent ]; do
  [ $SECONDS -lt $deadline ] || die "kubelet does not register $1: $(journalctl -u kubelet -n 3 --no-pager -o cat)"
  sleep 0.5
done
mark_master "$2" "$1"
echo registered
