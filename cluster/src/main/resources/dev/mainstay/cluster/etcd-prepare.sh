# Takes a snapshot from standard input and restores it beside the data of this host's member, which goes on serving.
# $1: the restore's id, which is also the new cluster's token. $2: the snapshot's sha256. $3: its bytes. $4: this member's
# name. $5: all members, as etcd wants them. $6: by how much the revision grows. $7: the id of the cluster that it must be
# of. Prints the revision that this member will have.
one_at_a_time
mkdir -p -m 700 $restores
read_stage
case $restore:$stage in
  "$1":*) echo "prepared before"; exit 0 ;;
  *:started)
    etcdctl_here endpoint health --command-timeout 5s > /dev/null 2>&1 || die "another restore, $restore, is not at its end here (it is $stage): go on with that one first" 6
    # it serves, which nobody noted
    keep_aside "$restore"
    remember_stage "$restore" "$sha256_of_restore" done
    ;;
  *:stopped | *:swapped) die "another restore, $restore, is not at its end here (it is $stage): go on with that one first" 6 ;;
esac
# what comes to nothing must not stay on the disk of an etcd that serves
forget() { rm -rf $fresh $restores/snapshot.db; }
forget
mkdir -p -m 700 /var/lib/etcd
need_room_for_both $restores "$3" /var/lib/etcd $(($3 + 67108864))
trap forget EXIT
(umask 077; take_bytes "$3" $restores/snapshot.db) || die "the snapshot did not arrive whole" 75
[ "$(digest < $restores/snapshot.db)" = "$2" ] || die "the snapshot arrived with another sha256; nothing was changed" 65
found=$(clusters_in $restores/snapshot.db)
[ -z "$found" ] || printf '%s\n' "$found" | grep -qxF "$7" || die "the snapshot is of another cluster (id $(echo $found), not $7); nothing was changed" 6
before=$(etcdutl snapshot status $restores/snapshot.db -w json 2> /dev/null | number_of revision)
[ -n "$before" ] || die "the snapshot cannot be read; nothing was changed" 65
etcdutl snapshot restore $restores/snapshot.db --name "$4" --initial-cluster "$5" --initial-advertise-peer-urls "https://$4:2380" \
  --initial-cluster-token "$1" --bump-revision "$6" --mark-compacted --data-dir $fresh > $restores/log 2>&1 || die "the snapshot cannot be restored: $(tail -n 1 $restores/log)" 65
after=$(etcdutl snapshot status $fresh/member/snap/db -w json 2> /dev/null | number_of revision)
[ "$after" = $((before + $6)) ] || die "the restored member has revision $after instead of $((before + $6)); nothing was changed" 65
sync -f $fresh
install_hold
remember_stage "$1" "$2" prepared
trap - EXIT
echo "$after"
