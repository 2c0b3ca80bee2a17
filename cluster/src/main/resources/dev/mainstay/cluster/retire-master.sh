# Takes this master out of service, well: it gives the leadership of etcd away, its static pods but etcd end, its proxy
# leads to the other masters. Standard input: that haproxy.cfg. return-master.sh undoes it.
take_input "$1"
one_at_a_time
check_proxy_config "$input"
# an election would let every write wait for a second
mine=$(etcdctl_here endpoint status --command-timeout 3s -w fields 2> /dev/null | awk '/^"MemberID"/ {id = $3} /^"Leader"/ {leader = $3} END {if (id != "" && (id "") == (leader "")) print id}')
if [ -n "$mine" ]; then
  heir=$(etcdctl_here endpoint status --cluster --command-timeout 3s -w fields 2> /dev/null |
    awk -v mine="$mine" '/^"MemberID"/ {id = $3} /^"IsLearner"/ {if (id != mine && $3 == "false") {print id; exit}}')
  [ -z "$heir" ] || etcdctl_here move-leader "$(printf '%x' "$heir")" > /dev/null || echo "etcd elects a leader by itself"
fi
retired=/var/lib/mainstay/retired
mkdir -m 700 -p $retired
# kubelet rests meanwhile: where its own API is dead it would wait for minutes to take the pods away
trap 'rm -f "$input"; systemctl start kubelet.service' EXIT
systemctl stop kubelet.service
# Puts the manifest of static pod $1 aside, perhaps onto another file system: a power cut leaves it whole in one place at least.
put_aside() {
  [ -f /etc/kubernetes/manifests/$1.yaml ] || return 0
  cp -a /etc/kubernetes/manifests/$1.yaml $retired/$1.yaml.mainstay-new
  replace_file $retired/$1.yaml
  rm -f /etc/kubernetes/manifests/$1.yaml
}
# the apiserver last: the others give up their leases through it
for component in kube-controller-manager kube-scheduler; do
  put_aside $component
  static_containers $component | xargs -r crictl stop -t 5 > /dev/null &
done
wait
put_aside kube-apiserver
# it tells everybody to go and takes nobody any more within seconds; that its last watches end need not be waited for,
# nor may that hold this host's lock
static_containers kube-apiserver | xargs -r setsid -f crictl stop -t 30 > /dev/null 2>&1 8>&-
deadline=$((SECONDS + 120))
while ss -Hltn 'sport = :6443' | grep -q .; do
  [ $SECONDS -lt $deadline ] || die "the apiserver does not end: $(crictl ps --name '^kube-apiserver$' 2>&1 | tail -n 2)"
  sleep 0.1
done
take_proxy_config
