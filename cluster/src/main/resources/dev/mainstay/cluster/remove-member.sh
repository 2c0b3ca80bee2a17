# Removes the etcd member of a host that failed to join, found by its name ($1) or its address ($2); then its Node.
id=$(etcdctl_here member list -w fields | awk -v name="\"$1\"" -v url="\"https://$2:2380\"" '
  /^"ID"/ {id = $3} (/^"Name"/ && $3 == name) || (/^"PeerURL"/ && $3 == url) {print id; exit}')
if [ -n "$id" ]; then
  etcdctl_here member remove "$(printf '%x' "$id")"
fi
kubectl_here --request-timeout 20s delete node "$1" --ignore-not-found --wait=false
