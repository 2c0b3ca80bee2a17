# Lists the artifacts that arrived whole but wait to be used, one sha256 a line.
[ -d /var/lib/mainstay/artifacts ] && cd /var/lib/mainstay/artifacts && ls | grep -E '^[0-9a-f]{64}$' || true
