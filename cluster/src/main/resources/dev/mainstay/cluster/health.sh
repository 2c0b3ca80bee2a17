# Prints the proxy's view of its backends: "backend BACKEND SERVER STATE SECONDS", the last since the state is as it is.
set +e
if [ -S /run/mainstay-proxy/admin.sock ] && command -v socat > /dev/null; then
  echo 'show stat' | timeout 5 socat -t 5 - UNIX-CONNECT:/run/mainstay-proxy/admin.sock |
    awk -F, '$2 != "FRONTEND" && $2 != "BACKEND" && $1 !~ /^#/ && NF > 23 {print "backend " $1 " " $2 " " $18 " " $24}'
fi
