# Takes a snapshot of this host's member and verifies it; prints what it is, a line of JSON, and then its bytes. Nothing
# stays on the host.
make_scratch
take_snapshot
describe_snapshot
rm -rf "$scratch/restored"
cat "$scratch/snapshot.db"
