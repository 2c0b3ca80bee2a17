# Ends restore $1 on this master: the data from before goes to /var/lib/mainstay/backup, and kubelet is held no more.
one_at_a_time
read_stage
[ "$restore" = "$1" ] || die "restore $1 is not prepared on this host"
case $stage in
  started | done) ;;
  *) die "this master was not started on its restored data" ;;
esac
remove_hold
keep_aside "$1"
rm -f $restores/snapshot.db
remember_stage "$1" "$sha256_of_restore" done
