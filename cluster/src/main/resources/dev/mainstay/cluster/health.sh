# Prints the proxy's view of its backends: "backend BACKEND SERVER STATE SECONDS", the last since the state is as it is. On a
# master that has tried to back up its etcd: "backup OK AGE", whether its last try went well (1 or 0) and how many seconds ago
# its last good one was taken, - without one.
set +e
if [ -S /run/mainstay-proxy/admin.sock ] && command -v socat > /dev/null; then
  echo 'show stat' | timeout 5 socat -t 5 - UNIX-CONNECT:/run/mainstay-proxy/admin.sock |
    awk -F, '$2 != "FRONTEND" && $2 != "BACKEND" && $1 !~ /^#/ && NF > 23 {print "backend " $1 " " $2 " " $18 " " $24}'
fi
awk -v now="$(date +%s)" '
  /^mainstay_etcd_backup_last_success_seconds/ { age = now - $2 }
  /^mainstay_etcd_backup_last_try_ok/ { ok = $2 }
  END { if (ok != "") print "backup " ok " " (age == "" ? "-" : age) }' /var/lib/mainstay/metrics/mainstay-etcd-backup.prom 2> /dev/null || true
