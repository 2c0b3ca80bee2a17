# Prints the proxy's view of its backends and this host's certificates. No private key leaves the host.
set +e
if [ -S /run/mainstay-proxy/admin.sock ] && command -v socat > /dev/null; then
  echo 'show stat' | timeout 5 socat -t 5 - UNIX-CONNECT:/run/mainstay-proxy/admin.sock |
    awk -F, '$2 != "FRONTEND" && $2 != "BACKEND" && $1 !~ /^#/ && NF > 17 {print "backend " $1 " " $2 " " $18}'
fi
certificate() { sed -n '/-BEGIN CERTIFICATE-/,/-END CERTIFICATE-/p' | sed -n '1,/-END CERTIFICATE-/p' | base64 -w0; }
for file in /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt /var/lib/kubelet/pki/kubelet-client-current.pem; do
  [ -f "$file" ] && echo "certificate $file $(certificate < "$file")"
done
for file in /etc/kubernetes/*.conf; do
  [ -f "$file" ] || continue
  data=$(sed -n 's/^ *client-certificate-data: //p' "$file" | head -n 1)
  [ -n "$data" ] && echo "certificate $file $(printf '%s' "$data" | base64 -d | certificate)"
done
echo end
