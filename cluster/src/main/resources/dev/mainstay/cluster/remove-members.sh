# Removes etcd members by their ids ($@, decimal) that are there.
for id in "$@"; do
  if etcdctl_here member list -w fields | grep -qx "\"ID\" : $id"; then
    etcdctl_here member remove "$(printf '%x' "$id")"
  fi
done
