# Says what a host is like, one KEY VALUE a line; changes nothing. $1: for how many seconds a step that runs on it is
# waited for; with 0 for none, and what is said may be half done. Then paths whose sha256 and mode are wanted, and addresses of
# masters to which the round trip is wanted: "master-asked ADDRESS", and where it answers within a second "round-trip
# ADDRESS MICROSECONDS" for each try.
set +e
patience=$1
shift
if [ "$patience" != 0 ] && [ -e /run/mainstay/step.lock ]; then
  flock -s -w "$patience" /run/mainstay/step.lock true || die "a step of an earlier run has been running on this host for $((patience / 60)) minutes"
fi
say() { printf '%s %s\n' "$1" "$2"; }
content() { [ -f "$2" ] && say "$1" "$(base64 -w0 < "$2")"; }

# The time that a connection takes to the port where a master's proxy says how it is: nodes need that one anyhow, and a
# refusal comes as fast. What the kernel measured counts where it did: on a busy host we ourselves wait for a processor longer
# than for the answer. A proxy that does not know this host yet, or knows it at another address, resets what it took, and with
# it the measure: the apiserver's port is tried then. One try that tells of a near master is enough: a try may take too long,
# never too short.
round_trip() {
  local try answer took open='' began=${EPOCHREALTIME/./} port=7444
  for try in 1 2 3 4 5; do
    answer=$(
      trap '' PIPE
      began=${EPOCHREALTIME/./}
      { exec 7<> "/dev/tcp/$1/$port"; } 2>&1 && open=1
      took=$((${EPOCHREALTIME/./} - began))
      [ -z "$open" ] || ! command -v ss > /dev/null || took=$(ss -Htin "dst $1:$port" 2> /dev/null | awk -v took="$took" '
        match($0, /minrtt:[0-9.]+/) { seen = 1; measured = substr($0, RSTART + 7, RLENGTH - 7) * 1000; if (measured < took) took = measured }
        END { if (seen) printf "%d", took; else print "reset" }')
      echo "$took"
      # whoever asks nothing ends in the proxy's log
      [ -z "$open" ] || [ $port != 7444 ] || { printf 'GET / HTTP/1.0\r\n\r\n' >&7 && read -r -t 0.5 _ <&7; } 2> /dev/null
    )
    case $answer in
      reset) [ $port = 7444 ] && port=6443 && continue; return ;;
      *refused*) ;;
      '' | *[!0-9]*) return ;;
    esac
    took=${answer##*[!0-9]}
    echo "round-trip $1 $took"
    [ "$took" -gt 10000 ] && [ $((${EPOCHREALTIME/./} - began)) -lt 400000 ] || return
  done
}
paths=() masters=()
for argument in "$@"; do
  case $argument in /*) paths+=("$argument") ;; *) masters+=("$argument") ;; esac
done
mapfile -t -O ${#paths[@]} paths < <(registry_mirrors)
# A member that kubelet starts without its data begins a new log, and ends when the leader counts on what it had
etcd_lost_its_data() {
  [ -f /etc/kubernetes/manifests/etcd.yaml ] || return 1
  [ -d /var/lib/etcd/member/wal ] || return 0
  [ -z "$ready" ] && ls -t /var/log/pods/kube-system_etcd-*/etcd/*.log 2> /dev/null | head -n 2 | xargs -r tail -qc 100000 |
    grep -q 'Was the raft log corrupted, truncated, or lost'
}
# beside all that follows, which takes as long
exec 9< <(
  [ ${#masters[@]} = 0 ] || timeout 1 bash -c "$(declare -f round_trip)"'; for master; do round_trip "$master" & done; wait' - "${masters[@]}" < /dev/null 2> /dev/null
)
exec 6< <([ ! -f /etc/kubernetes/manifests/etcd.yaml ] || cut_off_members 2> /dev/null)

. /etc/os-release
say clock "$(date +%s%3N)"
say distribution "$ID-${VERSION_ID:-}"
say architecture "$(uname -m)"
say init "$(cat /proc/1/comm)"
say hostname "$(cat /proc/sys/kernel/hostname)"
say machine-id "$(cat /etc/machine-id 2>/dev/null)"
case $(stat -fc %T /sys/fs/cgroup) in cgroup2fs) say cgroup 2 ;; *) say cgroup 1 ;; esac
say cpus "$(nproc)"
say memory-mib "$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))"
say disk-free-mib "$(df -Pm /var/lib | awk 'NR == 2 {print $4}')"
awk 'NR > 1 {print "swap " $1}' /proc/swaps
capabilities=$((0x$(sed -n 's/^CapBnd:\t*//p' /proc/1/status)))
say cap-sys-resource "$(((capabilities >> 24) & 1))"
[ -w /proc/sys/net/netfilter/nf_conntrack_max ] && say conntrack-writable 1
say nameservers "$(cat /etc/resolv.conf /run/systemd/resolve/resolv.conf 2>/dev/null | grep -c "^nameserver")"
# whoever listens matters only where a node is yet to be made
[ -e /etc/mainstay/stage ] || ss -Hltnp | awk '{n = split($4, at, ":"); who = $6; sub(/^users:\(\("/, "", who); sub(/".*/, "", who); print "listens " at[n] " " (who == "" ? "?" : who)}' | sort -u

content hosts-file /etc/hosts
content node-json /etc/mainstay/node.json
content stage /etc/mainstay/stage
# few processes: on a host under load each start of one counts
sha256sum "${paths[@]}" 2>/dev/null | sed 's/^\([0-9a-f]*\)  /file \1 /'
stat -L -c 'mode %a %n' "${paths[@]}" 2>/dev/null
systemctl show -p Id,ActiveState,UnitFileState containerd.service kubelet.service mainstay-proxy.service mainstay-apiserver-watch.service mainstay-etcd-watch.service mainstay-etcd-backup.timer |
  awk -F= '/^Id=/ {id = $2; sub(/\.service$/, "", id)} /^ActiveState=/ {active = $2} /^UnitFileState=/ {print "unit " id " " active " " $2}'

[ -f /var/lib/mainstay/unsettled ] && say unsettled 1

# what Mainstay put here and is still as it was put
if [ -f /var/lib/mainstay/installed ]; then
  cut -d' ' -f4 /var/lib/mainstay/installed | xargs -r stat -c '%s %Y %n' 2>/dev/null |
    awk 'NR == FNR {is[$0] = 1; next} ($2 " " $3 " " $4) in is {print "artifact " $1}' - /var/lib/mainstay/installed
fi
if [ -f /var/lib/mainstay/imported ] && [ -S /run/containerd/containerd.sock ]; then
  ctr -n k8s.io images ls -q 2>/dev/null | awk 'NR == FNR {is[$0] = 1; next} $2 in is {print "artifact " $1}' - /var/lib/mainstay/imported
fi
dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^.i  *//p' | tr '\n' ' ' | sed 's/^/packages /'
echo

# what of a cluster is here, ours or another's
for trace in /etc/kubernetes/kubelet.conf /etc/kubernetes/admin.conf /etc/kubernetes/manifests/etcd.yaml \
    /etc/kubernetes/manifests/kube-apiserver.yaml /etc/kubernetes/pki/ca.key /var/lib/etcd/member \
    /etc/rancher/k3s /etc/rancher/rke2 /var/lib/k0s /var/snap/microk8s; do
  [ -e "$trace" ] && say trace "$trace"
done
ls /var/lib/mainstay/retired/*.yaml > /dev/null 2>&1 && say trace /var/lib/mainstay/retired
[ -e /run/mainstay/drill/fault ] && say trace /run/mainstay/drill
[ -e /var/lib/mainstay/etcd-restore/hold ] && say trace /var/lib/mainstay/etcd-restore/hold
grep -qsE ' (stopped|swapped|started)$' /var/lib/mainstay/etcd-restore/state && say trace /var/lib/mainstay/etcd-restore/state
if [ -f /etc/kubernetes/kubelet.conf ]; then
  say cluster-endpoint "$(sed -n 's/^ *server: //p' /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf 2>/dev/null | head -n 1)"
fi
for file in /etc/kubernetes/*.conf; do
  [ -f "$file" ] && say kubeconfig "$(basename "$file" .conf) $(sed -n 's/^ *server: //p' "$file" | head -n 1)"
done
for component in kube-apiserver etcd; do
  manifest=/etc/kubernetes/manifests/$component.yaml
  [ -f $manifest ] && say manifest "$component $(base64 -w0 < $manifest)"
done
ready=
if [ -f /etc/kubernetes/manifests/kube-apiserver.yaml ]; then
  say advertises "$(sed -n 's/^ *- --advertise-address=//p' /etc/kubernetes/manifests/kube-apiserver.yaml)"
  api_serves && ready=1 && say ready 1
fi
kubelet=/usr/local/bin/kubelet
if [ -x $kubelet ]; then
  # asking it takes a quarter of a second of a processor
  known=/run/mainstay/kubelet-version
  is=$(stat -c '%s %Y' $kubelet)
  size='' mtime='' version=''
  [ -f $known ] && read -r size mtime version < $known
  if [ "$size $mtime" != "$is" ]; then
    version=$($kubelet --version 2>/dev/null | sed 's/^Kubernetes //')
    mkdir -p /run/mainstay && echo "$is $version" > $known
  fi
  say kubelet "$version"
fi

# what ties the node to names and addresses
ip -4 -o address show 2>/dev/null | awk '{split($4, at, "/")} at[1] !~ /^127\./ {print "local-address " at[1]}'
[ -d /etc/cloud/cloud.cfg.d ] && say cloud-init 1
content settled /etc/mainstay/address
[ -f /var/lib/mainstay/amending ] && sed 's/^/amending /' /var/lib/mainstay/amending
etcd_lost_its_data && say etcd-data-lost 1
etcd=$(static_process etcd)
if [ -n "$etcd" ] && [ "$(stat -L -c %d:%i "/proc/$etcd/root/etc/hosts")" != "$(stat -c %d:%i /etc/hosts)" ]; then
  say etcd-sees-other-hosts 1
fi
if [ -S /run/mainstay-proxy/admin.sock ] && command -v socat > /dev/null; then
  echo 'show servers state masters' | timeout 5 socat -t 5 - UNIX-CONNECT:/run/mainstay-proxy/admin.sock |
    awk '$2 == "masters" && $4 !~ /^last-/ {print "backend " $4 " " $5 ":" $19}'
fi
fingerprints
if [ -f /etc/mainstay/haproxy.cfg ]; then
  class=$(sed -n 's/^# round trip class: \([0-9]*\) ms$/\1/p; 2q' /etc/mainstay/haproxy.cfg)
  [ -n "$class" ] && say round-trip-class "$class"
fi
for master in "${masters[@]}"; do say master-asked "$master"; done
cat <&9
cat <&6
say end ok
