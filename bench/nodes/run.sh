#!/usr/bin/env bash
# Masters that come and go on a cluster of 3 masters and 2 workers, with 30 requests a second through w1's local proxy
# (new and kept connections, reads and writes): the leader is taken out, comes back, the first master dies and is replaced
# by an empty machine, three masters become five, all hosts lose power; and one master becomes three on a cluster of its
# own. Usage: bench/nodes/run.sh [ROUNDS]; prints the table that bench/nodes/RESULTS.md keeps.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${1:-3}
for tool in bc; do which $tool > /dev/null || apt-get install -y -qq $tool > /dev/null; done
out=$(mktemp -d)
data=${XDG_DATA_HOME:-$HOME/.local/share}/mainstay/playground
trap 'for one in nodesbench growbench; do "$root/mainstay" playground down --name $one > /dev/null 2>&1; done; rm -rf "$out"' EXIT
(cd "$root/bench/probe" && CGO_ENABLED=0 go build -o "$out/probe" .)
mainstay() { "$root/mainstay" "$@"; }
# on HOST COMMAND: as root on a host of $name
on() {
  local host=$1
  shift
  mainstay playground exec --name $name "$host" -- bash -c "$*"
}
line() { sed -n "s/^  $1: //p" "$data/$name/cluster.yaml"; }
put_in() { sed -i "s/^masters:$/masters:\n  $1: $2/" "$data/$name/cluster.yaml"; }
take_out() { sed -i "/^  $1: /d" "$data/$name/cluster.yaml"; }
make() {
  mainstay playground down --name $name > /dev/null 2>&1 || true
  mainstay playground up --name $name "$@" > "$out/up.log" 2>&1 || { cat "$out/up.log"; exit 1; }
}
begin() {
  on m2 cat /etc/kubernetes/admin.conf > "$out/admin.conf"
  on w1 'cat > /run/probe; chmod 755 /run/probe; mkdir -p /run/probe.d' < "$out/probe"
  for part in certificate-authority:ca.crt client-certificate:client.crt client-key:client.key; do
    sed -n "s/^ *${part%:*}-data: //p" "$out/admin.conf" | base64 -d | on w1 "cat > /run/probe.d/${part#*:}"
  done
  rm -f "$out/fifo"
  mkfifo "$out/fifo"
  mainstay playground exec --name $name w1 -- /run/probe "https://api.$name.internal:7443" /run/probe.d none=none none < "$out/fifo" > "$out/probe.out" 2> "$out/probe.err" &
  probe=$!
  exec 5> "$out/fifo"
  until grep -q answers "$out/probe.out"; do sleep 0.1; done
  sleep 1 # of stream before
}
# sets $tally
end() {
  sleep 1 # of stream after
  echo >&5
  exec 5>&-
  wait $probe
  tally=$(awk '/^requests/ {printf "%d of %d | %.1f", $3, $2, $4 / 1000}' "$out/probe.out")
}
# apply ARGUMENTS: sets $took
apply() {
  began=$(date +%s.%N)
  mainstay apply --yes --accept-new-host-keys --playground $name "$@" -o json > "$out/apply.json" 2> "$out/apply.err" || { cat "$out/apply.err"; exit 1; }
  took=$(echo "$(date +%s.%N) - $began" | bc | sed 's/\(\.[0-9]\).*/\1/')
}
# the moment at which the last master was finished in the last run, seconds after $began
finished() {
  local runs=$data/$name/.mainstay/$name/runs at
  at=$(grep '"event":"ended"' "$runs/$(ls "$runs" | tail -n 1)/journal.jsonl" | grep '"step":"masters/join/[^"]*/finish"' | tail -n 1 | sed 's/.*"at":"\([^"]*\)".*/\1/')
  [ -z "$at" ] || echo "$(date -d "$at" +%s.%N) - $began" | bc | sed 's/\(\.[0-9]\).*/\1/'
}
members() { on m2 'etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key endpoint health --cluster 2> /dev/null' | grep -c 'is healthy'; }
row() {
  end
  echo "| $1 | $(finished) | $took | $tally | $(members) | $(cut -d' ' -f1 /proc/loadavg) |"
}
lead() { # HOST: makes it etcd's leader
  on "$1" 'e() { etcdctl --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key "$@"; }
    me=$(e --endpoints https://127.0.0.1:2379 endpoint status -w fields | sed -n "s/^\"MemberID\" : //p")
    for master in m1 m2 m3; do e --endpoints https://$master.'$name'.internal:2379 move-leader $(printf %x $me) > /dev/null 2>&1 || true; done'
}
echo "| what | last master finished and its proxy amended, s | apply took, s | failed requests | longest silence of a stream, s | members healthy | load |"
echo "|---|---|---|---|---|---|---|"
for n in $(seq "$rounds"); do
  name=nodesbench
  make
  m3=$(line m3)
  lead m3
  take_out m3
  begin
  apply --remove m3
  row "the leader leaves (3 to 2)"
  put_in m3 "$m3"
  begin
  apply
  row "an empty machine joins, artifacts included (2 to 3)"
  m6=$(mainstay playground add --name $name --master m6 | sed 's/.*m6: //')
  mainstay playground stop --name $name m1
  take_out m1
  put_in m1 "$m6"
  sleep 5 # it is long dead when somebody sees to it
  begin
  apply --replace m1
  row "the dead first master is replaced by an empty machine"
  for more in m7 m8; do put_in $more "$(mainstay playground add --name $name --master $more | sed "s/.*$more: //")"; done
  begin
  apply
  row "3 to 5"
  hosts="m6 m2 m3 m7 m8 w1 w2"
  for host in $hosts; do mainstay playground stop --name $name $host & done
  wait
  start=$(date +%s.%N)
  for host in $hosts; do mainstay playground start --name $name $host & done
  until [ "$(on w1 'kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 2s get --raw /readyz 2> /dev/null')" = ok ]; do sleep 0.2; done
  echo "| power cut of all 7 hosts: the API answers through w1 after $(echo "$(date +%s.%N) - $start" | bc | sed 's/\(\.[0-9]\).*/\1/') s | | | | | | $(cut -d' ' -f1 /proc/loadavg) |"
  mainstay playground down --name $name > /dev/null 2>&1
  name=growbench
  make --masters 1 --workers 1
  for more in m2 m3; do put_in $more "$(mainstay playground add --name $name --master $more | sed "s/.*$more: //")"; done
  apply
  echo "| 1 to 3, artifacts included | $(finished) | $took | | | $(members) | $(cut -d' ' -f1 /proc/loadavg) |"
  mainstay playground down --name $name > /dev/null 2>&1
done
