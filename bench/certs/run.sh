#!/usr/bin/env bash
# Renewing every certificate of three masters, Mainstay against the by-hand sequence, in turn on the same cluster, with 30
# requests a second through a worker's local proxy meanwhile; then how soon an ended master is out of rotation.
# Usage: bench/certs/run.sh [ROUNDS]; prints the table that bench/certs/RESULTS.md keeps.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${1:-3}
for tool in jq bc; do which $tool > /dev/null || apt-get install -y -qq $tool > /dev/null; done
name=certs-bench
state=${XDG_DATA_HOME:-$HOME/.local/share}/mainstay/playground/$name
out=$(mktemp -d)
trap '"$root/mainstay" playground down --name $name > /dev/null 2>&1; rm -rf "$out"' EXIT
on() {
  local host=$1
  shift
  ssh -i "$state/id_ed25519" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ControlMaster=auto \
    -o ControlPath="$out/%C" -o ControlPersist=60 "root@$(sed -n "s/^  $host: //p" "$state/cluster.yaml")" "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; $*"
}
seconds() { echo "$(date +%s.%N) - $1" | bc; }
"$root/mainstay" playground down --name $name > /dev/null 2>&1 || true
"$root/mainstay" playground up --name $name --workers 1 > "$out/up.log" 2>&1 || { tail "$out/up.log"; exit 1; }

# kubelet starts what stopped twice within ten minutes late; a kubelet that is restarted has forgotten it
settle() {
  for master in m1 m2 m3; do on $master systemctl restart kubelet; done
  until "$root/mainstay" status --playground $name > /dev/null 2>&1; do sleep 1; done
  sleep 5
}
begin_load() {
  on m1 cat /etc/kubernetes/admin.conf > "$out/admin.conf"
  on w1 'rm -rf /run/load; mkdir -m 700 /run/load; cat > /run/load/kubeconfig' < "$out/admin.conf"
  on w1 'cat > /run/load/run; systemd-run -q --collect --unit load bash /run/load/run' < "$root/e2e/src/test/resources/dev/mainstay/e2e/load.sh"
  until on w1 'grep -q ok /run/load/tally 2> /dev/null'; do sleep 0.2; done
}
end_load() { # prints SENT FAILED
  on w1 'touch /run/load/stop; until [ -e /run/load/done ]; do sleep 0.1; done; echo "$(wc -l < /run/load/tally) $(grep -c failed /run/load/tally)"'
}
by_hand() {
  for master in m1 m2 m3; do
    on $master '
      kubeadm certs renew all --config /root/renew.yaml > /dev/null
      for component in kube-controller-manager kube-scheduler; do crictl ps -q --name "^$component\$" | xargs -r crictl stop -t 5 > /dev/null; done
      for component in kube-controller-manager kube-scheduler; do until crictl ps -q --name "^$component\$" | grep -q .; do sleep 0.1; done; done
      until [ "$(kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 get --raw /readyz 2> /dev/null)" = ok ]; do sleep 0.1; done'
  done
}
for master in m1 m2 m3; do
  on $master 'printf "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.3\nencryptionAlgorithm: ECDSA-P256\n" > /root/renew.yaml'
done
containers() { for master in m1 m2 m3; do on $master "crictl ps -q --name '^(etcd|kube-apiserver)\$' | sort"; done; }
before=$(containers)
echo "| round | \`certs renew --all\`, whole process | of it the renewal | requests | failed | by hand | requests | failed | load |"
echo "|---|---|---|---|---|---|---|---|---|"
for round in $(seq "$rounds"); do
  settle
  begin_load
  start=$(date +%s.%N)
  "$root/mainstay" certs renew --all --yes --playground $name > /dev/null 2> "$out/renew-$round" || { cat "$out/renew-$round"; exit 1; }
  whole=$(seconds "$start")
  renewal=$(sed -n 's/.* not begun, \(.*\) s$/\1/p' "$out/renew-$round")
  read -r sent failed <<< "$(end_load)"
  settle
  begin_load
  start=$(date +%s.%N)
  by_hand
  hand=$(seconds "$start")
  read -r sent_hand failed_hand <<< "$(end_load)"
  printf '| %d | %.1f s | %s s | %d | %d | %.1f s | %d | %d | %s |\n' "$round" "$whole" "$renewal" "$sent" "$failed" "$hand" "$sent_hand" "$failed_hand" "$(cut -d' ' -f1 /proc/loadavg)"
done
[ "$(containers)" = "$before" ] && echo "etcd and apiserver: the same containers as before"
echo "last round:"
grep " s  " "$out/renew-$rounds"

echo "ended master out of rotation:"
on m3 'cp /root/renew.yaml /root/short.yaml; echo "certificateValidityPeriod: 15s" >> /root/short.yaml'
for round in $(seq "$rounds"); do
  on m3 'kubeadm certs renew all --config /root/short.yaml > /dev/null'
  seen=$(on w1 'until echo "show stat" | socat - UNIX-CONNECT:/run/mainstay-proxy/admin.sock | grep "^masters,m3," | cut -d, -f18 | grep -q DOWN; do sleep 0.02; done; date +%s.%N')
  ended=$(date -d "$(on m3 'openssl x509 -noout -enddate -in /etc/kubernetes/pki/apiserver.crt' | cut -d= -f2)" +%s)
  start=$(date +%s.%N)
  "$root/mainstay" certs renew --yes --playground $name > /dev/null 2> "$out/recover-$round" || { cat "$out/recover-$round"; exit 1; }
  recovered=$(seconds "$start")
  printf '| %d | out of rotation after %.2f s | renewed and verified in %.1f s |\n' "$round" "$(echo "$seen - $ended" | bc)" "$recovered"
  until on w1 'echo "show stat" | socat - UNIX-CONNECT:/run/mainstay-proxy/admin.sock | grep "^masters,m3," | cut -d, -f18 | grep -q UP'; do sleep 0.1; done
done
