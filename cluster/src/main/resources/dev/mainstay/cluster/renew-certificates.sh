# Renews certificates of this master and lets its components take them; prints its certificates before and after.
# Standard input: the kubeadm configuration. $2: "serve" if etcd and the API must answer afterwards, else "alone";
# $3...: kubeadm's names of the certificates. etcd and the apiserver read new files by themselves; only
# controller-manager and scheduler have theirs inside a kubeconfig that they read once.
take_input "$1"
one_at_a_time
answer=$2
shift 2
authorities() { (cd /etc/kubernetes/pki && sha256sum ca.* etcd/ca.* front-proxy-ca.* sa.*); }
certificates_here served | sed 's/^/before /'
if [ $# -gt 0 ]; then
  before=$(authorities)
  # a copy of what was, of which the last five are kept
  backups=/var/lib/mainstay/backup
  aside=$backups/certificates-$(date -u +%Y%m%dT%H%M%SZ)
  mkdir -m 700 -p $backups
  mkdir -m 700 "$aside.part"
  cp -a /etc/kubernetes/pki /etc/kubernetes/*.conf "$aside.part"
  mv -T "$aside.part" "$aside"
  find $backups -mindepth 1 -maxdepth 1 -name 'certificates-*' | sort | head -n -5 | xargs -r rm -rf
  mkdir -p /var/lib/mainstay/log
  for name in "$@"; do
    kubeadm certs renew "$name" --config "$input" > /var/lib/mainstay/log/renew.log 2>&1 || kubeadm_error /var/lib/mainstay/log/renew.log
  done
  [ "$(authorities)" = "$before" ] || die "files of an authority have changed, which must never be; those from before lie in $aside"
  # root's own kubeconfig, if it was a copy
  if [ -f /root/.kube/config ] && cmp -s /root/.kube/config "$aside/admin.conf"; then
    cat /etc/kubernetes/admin.conf > /root/.kube/config
  fi
fi
restart=
for component in kube-controller-manager kube-scheduler; do
  case " $* " in *" all "* | *" ${component#kube-}.conf "*) restart="$restart $component"; continue ;; esac
  ! is_outdated $component || restart="$restart $component"
done
for component in $restart; do
  static_containers $component | xargs -r crictl stop -t 5 > /dev/null &
done
wait
# Waits until the command $2... succeeds; $1 is what is wrong if it does not within a minute.
until_is() {
  local what=$1 deadline=$((SECONDS + 60))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || die "$what"
    sleep 0.1
  done
}
# the file may have a text before its certificate, and others after it
serves_disk() { [ "$(served_on "$1")" = "$(first_certificate < "$2")" ]; }
runs() { static_containers "$1" | grep -q .; }
api_ready() { [ "$(kubectl_here --request-timeout 5s get --raw /readyz 2> /dev/null)" = ok ]; }
etcd_healthy() { etcdctl_here endpoint health --command-timeout 2s > /dev/null 2>&1; }
if command -v openssl > /dev/null; then
  until_is "port 2379 does not serve etcd/server.crt" serves_disk 2379 /etc/kubernetes/pki/etcd/server.crt
  until_is "port 2380 does not serve etcd/peer.crt" serves_disk 2380 /etc/kubernetes/pki/etcd/peer.crt
  until_is "port 6443 does not serve apiserver.crt" serves_disk 6443 /etc/kubernetes/pki/apiserver.crt
fi
# kubelet starts what stopped at once, unless it stopped before within ten minutes, as it does again and again where
# certificates had ended: then kubelet waits, up to five minutes. A kubelet that is restarted waits for nothing.
patience=$((SECONDS + 3))
for component in $restart; do
  deadline=$((SECONDS + 60))
  until runs $component; do
    if [ -n "$patience" ] && [ $SECONDS -ge $patience ]; then
      patience=
      systemctl restart kubelet.service
    fi
    [ $SECONDS -lt $deadline ] || die "kubelet does not start $component again: $(journalctl -u kubelet -n 3 --no-pager -o cat)"
    sleep 0.1
  done
done
if [ "$answer" = serve ]; then
  until_is "this master's etcd member is not healthy" etcd_healthy
  until_is "this master's API is not ready" api_ready
fi
certificates_here served
