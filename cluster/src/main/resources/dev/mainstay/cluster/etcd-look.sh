# Says what etcd is like on this host, one KEY VALUE a line; changes nothing. Works without a quorum, and without etcd.
set +e
if [ -e /run/mainstay/step.lock ]; then
  flock -s -w 600 /run/mainstay/step.lock true || die "a step of an earlier run has been running on this host for 10 minutes"
fi
say() { [ -z "$2" ] || printf '%s %s\n' "$1" "$2"; }
say stage "$(head -n 1 /etc/mainstay/stage 2> /dev/null)"
say cluster-id "$(identity clusterId)"
[ -d /var/lib/etcd/member/wal ] && say data 1
say free "$(df -PB1 /var/lib/etcd 2> /dev/null | awk 'NR == 2 {print $4}')"
say restore "$(head -n 1 $restores/state 2> /dev/null)"
if etcd_runs; then
  answers=$(mktemp -d /run/mainstay/answers.XXXXXX)
  trap 'rm -rf "$answers"' EXIT
  etcdctl_here endpoint status --command-timeout 4s -w json > "$answers/status" 2> /dev/null &
  etcdctl_here endpoint health --command-timeout 4s > "$answers/health" 2> /dev/null && echo yes > "$answers/healthy" &
  # what this member knows; only with a quorum is it certain
  etcdctl_here member list --consistency=s --command-timeout 4s -w json > "$answers/members" 2> /dev/null &
  wait
  say running 1
  say healthy "$(cat "$answers/healthy" 2> /dev/null)"
  say status "$(base64 -w0 < "$answers/status")"
  cut_off_members
  say members "$(base64 -w0 < "$answers/members")"
fi
if [ ! -s "${answers:-/nowhere}/status" ] && [ -f /var/lib/etcd/member/snap/db ]; then
  # an etcd that runs without answering has the file to itself: then the time is over without a word
  say file-revision "$(timeout 20 etcdutl snapshot status /var/lib/etcd/member/snap/db -w json 2> /dev/null | number_of revision)"
fi
say end ok
