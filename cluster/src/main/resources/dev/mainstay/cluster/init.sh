# Makes the first master. Standard input: the kubeadm configuration.
take_input "$1"
one_at_a_time
grep -q '[a-z]' /etc/mainstay/stage 2> /dev/null && die "this host is no longer empty (stage $(cat /etc/mainstay/stage)); run the same command again" 75
# whatever became of the stage: the next run would take what is there for what this one left, and wipe it
[ ! -e /var/lib/etcd/member ] || die "this host has data of etcd in /var/lib/etcd/member, and nothing says of which node; nothing was changed. Move it away if nobody needs it" 6
mkdir -p /etc/mainstay/kubeadm /var/lib/mainstay/log
install -m 600 "$input" /etc/mainstay/kubeadm/init.yaml
remember stage started
if ! kubeadm init --config /etc/mainstay/kubeadm/init.yaml --skip-token-print --skip-certificate-key-print > /var/lib/mainstay/log/init.log 2>&1; then
  kubeadm_error /var/lib/mainstay/log/init.log
fi
chmod 600 /var/lib/mainstay/log/init.log
# kubeadm tells this master's etcd alone to found a cluster. Should its data ever be lost, as when a disk is not mounted at a
# boot, it would found an empty one, and kubelets that obey it would end all their pods
manifest=/etc/kubernetes/manifests/etcd.yaml
trap 'rm -f "$input"; systemctl start kubelet.service' EXIT
systemctl stop kubelet.service
# not beside it: kubelet takes whatever lies there for a manifest
sed 's/^\( *- \)--initial-cluster=.*/&\n\1--initial-cluster-state=existing/' $manifest > /etc/kubernetes/etcd.mainstay-new
chmod 600 /etc/kubernetes/etcd.mainstay-new
replace_file $manifest /etc/kubernetes/etcd.mainstay-new
# kubelet starts both again; it would wait for an apiserver without its etcd. Nobody needs that apiserver yet
for container in kube-apiserver etcd; do
  running=$(static_containers $container) || die "the container runtime does not answer"
  [ -z "$running" ] || crictl stop -t "$([ $container = etcd ] && echo 5 || echo 0)" $running > /dev/null
done
systemctl start kubelet.service
trap 'rm -f "$input"' EXIT
# not before it is known who may do what: the next step takes leases away, so that nobody waits for who held them
deadline=$((SECONDS + 240))
until kubectl_here --request-timeout 5s get --raw '/api/v1/nodes?limit=1' > /dev/null 2> /run/mainstay/said; do
  [ $SECONDS -lt $deadline ] || die "the apiserver of this master does not come back: $(tail -n 1 /run/mainstay/said)"
  sleep 0.25
done
remember stage joined
