#!/usr/bin/env bash
# The measure that Mainstay is held against: the same move by plain shell and ssh, in the best order that was found by
# hand. Usage: by-hand.sh PLAYGROUND-DIRECTORY OLD-FILE all|NODE. The hosts have moved and cluster.yaml has their new
# addresses; OLD-FILE is cluster.yaml as it was.
set -euo pipefail
state=$1 old=$2 what=$3
domain=$(sed -n 's/^name: //p' "$state/cluster.yaml").internal
masters="m1 m2 m3" workers="w1 w2"
begin=$(date +%s.%N)
lap() { printf '%7.1f s  %s\n' "$(echo "$(date +%s.%N) - $begin" | bc)" "$1" >&2; }
address() { sed -n "s/^  $1: //p" "$state/cluster.yaml"; }
was() { sed -n "s/^  $1: //p" "$old"; }
on() {
  local host=$1
  shift
  ssh -i "$state/id_ed25519" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
    -o ControlMaster=auto -o ControlPath="/tmp/by-hand-%C" -o ControlPersist=60 "root@$(address "$host")" "$@"
}
block="127.0.0.1 api.$domain"
gone=
moved=
for host in $masters $workers; do
  block="$block
$(address "$host") $host.$domain $host"
  [ "$(address "$host")" = "$(was "$host")" ] || { gone="$gone $(was "$host")"; moved="$moved $host"; }
done

# 1. hosts blocks in place, masters and workers side by side; stale connections; local proxies
follow() {
  on "$1" "bash -s" <<END
{ sed '/^# BEGIN mainstay/,/^# END mainstay/d' /etc/hosts; printf '%s\n' '# BEGIN mainstay move generation 9' '$block' '# END mainstay move'; } > /run/hosts.new
cat /run/hosts.new > /etc/hosts
for address in $gone; do ss -tK src \$address > /dev/null; ss -tK dst \$address > /dev/null; done
systemctl reload mainstay-proxy
END
}
for host in $masters $workers; do follow "$host" & done
wait
lap "hosts blocks, connections, proxies"

# 2. the apiserver's address, kubelet at rest meanwhile
advertise() {
  on "$1" "bash -s" <<END
systemctl stop kubelet
sed 's/$(was "$1" | sed 's/\./\\./g')/$(address "$1")/g' /etc/kubernetes/manifests/kube-apiserver.yaml > /run/apiserver.new
cat /run/apiserver.new > /etc/kubernetes/manifests/kube-apiserver.yaml
crictl ps -q --name '^kube-apiserver\$' | xargs -r crictl stop -t 2 > /dev/null
systemctl start kubelet
END
}
for host in $moved; do
  case $host in
    m*) advertise "$host" & ;;
    w*) on "$host" systemctl restart kubelet & ;;
  esac
done
wait
lap "advertise addresses and kubelets"

# 3. until all is well, as far as a person would look; then the pods of the moved hosts' network
k() { on m1 "kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 3s $(printf '%q ' "$@")"; }
for host in $moved; do
  until [ "$(k get node "$host.$domain" -o 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}' 2> /dev/null)" = "$(address "$host")" ]; do sleep 0.2; done
  k -n kube-flannel delete pod --field-selector "spec.nodeName=$host.$domain" --wait=false > /dev/null 2>&1 || true
  k -n kube-system delete pod -l k8s-app=kube-proxy --field-selector "spec.nodeName=$host.$domain" --wait=false > /dev/null 2>&1 || true
done
lap "nodes have their addresses, network pods restarted"
