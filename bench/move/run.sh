#!/usr/bin/env bash
# Moves, Mainstay against plain shell, in turn on the same cluster of 3 masters and 2 workers: all hosts renumbered at the
# same moment; then one master, with and without draining it first. Usage: bench/move/run.sh [ROUNDS]; prints the tables
# that bench/move/RESULTS.md keeps. A probe on w1 asks through its local proxy; times count from the start of `apply` (or
# of the script), which begins as soon as the hosts have moved.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${1:-3}
name=movebench
for tool in jq bc; do which $tool > /dev/null || apt-get install -y -qq $tool > /dev/null; done
state=${XDG_DATA_HOME:-$HOME/.local/share}/mainstay/playground/$name
out=$(mktemp -d)
mainstay() { "$root/mainstay" "$@"; }
on() {
  local host=$1
  shift
  mainstay playground exec --name $name "$host" -- bash -c "$*"
}
trap 'mainstay playground down --name $name > /dev/null 2>&1; rm -rf "$out"' EXIT
(cd "$root/bench/probe" && CGO_ENABLED=0 go build -o "$out/probe" .)
mainstay playground up --name $name > "$out/up.log" 2>&1 || { cat "$out/up.log"; exit 1; }
on m1 cat /etc/kubernetes/admin.conf > "$out/admin.conf"
on w1 'cat > /run/probe; chmod 755 /run/probe; mkdir -p /run/probe.d' < "$out/probe"
for part in certificate-authority:ca.crt client-certificate:client.crt client-key:client.key; do
  sed -n "s/^ *${part%:*}-data: //p" "$out/admin.conf" | base64 -d | on w1 "cat > /run/probe.d/${part#*:}"
done
address() { sed -n "s/^  $1: //p" "$state/cluster.yaml"; }
nodes() { for host in m1 m2 m3 w1 w2; do printf '%s%s.%s.internal=%s' "${sep:-}" $host $name "$(address $host)"; sep=,; done; }
masters() { printf '%s,%s,%s' "$(address m1)" "$(address m2)" "$(address m3)"; }
certificates() {
  for host in m1 m2 m3 w1 w2; do
    on $host "cd /etc/kubernetes; for f in *.conf; do echo \$f \$(grep -- -data: \$f | md5sum); done; find pki -type f 2> /dev/null | sort | xargs -r md5sum"
  done | md5sum
}
# round LABEL KIND HOW TO...: moves, begins, waits until all is well, prints the row
round() {
  local label=$1 kind=$2 how=$3 drain=$4
  shift 4
  local before start fifo=$out/fifo
  before=$(certificates)
  cp "$state/cluster.yaml" "$out/old.yaml"
  if [ "$how" = drained ]; then on "$drain" 'systemctl stop kubelet; crictl ps -q --name "^kube-apiserver$" | xargs crictl stop -t 60 > /dev/null'; fi
  rm -f "$fifo"
  mkfifo "$fifo"
  sed -n 's/^  \(m[0-9]\|w[0-9]\): /\1 /p' "$out/old.yaml" > "$out/addresses"
  for pair in "$@"; do sed -i "s/^${pair%=*} .*/${pair%=*} ${pair#*=}/" "$out/addresses"; done
  local wanted="" endpoints=""
  while read -r host at; do
    wanted="$wanted,$host.$name.internal=$at"
    case $host in m*) endpoints="$endpoints,$at" ;; esac
  done < "$out/addresses"
  mainstay playground exec --name $name w1 -- /run/probe "https://api.$name.internal:7443" /run/probe.d "${wanted#,}" "${endpoints#,}" < "$fifo" > "$out/probe.out" 2> "$out/probe.err" &
  local probe=$!
  exec 5> "$fifo"
  until grep -q answers "$out/probe.out"; do sleep 0.1; done
  sleep 1 # of stream before the fault
  mainstay playground move --name $name --edit "$@"
  start=$(date +%s.%N)
  case $label in
    mainstay*) mainstay apply --yes --playground $name -o json > "$out/apply.json" 2> "$out/apply.err" || { cat "$out/apply.err"; exit 1; } ;;
    *) bash "$root/bench/move/by-hand.sh" "$state" "$out/old.yaml" all 2> "$out/hand.err" || { cat "$out/hand.err"; exit 1; } ;;
  esac
  local took=$(echo "$(date +%s.%N) - $start" | bc)
  local limit=$((SECONDS + 240))
  until state_is_well "$start"; do
    [ $SECONDS -lt $limit ] || { echo "never well"; cat "$out/probe.out"; exit 1; }
    sleep 0.2
  done
  sleep 1 # of stream after it
  echo >&5
  exec 5>&-
  wait $probe
  row "$label" "$kind" "$start" "$took"
  [ "$(certificates)" = "$before" ] || echo "    CERTIFICATES CHANGED"
  if [ "${label%% *}" != mainstay ]; then mainstay apply --yes --playground $name > /dev/null 2>&1; fi
}
# the last word of each kind counts: a thing that became true and false again is not true
state_is_well() {
  awk -v s="$1" '/^[0-9.]+ / {word = $2; sub(/^not-/, "", word); now[word] = $2; at[word] = $1} END {exit !(now["answers"] == "answers" && now["nodes-ready"] == "nodes-ready" && now["endpoints-clean"] == "endpoints-clean" && at["nodes-ready"] > s)}' "$out/probe.out"
}
row() {
  awk -v s="$3" -v label="$1" -v kind="$2" -v took="$4" '
    /^[0-9.]+ / && $1 > s {t = $1 - s
      if ($2 == "answers" && first == "") first = t
      if ($2 == "answers") stays = t
      if ($2 == "nodes-ready") ready = t
      if ($2 == "endpoints-clean") clean = t}
    /^requests/ {sent = $2; failed = $3; silence = $4}
    END {printf "| %s | %s | %.1f | %.1f | %.1f | %.1f | %.1f | %d of %d | %.1f |\n", kind, label, first, stays, ready, clean, took, failed, sent, silence / 1000}' "$out/probe.out"
}
echo "| move | by | API answers, s | API stays, s | nodes Ready and new, s | EndpointSlice clean, s | command took, s | failed requests | longest silence of a stream, s |"
echo "|---|---|---|---|---|---|---|---|---|"
network=70
all() { for host in m1 m2 m3 w1 w2; do printf '%s=10.77.%d.%s ' $host $network "$(address $host | cut -d. -f4)"; done; }
one() { printf 'm3=%s' "$(address m3 | awk -F. -v by="$1" '{print $1 "." $2 "." $3 "." ($4 + by)}')"; }
for n in $(seq "$rounds"); do
  network=$((network + 1))
  round mainstay "all hosts" plain - $(all)
  network=$((network + 1))
  round "by hand" "all hosts" plain - $(all)
  round mainstay "one master" plain - $(one 20)
  round "by hand" "one master" plain - $(one 20)
  round mainstay "one master, drained" drained m3 $(one 20)
  round "by hand" "one master, drained" drained m3 $(one 20)
done
