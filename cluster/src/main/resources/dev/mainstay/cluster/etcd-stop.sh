# Stops kubelet and the control plane of this master, whose restore $1 is prepared; at boot they stay down. The data is
# not touched.
one_at_a_time
read_stage
[ "$restore" = "$1" ] || die "restore $1 is not prepared on this host"
case $stage in
  swapped | started | done) exit 0 ;;
esac
hold_control_plane
remember_stage "$1" "$sha256_of_restore" stopped
