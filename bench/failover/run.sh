#!/usr/bin/env bash
# A master dies: what a worker sees of it through Mainstay's local proxy, through the proxies of others on other ports of the
# same worker, and through no proxy (to a master that lives), all at the same time, on the same real masters.
#
# Usage: bench/failover/run.sh [--rounds N] [--masters 3|5] [--only FAULT,FAULT...] [--minutes M]
#        [--alone] [--keep FOLDER] [--tune SCRIPT]
#
# FAULT: none black-hole kill frozen stop two-killed two-black-holed alarms load; and, in no run by themselves, host-frozen and
# reloaded-black-hole, reloaded-kill, reloaded-frozen: the streams were begun before w1's proxy was reloaded.
# M: how long the load of "alarms" lasts (10). --alone: without the other proxies, whose streams are most of the load of the
# machine, and whose faults last for longer than ours. --keep: the probe's and the proxies' logs go there. --tune: what SCRIPT does
# to /etc/mainstay/haproxy.cfg of every host is loaded first, to try a change before it is built. Prints the tables that
# bench/failover/RESULTS.md keeps. Five rounds take about an hour.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/bench/failover
peers=(kubespray-haproxy kubespray-nginx kubeadm-haproxy kubeasz-nginx)
rounds=5 count=3 minutes=10 lasts=50 keep= tune= only=none,black-hole,kill,frozen,stop,two-killed,two-black-holed,alarms,load
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2 ;;
    --masters) count=$2 ;;
    --only) only=$2 ;;
    --minutes) minutes=$2 ;;
    --alone) lasts=15 && peers=() && shift && continue ;;
    --keep) keep=$2 ;;
    --tune) tune=$2 ;;
    *) sed -n '/^# Usage/,/an hour/s/^# //p' "$0" >&2; exit 64 ;;
  esac
  shift 2
done
which nft > /dev/null || apt-get install -y -qq nftables > /dev/null
name=failbench
state=${XDG_DATA_HOME:-$HOME/.local/share}/mainstay/playground/$name
out=$(mktemp -d)
masters=()
for n in $(seq "$count"); do masters+=("m$n"); done
hosts=("${masters[@]}" w1)
run=/run/failbench # on w1

on() { # HOST COMMAND
  local host=$1
  shift
  ssh -i "$state/id_ed25519" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ControlMaster=auto \
    -o ControlPath="$out/%C" -o ControlPersist=600 -o ConnectTimeout=5 "root@$(address "$host")" \
    "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; $*"
}
address() { sed -n "s/^  $1: //p" "$state/cluster.yaml"; }
full() { printf '%s.%s.internal' "$1" $name; }
each() { local fs=$1; shift; local all=""; for one in "$@"; do all=$all${all:+,}$($fs "$one"); done; echo "$all"; }
say() { echo "bench/failover: $*" >&2; }
die() { say "$*"; exit 1; }
freezers=()
# runc leaves a container frozen where it is ended while it starts; no signal reaches what is in there (version 1)
down() {
  find /sys/fs/cgroup/freezer -path "*/mainstay-$name-*/freezer.state" 2> /dev/null | while read -r each; do echo THAWED > "$each" || true; done
  "$root/mainstay" playground down --name $name > "$out/down.log" 2>&1 || cat "$out/down.log" >&2
}
clean() {
  local status=$?
  trap - EXIT
  for freezer in ${freezers[@]+"${freezers[@]}"}; do thaw_group "$freezer" || true; done
  nft delete table bridge $name 2> /dev/null || true
  if [ -n "$keep" ] && [ -e "$state/cluster.yaml" ]; then
    mkdir -p "$keep"
    cp "$out"/probe*.err "$out/rows" "$out/up.log" "$keep" 2> /dev/null || true
    for host in "${hosts[@]}"; do timeout 20 ssh -o ControlPath="$out/%C" "root@$(address $host)" 'journalctl -o short-precise --no-hostname -u mainstay-proxy -u "failbench-*"' > "$keep/$host.log" 2> /dev/null || true; done
  fi
  exec 5>&- 2> /dev/null || true
  for host in "${hosts[@]}"; do ssh -O exit -o ControlPath="$out/%C" "root@$(address $host)" > /dev/null 2>&1 || true; done
  down
  rm -rf "$out"
  exit $status
}
trap clean EXIT
trap 'exit 130' INT TERM
# until_true SECONDS WHAT COMMAND...
until_true() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ $SECONDS -lt $limit ] || { say "not within its time: $what"; return 1; }
    sleep 0.3
  done
}

# --- the cluster, the peers, the probe
prepare() {
  (cd "$here/probe" && CGO_ENABLED=0 go build -o "$out/probe" .)
  mkdir "$out/debs"
  (cd "$out/debs" && { apt-get download -qq nginx libnginx-mod-stream > /dev/null 2>&1 || { apt-get update -qq && apt-get download -qq nginx libnginx-mod-stream > /dev/null; }; })
  for deb in "$out"/debs/*.deb; do dpkg -x "$deb" "$out/nginx"; done
  down
  "$root/mainstay" playground up --name $name --masters "$count" --workers 1 > "$out/up.log" 2>&1 || { tail "$out/up.log" >&2; exit 1; }
  on w1 "mkdir -m 700 $run; cd $run; mkdir credentials nginx; cat > probe; chmod 755 probe" < "$out/probe"
  on m1 cat /etc/kubernetes/admin.conf | on w1 "cat > $run/admin.conf"
  for part in certificate-authority:ca.crt client-certificate:client.crt client-key:client.key; do
    on w1 "sed -n 's/^ *${part%:*}-data: //p' $run/admin.conf | base64 -d > $run/credentials/${part#*:}"
  done
  tar -C "$out/nginx" -c usr/sbin/nginx usr/lib/nginx | on w1 "tar -C $run/nginx -x"
  local port=7501
  endpoints=("mainstay=https://127.0.0.1:7443")
  for peer in "${peers[@]}"; do
    local template
    template=$(ls "$here/peers/$peer".*)
    while IFS= read -r line; do
      case $line in
        *@ADDRESS@*) for master in "${masters[@]}"; do printf '%s\n' "$line" | sed "s/@NAME@/$master/; s/@ADDRESS@/$(address "$master")/"; done ;;
        *) printf '%s\n' "$line" | sed "s|@RUN@|$run|; s|@NGINX@|$run/nginx|; s|@PORT@|$port|" ;;
      esac
    done < "$template" | on w1 "cat > $run/${template##*/}"
    case $template in
      *.cfg) on w1 "systemd-run -q --collect --unit failbench-$peer haproxy -db -f $run/$peer.cfg" ;;
      *.conf) on w1 "systemd-run -q --collect --unit failbench-$peer $run/nginx/usr/sbin/nginx -e stderr -p $run/ -c $run/$peer.conf -g 'daemon off;'" ;;
    esac
    endpoints+=("$peer=https://127.0.0.1:$port")
    port=$((port + 1))
  done
  if [ -n "$tune" ]; then
    for host in "${hosts[@]}"; do on "$host" 'bash -s && systemctl reload mainstay-proxy' < "$tune"; done
    sleep 3
  fi
  # what the proxies say of every master, every node, every member of etcd
  on w1 "cat > $run/settled" << 'SCRIPT'
set -eu
shopt -s nullglob
cd /run/failbench
for socket in /run/mainstay-proxy/admin.sock *.sock; do
  echo 'show stat' | socat -t 2 - UNIX-CONNECT:$socket |
    awk -F, '$1 !~ /^#/ && NF > 17 && $2 != "FRONTEND" && $2 != "BACKEND" && $18 != "UP" && $18 != "no check" {bad = 1} END {exit bad || NR < 5}' || { echo "$socket: a master is not UP"; exit 1; }
done
kubectl --kubeconfig admin.conf --request-timeout 5s get nodes -o go-template='{{range .items}}{{range .status.conditions}}{{if eq .type "Ready"}}{{.status}}{{"\n"}}{{end}}{{end}}{{end}}' > nodes 2> /dev/null
! grep -qv '^True$' nodes || { echo "a node is not Ready"; exit 1; }
SCRIPT
}
etcdctl_on() {
  local host=$1
  shift
  on "$host" "etcdctl --command-timeout 5s --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key $*"
}
healthy() { [ "$(etcdctl_on "$1" --endpoints https://127.0.0.1:2379 endpoint health --cluster 2> /dev/null | grep -c 'is healthy')" = "$count" ]; }
settled() { on w1 "bash $run/settled" > "$out/unsettled" 2>&1 && healthy m1; }
settle() { until_true 180 "all masters UP in all proxies ($(cat "$out/unsettled" 2> /dev/null))" settled; }
leads() { # HOST: makes it etcd's leader, so that no fault costs an election: what is measured is the proxies
  local host=$1 me
  # as text: an id has more digits than jq keeps
  me=$(etcdctl_on "$host" --endpoints https://127.0.0.1:2379 endpoint status -w fields | awk '/^"MemberID"/ {id = $3 ""} /^"Leader"/ {leader = $3 ""} END {print id == leader ? "leads" : id}')
  [ "$me" = leads ] || etcdctl_on "$host" --endpoints "$(each client "${masters[@]}")" move-leader "$(printf %x "$me")" > /dev/null 2>&1 || return 1
}
client() { printf 'https://%s:2379' "$(full "$1")"; }

start_probe() { # WRITER
  writer=$1
  rm -f "$out/fifo"
  mkfifo "$out/fifo"
  : > "$out/probe.out"
  on w1 "exec nice -n -5 $run/probe watch $run/credentials $(each full "${masters[@]}") https://$(full "$writer"):6443 ${endpoints[*]} direct=https://$(full "$writer"):6443" \
    < "$out/fifo" > "$out/probe.out" 2>> "$out/probe-$round.err" &
  probe=$!
  exec 5> "$out/fifo"
  answers=0
}
stop_probe() {
  exec 5>&-
  wait $probe || true
}
tell() { # COMMAND: waits until it is done
  echo "$*" >&5
  answers=$((answers + 1))
  until_true 120 "the probe's answer to $*" answered
}
answered() { [ "$(grep -cx ok "$out/probe.out")" -ge $answers ]; }
# window LABEL: ends the probe's window and keeps a row of it for each endpoint
window() {
  local label=$1 notready writer_gap
  tell end
  tac "$out/probe.out" | sed '1d; /^ok$/,$d' > "$out/window"
  notready=$(sed -n 's/^notready //p' "$out/window")
  writer_gap=$(sed -n 's/^writer //p' "$out/window")
  sed -n 's/^endpoint //p' "$out/window" | while read -r endpoint figures; do
    set -- $figures
    echo "$label $endpoint $1 $2 $3 $4 $5 $6 $7 $8 $9 ${10} ${11:--} $(flips "$endpoint") ${notready:--} $writer_gap"
  done | tee -a "$out/rows" | sed "s/^/round $round: /" >&2
}
count_flips() { awk '/ masters.last-/ {next} /^Server .* is DOWN/ {d++} /^Server .* is UP/ {u++} END {printf "%d/%d", d, u}'; }
flips() { # ENDPOINT: DOWN/UP of any master in that proxy's log since the window began
  local unit=failbench-$1
  case $1 in direct | *-nginx) echo -; return ;; mainstay) unit=mainstay-proxy ;; esac
  on w1 "journalctl -q -o cat --since @$began -u $unit" < /dev/null | count_flips
}
begin() { # VICTIMS
  tell begin "${1// /,}"
  began=$(date +%s)
}

# --- faults: break_FAULT VICTIM..., heal_FAULT VICTIM..., done_FAULT says when the first window ends
lasting() { sleep "$1"; }
black_hole() {
  nft add table bridge $name
  nft add chain bridge $name forward '{ type filter hook forward priority 0; }'
  # one transaction; ARP passes, as it does where the fault is behind a router
  for victim in "$@"; do printf 'add rule bridge %s forward ip saddr %s drop\nadd rule bridge %s forward ip daddr %s drop\n' $name "$(address "$victim")" $name "$(address "$victim")"; done | nft -f -
}
signal() { on "$2" "kill -$1 \$(pgrep -x kube-apiserver)"; }
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
away() { on "$1" "mv $manifest /etc/kubernetes/failbench-kube-apiserver.yaml"; }
back() { on "$1" "mv /etc/kubernetes/failbench-kube-apiserver.yaml $manifest"; }
runs() { on "$1" "pgrep -x kube-apiserver > /dev/null"; }
runs_not() { ! runs "$1"; }
# only nodes may ask a relay
relay_says() { on w1 "{ exec 7<> /dev/tcp/$(full "$1")/7444 && printf 'GET / HTTP/1.0\r\n\r\n' >&7 && read -r -t 2 _ status _ <&7; } 2> /dev/null; [ \"\$status\" = $2 ]"; }
break_none() { :; }; heal_none() { :; }; done_none() { lasting 20; }
break_black-hole() { black_hole "$@"; }; heal_black-hole() { nft delete table bridge $name; }; done_black-hole() { lasting $lasts; }
break_kill() { signal KILL "$1"; }; heal_kill() { :; }
done_kill() { sleep 1; until_true 120 "the killed apiserver is ready again" relay_says "$1" 200; sleep 5; }
break_frozen() { signal STOP "$1"; }; heal_frozen() { signal CONT "$1"; }; done_frozen() { lasting $lasts; }
break_stop() { away "$1"; }; heal_stop() { back "$1"; }
done_stop() { until_true 90 "the apiserver has ended" runs_not "$1"; sleep 5; }
break_two-killed() { for victim in "$@"; do on "$victim" "mv $manifest /etc/kubernetes/failbench-kube-apiserver.yaml; kill -KILL \$(pgrep -x kube-apiserver)" & done; wait $!; sleep 0.2; }
heal_two-killed() { for victim in "$@"; do back "$victim"; done; }; done_two-killed() { lasting 30; }
break_two-black-holed() { black_hole "$@"; }; heal_two-black-holed() { nft delete table bridge $name; }; done_two-black-holed() { lasting 30; }
reload() { on w1 'systemctl reload mainstay-proxy'; sleep 2; }
break_reloaded-black-hole() { reload; black_hole "$@"; }; heal_reloaded-black-hole() { heal_black-hole; }; done_reloaded-black-hole() { lasting $lasts; }
break_reloaded-kill() { reload; signal KILL "$1"; }; heal_reloaded-kill() { :; }; done_reloaded-kill() { done_kill "$@"; }
break_reloaded-frozen() { reload; signal STOP "$1"; }; heal_reloaded-frozen() { signal CONT "$1"; }; done_reloaded-frozen() { lasting $lasts; }
group_of() { # HOST: the control group of the whole host
  local pid
  pid=$(pgrep -f "[s]ystemd-nspawn.*$name.*$1" | head -n 1)
  pid=$(pgrep -P "$pid" | head -n 1)
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then sed -n 's|^0::|/sys/fs/cgroup|p' "/proc/$pid/cgroup"; else sed -n 's|^[0-9]*:freezer:|/sys/fs/cgroup/freezer|p' "/proc/$pid/cgroup"; fi | sed 's|/init.scope$||; s|/payload$||'
}
freeze_group() { if [ -e "$1/freezer.state" ]; then echo FROZEN > "$1/freezer.state"; else echo 1 > "$1/cgroup.freeze"; fi; }
thaw_group() { if [ -e "$1/freezer.state" ]; then echo THAWED > "$1/freezer.state"; else echo 0 > "$1/cgroup.freeze"; fi; }
break_host-frozen() { local group; group=$(group_of "$1"); freezers+=("$group"); freeze_group "$group"; }
heal_host-frozen() { thaw_group "$(group_of "$1")"; freezers=(); }; done_host-frozen() { lasting $lasts; }

fault() { # KIND VICTIM...
  local kind=$1 victims=none
  shift
  [ $# = 0 ] || victims=$(each full "$@")
  say "round $round: $kind ${*:-}"
  settle
  until_true 120 "$writer leads etcd" leads "$writer"
  tell place "$victims"
  case $kind in two-*) tell quorum on ;; *) tell quorum off ;; esac
  sleep 2 # of streams before
  begin "$*"
  sleep 1
  tell mark
  "break_$kind" "$@"
  "done_$kind" "${1:-}"
  window "$kind"
  [ $# -gt 0 ] || return 0
  begin "$*"
  "heal_$kind" "$@"
  # the first moments of a master that is back, whether or not the slowest of the peers has seen it
  if [ "${kind#reloaded-}" != kill ]; then
    until_true 120 "$1 is ready again" relay_says "$1" 200
    settle
    sleep 3
    window "$kind:back"
  fi
  for victim in "$@"; do on "$victim" systemctl restart kubelet; done # kubelet starts what ended twice within ten minutes late
}

# --- no fault: is anybody taken for dead?
alarms() {
  local seconds=$((minutes * 60)) pids=()
  settle
  tell place none
  sleep 2
  # on one master more busy loops than processors, in its own control group, and writes that its etcd must replicate
  on m2 "systemd-run -q --collect --unit failbench-burn -p RuntimeMaxSec=$((seconds + 60)) bash -c 'for n in 1 2 3 4; do (while :; do :; done) & done; wait'"
  sleep 5
  begin none
  on w1 "$run/probe write $run/credentials https://$(full m2):6443 40 20000 $seconds" > "$out/written" & pids+=($!)
  on w1 "$run/probe slow $run/credentials https://$(full m2):6443 $seconds" > "$out/slow" & pids+=($!)
  sleep "$seconds"
  window alarms
  on m2 systemctl stop failbench-burn
  wait "${pids[@]}"
  for host in "${masters[@]}"; do
    echo "$host $(on "$host" "journalctl -q -o cat --since @$began -u mainstay-proxy" | count_flips)"
  done > "$out/own"
}

# --- what the probing costs
load() {
  local n before after pid interval
  settle
  on m1 'iptables -w -I INPUT -i lo -p tcp --dport 6443 --syn -m comment --comment failbench'
  pid=$(worker m1)
  echo "| nodes | probes on the relay, /s | answered 200, /s | relay's HAProxy, % of a core | connections to the apiserver by its own proxy, /s | /readyz on the apiserver, /s |"
  echo "|---|---|---|---|---|---|"
  for n in 0 10 100 1000; do
    before=$(meters "$pid")
    # as ProxyConfig.interval has it; five questions of the servers, and one of the last resort
    interval=$(((n * 6 + 499) / 500 * 100))
    [ $interval -ge 200 ] || interval=200
    if [ $n = 0 ]; then sleep 10; echo "sent 0 well 0 skipped 0 seconds 10" > "$out/relay"; else on w1 "$run/probe relay $(full m1):7444 $n $((interval * 5 / 6)) 10" > "$out/relay"; fi
    after=$(meters "$pid")
    echo "$before $after $(cat "$out/relay")" | awk -v n=$n '{t = $6 - $1
      printf "| %s | %.1f | %.1f | %.1f | %.1f | %.1f |\n", n == 0 ? "0 (and w1 itself)" : n, ($7 - $2) / t, $14 / t, ($8 - $3) / t, ($9 - $4) / t, ($10 - $5) / t}'
  done
  on m1 'iptables -w -D INPUT -i lo -p tcp --dport 6443 --syn -m comment --comment failbench'
  pid=$(worker w1)
  echo
  echo "w1's HAProxy: $(on w1 "awk '/VmRSS/ {printf \"%.1f MB\", \$2 / 1024}' /proc/$pid/status"), with $(on w1 "echo 'show info' | socat - UNIX-CONNECT:/run/mainstay-proxy/admin.sock | sed -n 's/^CurrConns: //p'") connections"
  echo
  echo "| one kept HTTP/2 connection | requests | p50, ms | p99, ms |"
  echo "|---|---|---|---|"
  for n in 1 2 3; do
    on w1 "$run/probe latency $run/credentials $(full m1) https://$(full m1):6443 https://127.0.0.1:7443 4000" | awk '{printf "| %s | %d | %.3f | %.3f |\n", $1, $2, $3, $4}'
  done
}
worker() { on "$1" 'pgrep -P $(systemctl show -p MainPID --value mainstay-proxy) | tail -n 1'; }
# time, connections on the relay, ticks of CPU, connections to the apiserver over loopback, /readyz asked
meters() {
  on m1 "echo \$(date +%s.%N) \
    \$(echo 'show stat' | socat - UNIX-CONNECT:/run/mainstay-proxy/admin.sock | grep '^health,FRONTEND,' | cut -d, -f8) \
    \$(sed 's/.*) //' /proc/$1/stat | awk '{print \$12 + \$13}') \
    \$(iptables -w -vnxL INPUT | awk '/failbench/ {print \$1}') \
    \$(kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 get --raw /metrics | awk '/^apiserver_request_total.*\"\/readyz\"/ {n += \$NF} END {print n + 0}')"
}

# --- the run
round=0
prepare
: > "$out/rows"
say "cluster made after $SECONDS s"
wants() { case ,$only, in *,$1,*) ;; *) return 1 ;; esac; }
for round in $(seq "$rounds"); do
  # the writer's master is spared and leads etcd; the next ones are hit
  writer=${masters[$(((round - 1) % count))]}
  first=${masters[$((round % count))]}
  second=${masters[$(((round + 1) % count))]}
  start_probe "$writer"
  for kind in none black-hole kill frozen host-frozen stop two-killed two-black-holed reloaded-black-hole reloaded-kill reloaded-frozen; do
    wants $kind || continue
    case $kind in none) fault none ;; two-*) fault $kind "$first" "$second" ;; *) fault $kind "$first" ;; esac
  done
  stop_probe
done
if wants alarms; then
  round=alarms
  start_probe m1
  alarms
  stop_probe
fi
echo "$count masters, $rounds rounds, ms: median / worst; $(date +%F); $(nproc) cores for everything; $SECONDS s in all"
echo
echo "| fault | endpoint | longest silence, live | watch | slowest new connection | failed in flight | watches broken | new failed | of the failed told to ask again | watches ended by the server | unanswered at the end | slowest quorum read | DOWN/UP | NotReady beside |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
awk '{key = $1 " | " $2; if (!(key in n)) order[++keys] = key; at = ++n[key]; for (f = 3; f <= 12; f++) v[key, f, at] = $f
      if ($14 != "-") flips[key] = flips[key] (flips[key] == "" ? "" : " ") $14; if ($15 != "-") down[key] = down[key] " " $15}
  function both(key, f,   i, j, t, count, s) {
    count = n[key]
    for (i = 1; i <= count; i++) s[i] = v[key, f, i] + 0
    for (i = 2; i <= count; i++) for (j = i; j > 1 && s[j] < s[j - 1]; j--) {t = s[j]; s[j] = s[j - 1]; s[j - 1] = t}
    return s[int((count + 1) / 2)] " / " s[count]
  }
  END {for (i = 1; i <= keys; i++) {k = order[i]; printf "| %s", k; for (f = 3; f <= 12; f++) printf " | %s", both(k, f); printf " | %s | %s |\n", flips[k] == "" ? "-" : flips[k], down[k] == "" ? "none" : down[k]}}' "$out/rows"
if wants alarms; then
  echo
  echo "False alarms: $minutes minutes of load on m2. DOWN/UP of a master in its own proxy: $(paste -sd ' ' "$out/own"). m2 meanwhile, ms:"
  echo "$(paste -sd ';' "$out/slow"); writes: $(cat "$out/written")"
fi
if wants load; then
  echo
  load
fi
