# Gives this master back what it had before restore $1, and starts it; only where no master was started on restored data.
one_at_a_time
read_stage
[ "$restore" = "$1" ] || exit 0
case $stage in
  started | done) die "this master was started on its restored data" ;;
  swapped | stopped)
    aside=/var/lib/etcd/mainstay-aside-$1
    if [ -d "$aside/member" ]; then
      ! etcd_runs || die "etcd runs; nothing was moved"
      if [ -e /var/lib/etcd/member ]; then
        mkdir -p -m 700 $fresh
        mv -T /var/lib/etcd/member $fresh/member
      fi
      mv -T "$aside/member" /var/lib/etcd/member
      rmdir "$aside"
      sync -f /var/lib/etcd
    fi
    ;;
esac
remove_hold
systemctl start kubelet.service
rm -rf $fresh $restores/snapshot.db
rm -f $restores/state
echo undone
