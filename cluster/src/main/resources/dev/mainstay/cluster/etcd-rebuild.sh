# Makes a cluster of one member out of what this host's member has, which lost its quorum for good. $1: the recovery's id,
# which is also the new cluster's token. $2: this member's name. $3: by how much the revision grows. Then the masters that the
# control machine does not reach, NAME ADDRESS and so on: none of them may be alive. May be run again after any break; it is at
# its end once the others are seen to (etcd-finish). Prints from what it was rebuilt, the revisions before and after, and what
# took how long.
one_at_a_time
mkdir -p -m 700 $restores
read_stage
case $restore:$stage in
  "$1":*) ;;
  *:started)
    # the data of a restore is as good as what was there before
    [ "$sha256_of_restore" != recover ] || die "recovery $restore is not at its end here (it is $stage): go on with that one first" 6
    keep_aside "$restore"
    stage=''
    ;;
  *:stopped | *:swapped) die "restore $restore is not at its end here (it is $stage): go on with that one first" 6 ;;
  *) stage='' ;;
esac
lost=$restores/lost-$1.db
unreached=("${@:4}")
# Others may have come back since the plan was made; with them nothing is lost, and without this one they would go on.
alone_or_die() {
  local asking
  others_or_die "${unreached[@]}" &
  asking=$!
  ! etcd_runs || ! etcdctl_here endpoint health --command-timeout 3s > /dev/null 2>&1 || die "etcd has a quorum again; nothing was changed" 6
  wait $asking || exit $?
}
# that was asked before the data changed places, and this one's etcd is held since
[ "$stage" != swapped ] || others_or_die "${unreached[@]}"
if [ "$stage" = stopped ] && [ -f /var/lib/etcd/member/snap/db ] && [ -d $fresh/member ]; then
  # somebody let it run in between, perhaps: then what was taken before is not the newest any more
  has=$(etcdutl snapshot status /var/lib/etcd/member/snap/db -w json 2> /dev/null | number_of revision)
  taken=$(etcdutl snapshot status $fresh/member/snap/db -w json 2> /dev/null | number_of revision)
  [ -n "$has" ] && [ -n "$taken" ] && [ $((has + $3)) -le "$taken" ] || stage=
fi
if [ -z "$stage" ]; then
  answers() { etcdctl_here endpoint status --command-timeout 2s > /dev/null 2>&1; }
  if ! answers; then
    # a kubelet that begins anew does not wait before it starts etcd again, whose log may hold more than its database
    systemctl restart kubelet.service
    deadline=$((SECONDS + 45))
    until answers || [ $SECONDS -ge $deadline ]; do sleep 0.2; done
  fi
  alone_or_die
  trust=
  rm -rf "$lost" "$lost.part" $fresh
  need_room_for_both $restores "$(stat -c %s /var/lib/etcd/member/snap/db)" /var/lib/etcd $(($(stat -c %s /var/lib/etcd/member/snap/db) + 67108864))
  if answers && (umask 077; etcdctl_here snapshot save "$lost" > $restores/log 2>&1); then
    echo "from member"
  else
    # not held yet: whatever ends this before it is written down, its data is as it was
    trap 'systemctl start kubelet.service' EXIT
    stop_control_plane
    (umask 077; cp /var/lib/etcd/member/snap/db "$lost")
    trust=--skip-hash-check
    echo "from file"
  fi
  before=$(etcdutl snapshot status "$lost" -w json 2> /dev/null | number_of revision)
  [ -n "$before" ] || die "the data of this host cannot be read" 65
  etcdutl snapshot restore "$lost" $trust --name "$2" --initial-cluster "$2=https://$2:2380" --initial-advertise-peer-urls "https://$2:2380" \
    --initial-cluster-token "$1" --bump-revision "$3" --mark-compacted --data-dir $fresh > $restores/log 2>&1 || die "the data of this host cannot be restored: $(tail -n 1 $restores/log)" 65
  after=$(etcdutl snapshot status $fresh/member/snap/db -w json 2> /dev/null | number_of revision)
  [ "$after" = $((before + $3)) ] || die "the restored member has revision $after instead of $((before + $3)); nothing was changed" 65
  echo "revision $before $after"
  sync -f $fresh
  install_hold
  stage=prepared
  remember_stage "$1" recover $stage
fi
if [ $stage = prepared ] || [ $stage = stopped ]; then
  alone_or_die
  hold_control_plane
  trap - EXIT
  remember_stage "$1" recover stopped
  swap_data "$1"
  stage=swapped
  remember_stage "$1" recover $stage
fi
if [ $stage = swapped ] || [ $stage = started ]; then
  remember_stage "$1" recover started
  start_control_plane
  remove_hold
  mkdir -p -m 700 "/var/lib/mainstay/backup/etcd-$1"
  [ ! -f "$lost" ] || mv -f "$lost" "/var/lib/mainstay/backup/etcd-$1/lost.db"
fi
