# Takes this master out of a cluster that goes on without it: stops it and puts its etcd data aside, so that it can never
# come back as a member of the old cluster. $1: the recovery's id. kubeadm's files go by kubeadm-reset afterwards.
one_at_a_time
mkdir -p -m 700 $restores
install_hold
hold_control_plane
if [ -e /var/lib/etcd/member ]; then
  mkdir -p -m 700 "/var/lib/etcd/mainstay-aside-$1"
  mv -T /var/lib/etcd/member "/var/lib/etcd/mainstay-aside-$1/member"
  sync -f /var/lib/etcd
fi
keep_aside "$1"
# the next step empties /var/lib/etcd
[ ! -e "/var/lib/etcd/mainstay-aside-$1/member" ] || die "there is no room to keep the old data of this host in /var/lib/mainstay/backup; make room there"
# nor may kubelet start anything here before kubeadm-reset: without data a master whose etcd was never told that a cluster
# exists would make an empty one, with this one's certificates
mkdir -p -m 700 "/var/lib/mainstay/backup/etcd-$1/manifests"
for manifest in /etc/kubernetes/manifests/*; do
  [ ! -f "$manifest" ] || mv -f "$manifest" "/var/lib/mainstay/backup/etcd-$1/manifests/"
done
sync -f /etc/kubernetes
remove_hold
rm -f $restores/state
