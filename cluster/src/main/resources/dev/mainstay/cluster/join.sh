# Joins this host. Standard input: MODE PATH BASE64 a line (configuration, discovery, and for a master the CA files).
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
if ! kubeadm join --config /etc/mainstay/kubeadm/join.yaml > /var/lib/mainstay/log/join.log 2>&1; then
  kubeadm_error /var/lib/mainstay/log/join.log
fi
remember stage joined
