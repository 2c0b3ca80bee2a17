# Takes $1 bytes of a snapshot from standard input, restores it into a scratch folder and prints what it holds: one line
# of JSON. Nothing stays on the host, and its etcd is not touched.
make_scratch
need_room "$scratch" $(($1 * 2 + 67108864))
(umask 077; dd bs=1M iflag=fullblock,count_bytes count="$1" of="$scratch/snapshot.db" status=none) || true
[ "$(stat -c %s "$scratch/snapshot.db")" = "$1" ] || die "the snapshot did not arrive whole" 75
restore_into_scratch "$scratch/snapshot.db"
printf '{"revision":%s,"compacted":%s,"hash":%s,"keys":%s,"sha256":"%s","clusters":"%s"}\n' "$revision" "$compacted" "$hash" "$keys" \
  "$(digest < "$scratch/snapshot.db")" "$(clusters_in "$scratch/snapshot.db" | paste -sd ' ')"
