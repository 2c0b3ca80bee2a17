set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C KUBECACHEDIR=/run/mainstay/kube-cache
umask 022
die() { echo "$1" >&2; exit "${2:-1}"; }
# Steps on one host wait for each other, also for one that lost its control machine and runs on.
one_at_a_time() {
  mkdir -p /run/mainstay
  exec 8>/run/mainstay/step.lock
  flock -w 600 8 || die "a step of an earlier run has held /run/mainstay/step.lock for 10 minutes"
}
# Takes standard input whole into the file $input, and refuses one that the connection cut short: $1 is its sha256.
take_input() {
  mkdir -p /run/mainstay
  input=$(mktemp /run/mainstay/input.XXXXXX)
  trap 'rm -f "$input"' EXIT
  cat > "$input"
  [ "$(sha256sum < "$input" | cut -d' ' -f1)" = "$1" ] || die "the input did not arrive whole; nothing was changed" 75
}
etcdctl_here() {
  etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \
    --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key "$@"
}
kubectl_here() { kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 "$@"; }
# Takes away the links and packet filter rules of pods and services.
forget_pod_network() {
  for link in flannel.1 cni0; do
    ip link del $link 2>/dev/null || true
  done
  for tool in iptables ip6tables; do
    command -v $tool-save > /dev/null || continue
    $tool-save 2>/dev/null | grep -v -E 'KUBE|FLANNEL|CNI-' | $tool-restore 2>/dev/null || true
  done
}
# Ends with what kubeadm said last of all in its log $1: its errors, or else its last lines.
kubeadm_error() {
  local errors
  errors=$(sed -e 's/\x1b\[[0-9;]*m//g' -e '/^To see the stack trace/d' "$1" | grep -A 8 -E '^error|\[ERROR' | head -n 8) || true
  [ -n "$errors" ] || errors=$(tail -n 8 "$1")
  die "$errors"
}
