# Prints what a joining node needs, MODE PATH BASE64 a line; $1 is master or worker. All of it is secret.
emit() { printf '%s %s %s\n' "$1" "$2" "$(base64 -w0 < "$2")"; }
if [ "$1" = master ]; then
  cd /etc/kubernetes/pki
  for file in ca front-proxy-ca etcd/ca; do
    emit 644 /etc/kubernetes/pki/$file.crt
    emit 600 /etc/kubernetes/pki/$file.key
  done
  emit 600 /etc/kubernetes/pki/sa.key
  emit 644 /etc/kubernetes/pki/sa.pub
fi
printf 'ca - %s\n' "$(base64 -w0 < /etc/kubernetes/pki/ca.crt)"
printf 'token - %s\n' "$(kubeadm --kubeconfig /etc/kubernetes/admin.conf token create --ttl 30m --description 'mainstay join' | base64 -w0)"
