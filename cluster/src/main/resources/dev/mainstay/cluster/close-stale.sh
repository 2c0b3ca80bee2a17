# Closes what is left of connections to and from addresses that nodes no longer have, those of pods among them. Arguments:
# the addresses.
one_at_a_time
mkdir -p /var/lib/mainstay
for address in "$@"; do
  echo "$address" >> $stale
  # a pod's connection to a Service keeps the backend that it was given; without this entry it is given another
  conntrack -D -r "$address" > /dev/null 2>&1 || true
done
close_stale
rm -f $stale
