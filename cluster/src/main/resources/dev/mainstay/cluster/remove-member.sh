# Removes the etcd member of a host that failed to join, found by its name ($1) or its
# addresses (all others); then its Node.
name=$1
shift
urls=$(printf ' "https://%s:2380"' "$@")
# a list that cannot be read ends this here: it does not say that nobody is there
members=$(etcdctl_here member list -w fields)
id=$(printf '%s\n' "$members" | awk -v name="\"$name\"" -v urls="$urls " '
  /^"ID"/ {id = $3} (/^"Name"/ && $3 == name) || (/^"PeerURL"/ && index(urls, " " $3 " ")) {print id; exit}')
if [ -n "$id" ]; then
  etcdctl_here member remove "$(printf '%x' "$id")" \
    || die "etcd does not let the member of $name go: bring the other masters back first, or take a dead one out (mainstay apply --remove NAME)"
fi
kubectl_here --request-timeout 20s delete node "$name" --ignore-not-found --wait=false
