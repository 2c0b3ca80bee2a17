#!/bin/bash
# Takes a snapshot of this master's etcd member, verifies it by restoring it, and keeps the newest ones here, with a line of
# JSON beside each. --due: not while the last one is fresh, as after a reboot. Runs by mainstay-etcd-backup.timer.
# Written by Mainstay; changes are undone by the next apply.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
umask 077
every=@EVERY@
keep=@KEEP@
die() { echo "$1" >&2; exit "${2:-1}"; }
etcdctl_here() {
  etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \
    --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key "$@"
}
@SNAPSHOT@
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
