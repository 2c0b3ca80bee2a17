# Holds the cluster's lock on this host for as long as lines come in, and answers each: so the other end knows until when
# it held. $1 says who holds it. The kernel lets go of it when the connection ends, and 30 s without a line end it too.
mkdir -p /run/mainstay
exec 9>>/run/mainstay/run.lock
tries=0
until flock -n 9; do
  tries=$((tries + 1))
  [ $tries -lt 10 ] || { cat /run/mainstay/run.owner 2>/dev/null; exit 75; }
  sleep 0.2
done
printf '%s\n' "$1" > /run/mainstay/run.owner
echo locked
while read -r -t 30 beat; do echo; done
rm -f /run/mainstay/run.owner
