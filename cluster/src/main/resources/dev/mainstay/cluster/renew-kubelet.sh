# Renews what this host's kubelet could not renew itself, and restarts it. Standard input: the new client key and
# certificate, PEM in base64, or nothing. $2...: which of "client" and "server".
take_input "$1"
one_at_a_time
shift
pki=/var/lib/kubelet/pki
case " $* " in *" client "*)
  # as kubelet's own store names them (client-go, util/certificate, certificate_store.go)
  pair=$pki/kubelet-client-$(date +%Y-%m-%d-%H-%M-%S).pem
  (umask 077 && base64 -d < "$input" > "$pair.part")
  grep -q 'BEGIN CERTIFICATE' "$pair.part" || die "there is no certificate in what arrived"
  replace_file "$pair" "$pair.part"
  ln -sfn "$pair" $pki/kubelet-client-current.pem.part
  mv -fT $pki/kubelet-client-current.pem.part $pki/kubelet-client-current.pem
  # one made by "kubeadm init" has it inside until kubeadm's last phase
  if grep -q 'client-certificate-data:' /etc/kubernetes/kubelet.conf; then
    sed -i -e "s|client-certificate-data: .*|client-certificate: $pki/kubelet-client-current.pem|" \
      -e "s|client-key-data: .*|client-key: $pki/kubelet-client-current.pem|" /etc/kubernetes/kubelet.conf
  fi ;;
esac
# kubelet signs a new one for itself when it starts and finds none
case " $* " in *" server "*) rm -f $pki/kubelet.crt $pki/kubelet.key ;; esac
systemctl reset-failed kubelet.service 2> /dev/null || true
systemctl restart kubelet.service
tries=0
until [ "$(timeout 2 bash -c 'exec 3<> /dev/tcp/127.0.0.1/10248 && printf "GET /healthz HTTP/1.0\r\n\r\n" >&3 && tail -n 1 <&3' 2> /dev/null)" = ok ]; do
  tries=$((tries + 1))
  [ $tries -lt 240 ] || die "kubelet does not become healthy: $(journalctl -u kubelet -n 3 --no-pager -o cat)"
  sleep 0.25
done
