# Starts this master on its restored data, once every master has its own; waits until its etcd and API answer. $1: the
# restore's id. Prints what took how long.
one_at_a_time
read_stage
[ "$restore" = "$1" ] || die "restore $1 is not prepared on this host"
case $stage in
  done) exit 0 ;;
  swapped | started) ;;
  *) die "this master does not have its restored data yet" ;;
esac
remember_stage "$1" "$sha256_of_restore" started
start_control_plane
