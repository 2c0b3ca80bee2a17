# Takes a snapshot of this host's member, verifies it, and keeps it here under /var/lib/mainstay/backup. $1: the id of the
# restore that it is taken before. Prints where it lies.
one_at_a_time
kept=/var/lib/mainstay/backup/etcd-$1
[ ! -s "$kept/before.db.json" ] || { echo "$kept/before.db"; exit 0; }
make_scratch
take_snapshot
describe_snapshot > "$scratch/snapshot.db.json"
mkdir -p -m 700 /var/lib/mainstay/backup "$kept"
sync "$scratch/snapshot.db"
mv "$scratch/snapshot.db" "$kept/before.db"
mv "$scratch/snapshot.db.json" "$kept/before.db.json"
sync -f "$kept"
echo "$kept/before.db"
