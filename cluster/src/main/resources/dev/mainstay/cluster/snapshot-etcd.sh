# Keeps a verified snapshot of etcd on this master, of which the last five stay. $1: what for, a word.
one_at_a_time
folder=/var/lib/mainstay/backup
mkdir -m 700 -p $folder
file=$folder/etcd-$1-$(date -u +%Y%m%dT%H%M%SZ).db
trap 'rm -rf "$file.part" "$file.scratch"' EXIT
(umask 077 && etcdctl_here snapshot save "$file.part" > /dev/null)
# a snapshot that can be restored is one: its hash is checked on the way
etcdutl snapshot restore "$file.part" --data-dir "$file.scratch" > /dev/null 2>&1 || die "the snapshot of etcd cannot be restored; nothing was changed"
sync "$file.part"
mv "$file.part" "$file"
find $folder -mindepth 1 -maxdepth 1 -name "etcd-$1-*.db" | sort | head -n -5 | xargs -r rm -f
echo "$file"
