# Asks the API through this node's local proxy 30 times a second, a new TLS connection each, with the client certificate
# in /run/load/kubeconfig and no second try, until /run/load/stop is there; /run/load/tally has a line for each request.
set -u
cd /run/load
api=$(sed -n 's/^ *server: https:..//p' kubeconfig | head -n 1)
for part in certificate-authority client-certificate client-key; do
  sed -n "s/^ *$part-data: //p" kubeconfig | head -n 1 | base64 -d > $part
done
printf 'GET /api/v1/namespaces/default HTTP/1.0\r\nHost: api\r\n\r\n' > question
# few processes, because load and masters may share two processors
ask() {
  local answer=
  socat -T 10 -,ignoreeof "OPENSSL:$api,cafile=certificate-authority,cert=client-certificate,key=client-key,commonname=localhost" \
    < question > answer.$1 2> error.$1
  read -r answer < answer.$1
  case $answer in
    *' 200 '*) echo ok >> tally ;;
    *) echo "failed $1 $answer $(tail -n 1 error.$1)" >> tally ;;
  esac
  rm -f answer.$1 error.$1
}
sent=0
start=${EPOCHREALTIME/./}
while [ ! -e stop ] && [ $sent -lt 6000 ]; do
  # a master that stands still must not fill this host with questions
  jobs -rp > running
  mapfile -t running < running
  [ ${#running[@]} -lt 60 ] || wait -n
  ask $sent &
  sent=$((sent + 1))
  pause=$((start + sent * 33333 - ${EPOCHREALTIME/./}))
  [ $pause -le 0 ] || sleep "$((pause / 1000000)).$(printf %06d $((pause % 1000000)))"
done
wait
touch done
