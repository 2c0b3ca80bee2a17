# Puts the data of this master's member aside and the restored data into its place. $1: the restore's id. Nothing runs.
one_at_a_time
read_stage
[ "$restore" = "$1" ] || die "restore $1 is not prepared on this host"
case $stage in
  swapped | started | done) exit 0 ;;
  stopped) ;;
  *) die "this master was not stopped yet" ;;
esac
swap_data "$1"
remember_stage "$1" "$sha256_of_restore" swapped
