# Removes etcd members by their ids ($@, decimal) that are there.
for id in "$@"; do
  # a list that cannot be read ends this here: it does not say that nobody is there
  members=$(etcdctl_here member list -w fields)
  if grep -qx "\"ID\" : $id" <<< "$members"; then
    etcdctl_here member remove "$(printf '%x' "$id")"
  fi
done
