#!/usr/bin/env bash
# A backup of 100,000 keys with its time, size and peak memory of the control process; a restore of three masters; a recovery
# from one survivor; requests to the API from a worker meanwhile, each 100 ms one, through its local proxy.
# Usage: bench/etcd/run.sh [KEYS]; prints the lines that bench/etcd/RESULTS.md keeps.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
keys=${1:-100000}
for tool in jq bc time; do which $tool > /dev/null || apt-get install -y -qq $tool > /dev/null; done
name=etcd-bench
state=${XDG_DATA_HOME:-$HOME/.local/share}/mainstay/playground/$name
out=$(mktemp -d)
trap '"$root/mainstay" playground down --name $name > /dev/null 2>&1; rm -rf "$out"' EXIT
on() {
  local host=$1
  shift
  ssh -i "$state/id_ed25519" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
    "root@$(sed -n "s/^  $host: //p" "$state/cluster.yaml")" "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; $*"
}
"$root/mainstay" playground down --name $name > /dev/null 2>&1 || true
"$root/mainstay" playground up --name $name --workers 1 > "$out/up.log" 2>&1 || { tail "$out/up.log"; exit 1; }
echo "load average at the start: $(cut -d' ' -f1 /proc/loadavg)"
# each request has 3 s; a line TIME RESULT each
on m1 cat /etc/kubernetes/admin.conf > "$out/admin.conf"
on w1 'cat > /run/admin.conf' < "$out/admin.conf"
probe='api=$(sed -n "s/^ *server: //p" /run/admin.conf | head -n 1); rm -f /run/probe /run/stop
  while [ ! -e /run/stop ]; do
    if kubectl --kubeconfig /run/admin.conf --request-timeout 3s get --raw /readyz > /dev/null 2>&1; then r=ok; else r=failed; fi
    echo "$(date +%s%3N) $r" >> /run/probe; sleep 0.1; done'
begin() { on w1 "systemd-run -q --collect --unit probe bash -c '$probe'; until grep -q ok /run/probe 2> /dev/null; do sleep 0.2; done"; }
# the longest time between two good answers that had failures between them
end() {
  on w1 'touch /run/stop; while systemctl is-active -q probe; do sleep 0.1; done; cat /run/probe' |
    awk '$2 == "ok" {if (bad && last) {gap = $1 - last; if (gap > most) most = gap}; last = $1; bad = 0} $2 == "failed" {bad = 1; failed++}
      END {printf "%d requests, %d failed, longest time without an answer %.1f s", NR, failed, most / 1000}'
}
E='etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key'
backup() {
  /usr/bin/time -v "$root/mainstay" etcd backup --playground $name --to "$out/$1" -o json > "$out/$1.json" 2> "$out/$1.time"
  echo "backup ($1): $(jq -r '"\(.backup.keys) keys, \(.backup.size / 1e6) MB, \(.seconds) s"' "$out/$1.json"), whole process $(sed -n 's/.*Elapsed.*): //p' "$out/$1.time"), peak memory $(($(sed -n 's/.*Maximum resident.*: //p' "$out/$1.time") / 1024)) MiB"
}
backup small
begin
"$root/mainstay" etcd restore "$out"/small/*.db --yes --playground $name > /dev/null 2> "$out/restore" || { cat "$out/restore"; exit 1; }
echo "restore: $(end); steps:"
grep -E '^ +[0-9.]+ s  ' "$out/restore"
# 100 keys a transaction, 200 bytes a value
on m1 "head -c 150 /dev/urandom | base64 -w0 > /run/value; v=\$(cat /run/value)
  for i in \$(seq 0 $((keys / 100 - 1))); do { echo; for j in \$(seq 0 99); do echo \"put /bench/\$i-\$j \$v\"; done; echo; echo; } | $E txn > /dev/null; done"
backup large
begin
"$root/mainstay" playground stop --name $name m1
"$root/mainstay" playground stop --name $name m2
had=$(on m3 "$E get '' --from-key --count-only --consistency=s -w fields" | sed -n 's/^"Count" : //p')
start=$(date +%s.%N)
"$root/mainstay" etcd recover --yes --playground $name > /dev/null 2> "$out/recover" || { cat "$out/recover"; exit 1; }
echo "recovery, whole process: $(echo "$(date +%s.%N) - $start" | bc) s; $(end); steps:"
grep -E '^ +[0-9.]+ s  ' "$out/recover"
echo "keys that the survivor had: $had; of /bench before and after: $keys $(on m3 "$E get /bench/ --prefix --count-only -w fields" | sed -n 's/^"Count" : //p')"
