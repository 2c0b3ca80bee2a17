# Gives the images that arrived to containerd. Arguments: SHA256 NAME, again and again.
one_at_a_time
touch /var/lib/mainstay/imported
while [ $# -ge 2 ]; do
  archive=/var/lib/mainstay/artifacts/$1
  [ -f "$archive" ] || die "$2 is not among the artifacts that arrived; run the same command again"
  ctr -n k8s.io images import --local "$archive" > /dev/null
  ctr -n k8s.io images ls -q "name==$2" | grep -qxF "$2" || die "containerd does not list $2 after its import"
  grep -v " $2\$" /var/lib/mainstay/imported > /var/lib/mainstay/imported.new || true
  echo "$1 $2" >> /var/lib/mainstay/imported.new
  mv -f /var/lib/mainstay/imported.new /var/lib/mainstay/imported
  rm -f "$archive"
  shift 2
done
