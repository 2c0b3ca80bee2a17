# Prints what a joining node needs, MODE PATH BASE64 a line; $1 is master or worker. All of it is secret.
emit() {
  [ -s "$2" ] || die "$2 is not on this master: no master can be made from it (an authority that signs elsewhere?)" 6
  printf '%s %s %s\n' "$1" "$2" "$(base64 -w0 < "$2")"
}
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
token=$(kubeadm --kubeconfig /etc/kubernetes/admin.conf token create --ttl 30m --description 'mainstay join')
printf 'token - %s\n' "$(base64 -w0 <<< "$token")"
