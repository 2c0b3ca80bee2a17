#!/bin/bash
# Takes a snapshot of this master's etcd member, verifies it by restoring it, and keeps the newest ones here, with a line of
# JSON beside each. --due: not while the last one is fresh, as after a reboot. Runs by mainstay-etcd-backup.timer.
# Written by Mainstay; changes are undone by the next apply.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
umask 077
every=21600
keep=7
die() { echo "$1" >&2; exit "${2:-1}"; }
etcdctl_here() {
  etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \
    --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key "$@"
}
# What this host is as a node, and its static pods. These never by name alone: pods may well have an etcd or an apiserver of
# their own.
# The text called $1 in /etc/mainstay/node.json; nothing where there is none.
identity() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" /etc/mainstay/node.json 2> /dev/null || true; }
# The ids of the running containers of static pod $1.
static_containers() { timeout 20 crictl ps -q --state running --label "io.kubernetes.container.name=$1" --label io.kubernetes.pod.namespace=kube-system; }
# The process of static pod $1; nothing where it does not run.
static_process() {
  local pid
  # the kernel keeps 15 letters of a name; a static pod's id has no dashes, and nobody can choose his own control group
  for pid in $(pgrep -x "${1:0:15}"); do
    if grep -qE 'pod[0-9a-f]{32}([^0-9a-f]|$)' "/proc/$pid/cgroup" 2> /dev/null; then
      echo "$pid"
      return 0
    fi
  done
}
# What the scripts of etcd share for snapshots, also the one that lies on masters. A snapshot holds every Secret of the
# cluster: folders are 700, files 600.
# The whole number called $1 in the JSON that is read; nothing where there is none.
number_of() { sed -n "s/.*\"$1\":\(-\{0,1\}[0-9][0-9]*\).*/\1/p" | head -n 1; }
# Whether an etcd serves the data of this host: its static pod runs, or somebody else has its database locked.
etcd_runs() {
  [ -z "$(static_process etcd)" ] || return 0
  [ -e /var/lib/etcd/member/snap/db ] && ! flock -n -s /var/lib/etcd/member/snap/db true
}
# Makes $scratch, a folder of this process on disk that ends with it, and clears those whose process died.
make_scratch() {
  local root=/var/lib/mainstay/etcd-scratch old
  mkdir -p -m 700 $root
  exec 6> $root/.lock
  flock 6
  for old in $root/*/; do
    [ ! -d "$old" ] || flock -n "$old" rm -rf "$old" || true
  done
  scratch=$(mktemp -d $root/XXXXXX)
  exec 7< "$scratch"
  flock 7
  exec 6>&-
  trap 'rm -rf "$scratch"' EXIT
}
# Goes on only if folder $1 has room for $2 bytes and some more: on a full disk etcd itself stops.
need_room() {
  local free
  free=$(df -PB1 "$1" | awk 'NR == 2 {print $4}')
  [ "$free" -gt $(($2 + 268435456)) ] || die "No space left on device: $1 has $((free / 1048576)) MiB free, $(($2 / 1048576 + 256)) are needed"
}
# Restores snapshot $1 into $scratch/restored and reads what it holds: $revision, $keys, $hash of all key-values and the
# revision that they were $compacted at. etcdutl compares the checksum that etcd itself put at the snapshot's end; then an
# etcd is started on it, in a network of its own where nobody else is, and asked.
restore_into_scratch() {
  local said server
  rm -rf "$scratch/restored"
  if ! etcdutl snapshot restore "$1" --data-dir "$scratch/restored" > "$scratch/said" 2>&1; then
    case $(cat "$scratch/said") in
      *'expected sha256'*) die "the snapshot is damaged: it does not have the checksum that etcd gave it" 65 ;;
      *'missing hash'*) die "the snapshot is torn: the checksum that etcd puts at its end is missing" 65 ;;
    esac
    die "the snapshot cannot be restored: $(tail -n 1 "$scratch/said")" 65
  fi
  said=$(etcdutl snapshot status "$scratch/restored/member/snap/db" -w json 2>&1) || die "the restored snapshot cannot be read: $said" 65
  revision=$(printf '%s' "$said" | number_of revision)
  # the very program that serves here; not etcdutl hashkv, which panics on keys that have a lease
  server=$(static_process etcd)
  [ -n "$server" ] || die "etcd does not run on this host, so that no restored data can be served" 75
  ask_restored "/proc/$server/exe" > "$scratch/answer" 2> "$scratch/said" || die "etcd does not serve the restored snapshot: $(tail -n 2 "$scratch/said" "$scratch/etcd.log" 2> /dev/null)" 65
  hash=$(number_of hash < "$scratch/answer")
  compacted=$(number_of compact_revision < "$scratch/answer")
  # as it is served: after a restore that bumped the revision etcdutl counts one key more, which has no name
  keys=$(sed -n 's/^"Count" : //p' "$scratch/answer")
  [ -n "$revision" ] && [ -n "$keys" ] && [ -n "$hash" ] && [ -n "$compacted" ] || die "the restored snapshot cannot be understood: $(cat "$scratch/answer")" 65
}
# Starts program $1 on $scratch/restored and asks it what it holds at $revision.
ask_restored() {
  unshare -n bash -c '
    set -eu
    ip link set lo up
    cd "$1"
    nice "$2" --name default --data-dir restored --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
      --listen-peer-urls http://127.0.0.1:2380 --heartbeat-interval 20 --election-timeout 200 --unsafe-no-fsync --log-level error > etcd.log 2>&1 &
    server=$!
    trap "kill -9 $server" EXIT
    ask() { etcdctl --endpoints http://127.0.0.1:2379 "$@"; }
    tries=0
    until ask endpoint health --command-timeout 2s > /dev/null 2>&1; do
      kill -0 $server
      tries=$((tries + 1))
      [ $tries -lt 300 ]
      sleep 0.1
    done
    ask endpoint hashkv --rev "$3" --command-timeout 5m -w json
    ask get "" --from-key --count-only --rev "$3" --command-timeout 1m -w fields
  ' mainstay "$scratch" "$1" "$revision"
}
# The ids of the clusters that snapshot $1 says it is of, one a line: Mainstay's description of the cluster lies in it.
clusters_in() { { grep -a -o '{"clusterId":"[0-9a-f-]\{36\}"' "$1" || true; } | cut -d'"' -f4 | sort -u; }
# Takes a snapshot of this host's member, $scratch/snapshot.db, and verifies it: restored into a scratch folder it has the
# revision, the hash of all key-values and the number of keys that the living member has at that revision, and no other
# member has another hash there. Sets $members, how many have that hash.
take_snapshot() {
  local tries=0 size said others
  size=$(etcdctl_here endpoint status -w json 2> /dev/null | number_of dbSize)
  [ -n "$size" ] || die "etcd does not answer on this host" 75
  # the snapshot, the scratch copy and its write-ahead log of 64 MiB
  need_room "$scratch" $((size * 2 + 67108864))
  while :; do
    tries=$((tries + 1))
    rm -f "$scratch"/snapshot.db*
    (umask 077; etcdctl_here snapshot save "$scratch/snapshot.db" > "$scratch/said" 2>&1) || die "etcdctl snapshot save failed: $(tail -n 2 "$scratch/said")"
    restore_into_scratch "$scratch/snapshot.db"
    said=$(etcdctl_here endpoint hashkv --rev "$revision" --command-timeout 5m -w json 2> "$scratch/said") || said=
    if [ "$(printf '%s' "$said" | number_of compact_revision)" = "$compacted" ]; then
      break
    fi
    # it was compacted in between, as the apiserver does every five minutes
    [ $tries -lt 3 ] || die "the living member cannot be compared at revision $revision: $(tail -n 1 "$scratch/said")"
  done
  [ "$(printf '%s' "$said" | number_of hash)" = "$hash" ] || die "the snapshot is not what the living member holds: at revision $revision its hash is $hash, the member's $(printf '%s' "$said" | number_of hash)" 65
  said=$(etcdctl_here get "" --from-key --count-only --consistency=s --rev "$revision" --command-timeout 1m -w fields 2>&1 | sed -n 's/^"Count" : //p')
  [ "$said" = "$keys" ] || die "the snapshot is not what the living member holds: at revision $revision it has $keys keys, the member $said" 65
  # of members that have not come that far, or are elsewhere compacted, nothing is known
  others=$(etcdctl_here endpoint hashkv --cluster --rev "$revision" --command-timeout 20s -w json 2> /dev/null | sed 's/{"Endpoint"/\n&/g' | grep "\"compact_revision\":$compacted[,}]") || others=
  [ -z "$others" ] || ! printf '%s\n' "$others" | grep -v -q "\"hash\":$hash," || die "members disagree at revision $revision: $(printf '%s\n' "$others" | sed -n 's/.*"Endpoint":"\([^"]*\)".*"hash":\([0-9]*\),.*/\1 \2/p' | paste -sd,)" 65
  members=$(printf '%s' "$others" | grep -c Endpoint) || true
  [ "$members" -gt 0 ] || members=1
}
# One line of JSON that says what $scratch/snapshot.db is and what was proven of it.
describe_snapshot() {
  local status leader role=follower
  status=$(etcdctl_here endpoint status -w json 2> /dev/null)
  leader=$(printf '%s' "$status" | number_of leader)
  if [ -z "$leader" ] || [ "$leader" = 0 ]; then
    role=alone
  elif [ "$leader" = "$(printf '%s' "$status" | number_of member_id)" ]; then
    role=leader
  fi
  printf '{"format":1,"cluster":"%s","clusterId":"%s","etcdCluster":"%x","from":"%s","role":"%s","at":"%s","etcd":"%s","revision":%s,"compacted":%s,"hash":%s,"keys":%s,"members":%s,"size":%s,"sha256":"%s"}\n' \
    "$(identity cluster)" "$(identity clusterId)" "$(printf '%s' "$status" | number_of cluster_id)" "$(identity node)" $role "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    "$(printf '%s' "$status" | sed -n 's/.*"version":"\([^"]*\)".*/\1/p')" "$revision" "$compacted" "$hash" "$keys" "$members" \
    "$(stat -c %s "$scratch/snapshot.db")" "$(sha256sum < "$scratch/snapshot.db" | cut -d' ' -f1)"
}
# not a master yet, or no longer
[ "$(cat /etc/mainstay/stage 2> /dev/null)" = provisioned ] || exit 0
backups=/var/lib/mainstay/etcd-backups
mkdir -p -m 700 $backups
# When this run began; its own snapshot is named by it anew.
now=$(date -u +%Y%m%dT%H%M%SZ)
# The snapshots that this master took itself, whole or not, the oldest first. Not what else lies here, as copies of other
# masters' do. One of a time to come was taken before now all the same, by a clock that was ahead: it counts as older than all.
own() {
  local mine
  mine=$(identity cluster)-$(identity node)-
  find $backups -maxdepth 1 -regextype posix-extended -regex "$backups/$mine[0-9]{8}T[0-9]{6}Z\.db(\.json)?" | sed 's/\.json$//' | sort -u |
    awk -v last="$backups/$mine$now.db" '$0 > last { print; next } { past[++n] = $0 } END { for (i = 1; i <= n; i++) print past[i] }'
}
# The descriptions of those that are whole; not of those that a power cut tore.
good() {
  own | while read -r snapshot; do
    [ ! -f "$snapshot" ] || ! grep -qs '"sha256":"[0-9a-f]\{64\}"}$' "$snapshot.json" || echo "$snapshot.json"
  done
}
newest() { good | tail -n 1; }
taken() { date -d "$(sed -n 's/.*"at":"\([^"]*\)".*/\1/p' "$1")" +%s; }
# The metrics. $1: 1 if this try went well.
gauges() {
  local last labels
  last=$(newest)
  labels="cluster=\"$(identity cluster)\",node=\"$(identity node)\""
  gauge() { printf '# HELP %s %s\n# TYPE %s gauge\n%s{%s} %s\n' "$1" "$2" "$1" "$1" "$labels" "$3"; }
  if [ -n "$last" ]; then
    gauge mainstay_etcd_backup_last_success_seconds "When the last verified backup on this master was taken." "$(taken "$last")"
    gauge mainstay_etcd_backup_size_bytes "How large it is." "$(number_of size < "$last")"
    gauge mainstay_etcd_backup_keys "How many keys it holds." "$(number_of keys < "$last")"
    gauge mainstay_etcd_backup_revision "At which revision of etcd it was taken." "$(number_of revision < "$last")"
  fi
  gauge mainstay_etcd_backup_kept "How many verified backups are kept on this master." "$(good | wc -l)"
  gauge mainstay_etcd_backup_last_try_ok "1 if the last try made a verified backup, 0 if it failed." "$1"
  gauge mainstay_etcd_backup_last_try_seconds "When the last try ended." "$(date +%s)"
}
# Puts standard input whole into folder $1, for everybody to read. The folder may be a service account's, which can put a
# link there at any moment: what is written is a file that was not there before (excl), and a name is all that is replaced.
publish() {
  local new=$1/.mainstay-etcd-backup.new
  rm -f "$new" && (umask 022 && dd of="$new" conv=excl status=none) && mv -fT "$new" "$1/mainstay-etcd-backup.prom"
}
# Writes the metrics where node_exporter's textfile collector may read them at any moment. $1: 1 if this try went well.
metrics() {
  local text folder
  text=$(gauges "$1")
  mkdir -p -m 755 /var/lib/mainstay/metrics
  publish /var/lib/mainstay/metrics <<< "$text"
  for folder in /var/lib/prometheus/node-exporter /var/lib/node_exporter/textfile_collector; do
    [ ! -d $folder ] || publish $folder <<< "$text" || echo "the metrics cannot be written into $folder" >&2
  done
}
if [ "${1:-}" = --due ] && [ -n "$(newest)" ]; then
  age=$(($(date +%s) - $(taken "$(newest)")))
  if [ $age -ge 0 ] && [ $age -lt $((every / 2)) ]; then
    echo "the last backup is fresh: $(newest)"
    exit 0
  fi
fi
# not in the middle of a step of an apply
if [ -e /run/mainstay/step.lock ]; then flock -s -w 600 /run/mainstay/step.lock true || true; fi
make_scratch
trap 'rm -rf "$scratch"; [ -n "${done:-}" ] || metrics 0' EXIT
rm -f $backups/*.part
take_snapshot
now=$(date -u +%Y%m%dT%H%M%SZ)
name=$(identity cluster)-$(identity node)-$now.db
describe_snapshot > "$scratch/$name.json"
mv "$scratch/snapshot.db" "$backups/$name.part"
sync "$backups/$name.part"
mv "$backups/$name.part" "$backups/$name"
mv "$scratch/$name.json" "$backups/$name.json.part"
sync "$backups/$name.json.part"
mv "$backups/$name.json.part" "$backups/$name.json"
sync $backups
oldest=
[ "$(good | wc -l)" -lt "$keep" ] || oldest=$(good | tail -n "$keep" | head -n 1)
# also one whose description is torn or missing; the one just made is the newest, and stays
own | while read -r old; do
  [ -n "$oldest" ] && [ "$old.json" != "$oldest" ] || break
  # first what makes it a backup
  rm -f "$old.json"
  rm -f "$old"
done
metrics 1
done=yes
echo "$backups/$name: $(cat "$backups/$name.json")"
