set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C KUBECACHEDIR=/run/mainstay/kube-cache
umask 022
# what stands in a file that is there only while packages are installed
package_mark='written by Mainstay while it installs packages'
die() { echo "$1" >&2; exit "${2:-1}"; }
# Steps on one host wait for each other, also for one that lost its control machine and runs on.
# $1: for how many seconds, ten minutes if it is not there.
one_at_a_time() {
  mkdir -p /run/mainstay
  exec 8>/run/mainstay/step.lock
  flock -w "${1:-600}" 8 || die "a step of an earlier run has held /run/mainstay/step.lock for ${1:-600} seconds"
}
# Takes standard input whole into the file $input, and refuses one that the connection cut short: $1 is its sha256.
take_input() {
  mkdir -p /run/mainstay
  input=$(mktemp /run/mainstay/input.XXXXXX)
  trap 'rm -f "$input"' EXIT
  cat > "$input"
  [ "$(sha256sum < "$input" | cut -d' ' -f1)" = "$1" ] || die "the input did not arrive whole; nothing was changed" 75
}
# Takes the next $1 bytes of standard input into file $2. Fails where fewer come, or less than 4 MiB in five minutes (64 MiB
# where that much came in seconds before): a control machine that sleeps must not keep this host from others, who wait for ten.
take_bytes() {
  local taken=0 piece=4194304 next began
  : > "$2"
  while [ $taken -lt "$1" ]; do
    next=$(($1 - taken < piece ? $1 - taken : piece))
    began=$SECONDS
    timeout 300 dd bs=128K iflag=fullblock,count_bytes count=$next status=none >> "$2" || return 1
    taken=$((taken + next))
    [ "$(stat -c %s "$2")" = $taken ] || return 1
    if [ $((SECONDS - began)) -gt 1 ]; then piece=4194304; elif [ $piece -lt 67108864 ]; then piece=$((piece * 2)); fi
  done
}
# The sha256 of standard input: four times as fast where openssl is there, which uses the processor's own instructions.
digest() {
  if command -v openssl > /dev/null; then openssl dgst -sha256 -r; else sha256sum; fi | cut -d' ' -f1
}
# The files by which containerd asks mirrors that Mainstay wrote, also for registries that the cluster's file no longer names.
mark='# Written by Mainstay; changes are undone by the next apply.'
registry_mirrors() { grep -lsxF "$mark" /etc/containerd/certs.d/*/hosts.toml || true; }
# What others had written into files that are ours now, each below here by its path.
kept=/etc/mainstay/kept
# What others had in the folders of CNI before Mainstay, a path a line; it is not there where they had nothing.
cni_before=/etc/mainstay/cni-before
# Takes away what a cluster left in CNI's folders $@, whatever network it had, and not what was there before it.
forget_cni() {
  local before
  [ -e $cni_before ] || [ -e /etc/mainstay/node.json ] || return 0
  # nor where an older Mainstay did not look
  before=$(cat $cni_before 2> /dev/null || true)
  find "$@" -mindepth 1 -maxdepth 1 2> /dev/null | { grep -vxF "$before" || true; } | xargs -r -d '\n' rm -rf
}
# Puts $1.mainstay-new, or file $2, into the place of file $1: a power cut leaves one of both whole.
replace_file() {
  local new=${2:-$1.mainstay-new}
  sync "$new"
  mv -f "$new" "$1"
}
# Writes $2 into /etc/mainstay/$1 whole.
remember() {
  echo "$2" > "/etc/mainstay/$1.mainstay-new"
  replace_file "/etc/mainstay/$1"
}
# Makes kubeconfig $1 lead to $2. It holds a key that must be seen by nobody, not even for a moment.
point_kubeconfig() {
  (umask 077 && sed "s|^\( *server: \).*|\1$2|" "$1" > "$1.mainstay-new")
  chmod 600 "$1.mainstay-new"
  replace_file "$1"
}
etcdctl_here() {
  etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \
    --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key "$@"
}
kubectl_here() { kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 "$@"; }
# Empties /var/lib/etcd of what is kubeadm's and ours (another etcd of the host may have its data beside, or on a worker be there
# alone), and /var/lib/kubelet; both may be mount points themselves. What pods have mounted below kubelet's is theirs: it is
# unmounted first, or nothing is deleted.
empty_state() {
  local volumes volume tries=0
  systemctl stop kubelet.service 2> /dev/null || true
  ! systemctl is-active -q kubelet.service || die "kubelet does not stop; nothing of its was deleted"
  while volumes=$(awk '$2 ~ "^/var/lib/kubelet/" {print $2}' /proc/mounts | sort -r) && [ -n "$volumes" ]; do
    [ $tries -lt 40 ] || die "a volume stays mounted, and nothing was deleted: $(tail -n 1 <<< "$volumes") (umount it, then run the same command again)"
    [ $tries = 0 ] || sleep 0.25
    tries=$((tries + 1))
    # the kernel writes spaces as \040
    while read -r volume; do umount "$(printf '%b' "$volume")" 2> /dev/null || true; done <<< "$volumes"
  done
  [ ! -d /var/lib/kubelet ] || find /var/lib/kubelet -xdev -mindepth 1 -delete 2> /dev/null || true
  [ "$(identity role)" != worker ] || return 0
  rm -rf --one-file-system /var/lib/etcd/member /var/lib/etcd/mainstay-* || die "etcd's data in /var/lib/etcd cannot be deleted"
}
# Deletes folder $1 with all in it; one that is a mount point stays, empty.
delete_folder() {
  rm -rf --one-file-system "$1" 2> /dev/null || [ -z "$(ls -A "$1")" ] || die "$1 cannot be deleted"
}
# Takes away the links and packet filter rules of pods and services.
forget_pod_network() {
  for link in flannel.1 cni0; do
    ip link del $link 2>/dev/null || true
  done
  for tool in iptables ip6tables; do
    command -v $tool-save > /dev/null || continue
    $tool-save 2>/dev/null | grep -v -E 'KUBE|FLANNEL|CNI-' | $tool-restore 2>/dev/null || true
  done
}
# Ends with what kubeadm said last of all in its log $1: its errors, or else its last lines.
kubeadm_error() {
  local errors
  errors=$(sed -e 's/\x1b\[[0-9;]*m//g' -e '/^To see the stack trace/d' "$1" | grep -A 8 -E '^error|\[ERROR' | head -n 8) || true
  [ -n "$errors" ] || errors=$(tail -n 8 "$1")
  die "$errors"
}
# What this master's proxy says of its own apiserver: 200 ready, 404 draining, 503 dead; nothing where it watches none.
relay() {
  { exec 7<> /dev/tcp/127.0.0.1/7444; } 2> /dev/null || return 0
  printf 'GET / HTTP/1.0\r\n\r\n' >&7
  local version="" status=""
  read -r -t 2 version status _ <&7 || true
  exec 7>&-
  echo "$status"
}
# Whether this master's apiserver is ready. Its proxy knows, and a question of our own would cost half a second; but 404 may mean
# no more than that it answers late, or tells strangers nothing.
api_serves() {
  case $(relay) in
    200) ;;
    '' | 404) [ "$(timeout 5 kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 --request-timeout 3s get --raw /readyz 2> /dev/null)" = ok ] ;;
    *) return 1 ;;
  esac
}
# One line "cut-off ID ID...": the id of this host's etcd member and those of the members that it does not reach, dead ones among
# them; nothing where it reaches all. etcd asks each of them by itself, and says every five seconds in its log whom it does not
# reach, from half a minute after it began. Its connections say nothing: TCP holds one in a black hole for a quarter of an hour.
cut_off_members() {
  local log lost
  log=$(ls -t /var/log/pods/kube-system_etcd-*/etcd/*.log 2> /dev/null | head -n 1)
  [ -n "$log" ] || return 0
  lost=$(tail -qc 200000 "$log" | awk -v since="$(date -u -d '12 seconds ago' +%FT%T)" '
    /prober detected unhealthy status/ && match($0, /"ts":"[^"]*"/) && substr($0, RSTART + 6, 19) >= since &&
      match($0, /"remote-peer-id":"[0-9a-f]*"/) {print substr($0, RSTART + 18, RLENGTH - 19)}' | sort -u | paste -sd ' ')
  [ -n "$lost" ] || return 0
  { exec 7<> /dev/tcp/127.0.0.1/2381; } 2> /dev/null || return 0
  (
    trap '' PIPE
    printf 'GET /metrics HTTP/1.0\r\n\r\n' >&7
    timeout 1 awk -F'"' -v lost="$lost" '/^etcd_server_id[{]/ {print "cut-off " $2 " " lost; exit}' <&7
  ) || true
  exec 7>&-
}
# One line "fingerprint SHA256 FILE" for every certificate and key of the node; of a kubeconfig only what it embeds counts.
fingerprints() {
  local file
  for file in /etc/kubernetes/*.conf; do
    [ -f "$file" ] && echo "fingerprint $(grep -E '^ *(certificate-authority|client-certificate|client-key)-data: ' "$file" | sha256sum | cut -d' ' -f1) $file"
  done
  find /etc/kubernetes/pki /var/lib/kubelet/pki \( -name '*.crt' -o -name '*.key' -o -name '*.pub' -o -name '*.pem' \) -exec sha256sum {} + 2> /dev/null |
    sed 's/^\([0-9a-f]*\)  /fingerprint \1 /'
}
# Writes file $1 over /etc/hosts: in place, because containers have it mounted by inode, and with no moment at which it is
# empty, because then whoever looks a name up, the cluster's endpoint too, is told that there is none.
write_hosts() {
  dd if="$1" of=/etc/hosts bs=4M conv=notrunc status=none
  truncate -s "$(stat -c %s "$1")" /etc/hosts
}
# Takes away what the script that backs etcd up said for node_exporter, in each of its folders.
forget_backup_metrics() {
  rm -f /var/lib/mainstay/metrics/mainstay-etcd-backup.prom /var/lib/prometheus/node-exporter/mainstay-etcd-backup.prom \
    /var/lib/node_exporter/textfile_collector/mainstay-etcd-backup.prom || true
}
# The sha256 of /etc/hosts; where there is none, that of an empty one.
hosts_digest() { { cat /etc/hosts 2> /dev/null || true; } | digest; }
hosts_changed() { die "/etc/hosts was changed by somebody else meanwhile; run the same command again" 75; }
# Whether the cluster's authority lies where the proxy, which runs as nobody in particular, may read it.
has_authority() {
  cmp -s /etc/kubernetes/pki/ca.crt /etc/mainstay/ca.crt && [ "$(stat -L -c %a /etc/mainstay/ca.crt)" = 644 ]
}
# Lays it there.
lay_authority() {
  install -m 644 /etc/kubernetes/pki/ca.crt /etc/mainstay/ca.crt.mainstay-new
  replace_file /etc/mainstay/ca.crt
}
# Lays file $1 beside the proxy's configuration, once HAProxy accepts it.
check_proxy_config() {
  install -m 644 "$1" /etc/mainstay/haproxy.cfg.mainstay-new
  haproxy -c -q -f /etc/mainstay/haproxy.cfg.mainstay-new || die "HAProxy refuses its new configuration; the running one stays" 65
}
# Makes what was checked the proxy's configuration; a proxy that has it already goes on undisturbed. One that could not be
# loaded is loaded by the next try.
take_proxy_config() {
  local unloaded=/var/lib/mainstay/proxy-unloaded
  if cmp -s /etc/mainstay/haproxy.cfg /etc/mainstay/haproxy.cfg.mainstay-new && [ ! -e $unloaded ]; then
    rm /etc/mainstay/haproxy.cfg.mainstay-new
  else
    touch $unloaded
    replace_file /etc/mainstay/haproxy.cfg
    systemctl reload mainstay-proxy.service
    rm $unloaded
  fi
}
# Closes connections to and from addresses that nodes no longer have; TCP itself would wait for minutes.
stale=/var/lib/mainstay/stale-addresses
close_stale() {
  [ -s $stale ] || return 0
  local filter before left own
  # not what this host has by now: where two hosts swapped, our own connection is one of them
  filter=$(sort -u $stale | grep -vxF "$(local_addresses)") || return 0
  filter="( $(printf '%s\n' "$filter" | sed 's/.*/src & or dst &/' | paste -sd ' ' | sed 's/ src/ or src/g') )"
  before=$(connections "$filter")
  [ -n "$before" ] || return 0
  ss -tK "$filter" > /dev/null 2>&1 || true
  left=$(connections "$filter" | grep -xF "$before") || return 0
  # a kernel that cannot close them (no CONFIG_INET_DIAG_DESTROY): their owners begin anew
  systemctl try-restart mainstay-proxy.service
  echo "this kernel cannot close connections: the local proxy was restarted instead"
  # etcd only where its own address is gone and it is cut off anyhow: elsewhere it may be what the quorum stands on
  own=$(printf '%s\n' "$left" | sed 's/^\[::ffff:\([0-9.]*\)\]:/\1:/; s/:.*//' | sort -u | grep -xF -f $stale) || return 0
  if [ -n "$own" ] && [ -f /etc/kubernetes/manifests/etcd.yaml ]; then
    static_containers etcd | xargs -r crictl stop -t 2 > /dev/null
    echo "and etcd, whose address is gone"
  fi
}
# The connections that $1, a filter of ss, lets through, one LOCAL PEER a line; what merely waits for its time is none.
connections() { ss -Htn state connected exclude time-wait "$1" | awk '{print $(NF - 1), $NF}'; }
# Whether address $1 is one of this host's own.
is_local() { local_addresses | grep -qxF "$1"; }
local_addresses() { ip -4 -o address show | awk '{print $4}' | cut -d/ -f1; }
# A kubelet that was told its address is told the new one.
use_node_ip() {
  local flags=/var/lib/kubelet/kubeadm-flags.env
  [ -f $flags ] || return 0
  sed -E "s/--node-ip=[0-9.]+/--node-ip=$1/" $flags > $flags.mainstay-new
  if cmp -s $flags $flags.mainstay-new; then rm -f $flags.mainstay-new; else replace_file $flags; fi
}
# Lists the pods of DaemonSets on node $1 that share the host's network and are not about to go, "NAMESPACE NAME" a line.
# $2: the kubectl to use. One pod by its name would not do: of one that is gone a kubelet is told "forbidden".
host_network_pods() {
  "$2" --request-timeout 5s get pods -A --field-selector "spec.nodeName=$1" -o go-template='{{range .items}}{{if and .spec.hostNetwork (not .metadata.deletionTimestamp)}}{{$pod := .}}{{range .metadata.ownerReferences}}{{if eq .kind "DaemonSet"}}{{$pod.metadata.namespace}} {{$pod.metadata.name}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}'
}
# Takes those pods (the network plugin's, kube-proxy) away, so that they begin anew with the node's address: $1 and $2 as
# above. The API may come and go meanwhile: apiservers restart, too.
restart_host_network_pods() {
  local all="" left namespace pod tries=0 said=/run/mainstay/said
  while :; do
    # an apiserver that just began says "not found" of a pod that is there: what counts is what the next list says
    if left=$(host_network_pods "$1" "$2" 2> $said); then
      [ -n "$all" ] || all=$left
      left=$(grep -xF "$all" <<< "$left" | grep .) || return 0
      while read -r namespace pod; do
        "$2" --request-timeout 5s -n "$namespace" delete pod "$pod" --ignore-not-found --wait=false > /dev/null 2> $said || true
      done <<< "$left"
    fi
    tries=$((tries + 1))
    [ $tries -lt 240 ] || die "the API does not take the pods of $1 away that share its network: $(tail -n 1 $said)"
    sleep 0.25
  done
}
# Prints this host's certificates, one a line: "certificate FILE BASE64" (DER), "kubeconfig FILE BASE64" (PEM), "served
# PORT BASE64" (only if $1 is served), "key FILE" for the private keys of authorities that are here, "outdated COMPONENT", and "end".
certificates_here() {
  local port key component extent=${1:-disk}
  shopt -s nullglob
  set -- /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt /etc/kubernetes/*.conf \
    /var/lib/kubelet/pki/kubelet.cr[t] /var/lib/kubelet/pki/kubelet-*-current.pem
  shopt -u nullglob
  [ $# = 0 ] || awk '
    FNR == 1 {inside = seen = 0}
    /^-----BEGIN CERTIFICATE-----/ && !seen {inside = seen = 1; body = ""; next}
    /^-----END CERTIFICATE-----/ && inside {inside = 0; print "certificate " FILENAME " " body; next}
    inside {body = body $0}
    $1 == "client-certificate-data:" {print "kubeconfig " FILENAME " " $2}' "$@"
  for key in ca etcd/ca front-proxy-ca; do
    [ ! -s /etc/kubernetes/pki/$key.key ] || echo "key /etc/kubernetes/pki/$key.key"
  done
  for component in kube-controller-manager kube-scheduler; do
    ! is_outdated $component || echo "outdated $component"
  done
  if [ "$extent" = disk ]; then
    :
  elif command -v openssl > /dev/null; then
    # each line is written at once, so that they do not mix
    for port in 6443 2379 2380 10250; do
      (body=$(served_on $port) && [ -n "$body" ] && echo "served $port $body") &
    done
    wait
  else
    echo no-openssl
  fi
  echo end
}
# The certificate (DER in base64) that port $1 of this host presents; nothing where there is none.
served_on() {
  timeout 3 openssl s_client -connect "127.0.0.1:$1" -servername kubernetes < /dev/null 2> /dev/null | first_certificate
}
# The first certificate (DER in base64) in what comes in.
first_certificate() { awk '/^-----END CERTIFICATE-----/ {exit} inside {printf "%s", $0} /^-----BEGIN CERTIFICATE-----/ {inside = 1}'; }
# Whether component $1 runs since before its kubeconfig got the certificate that it has now.
is_outdated() {
  local process clock started
  clock=$(stat -c %Y "/etc/kubernetes/${1#kube-}.conf" 2> /dev/null) || return 1
  process=$(static_process "$1")
  [ -n "$process" ] || return 1
  started=$(sed 's/.*) //' "/proc/$process/stat" 2> /dev/null | cut -d' ' -f20) || return 1
  started=$(($(sed -n 's/^btime //p' /proc/stat) + started / $(getconf CLK_TCK)))
  # both are whole seconds
  [ "$clock" -gt $((started + 1)) ]
}
