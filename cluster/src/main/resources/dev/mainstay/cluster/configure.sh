# Writes files and brings the units up. Standard input: MODE PATH BASE64 a line. /etc/hosts is rewritten in
# place, because containers have it mounted by inode; $2 is the sha256 that it must have before. $3: reload-proxy or -.
# Then the addresses that nodes had before: connections to and from them are dead and would be waited for.
take_input "$1"
one_at_a_time
mkdir -p /var/lib/mainstay
# what was written but not yet acted upon, also by a run that broke off in between
unsettled=/var/lib/mainstay/unsettled
touch $unsettled
expected=$2
[ "$3" = - ] || echo /etc/mainstay/haproxy.cfg >> $unsettled
shift 3
for address in "$@"; do echo "$address" >> $stale; done
# Where hosts file $1 leads the names in the proxy's configuration. HAProxy looks there only when it is loaded, and is loaded anew
# only for that: the process that keeps the sessions there are probes nobody any more
proxy_leads() {
  [ -f /etc/mainstay/haproxy.cfg ] || return 0
  awk 'FNR == NR { for (i = 1; i <= NF; i++) { sub(/^ipv4@/, "", $i); sub(/:[0-9]+$/, "", $i); wanted[$i] }; next }
       !/^#/ { for (i = 2; i <= NF && $i !~ /^#/; i++) if ($i in wanted) print $i, $1 }' /etc/mainstay/haproxy.cfg "$1" | sort
}
# Keeps what somebody else wrote into file $1 before ours takes its place, for reset.sh. No other name of ours is also others';
# a file of ours without the mark must never change its content, or the old one would be taken for somebody's.
keep_theirs() {
  case $1 in /etc/crictl.yaml | /etc/containerd/certs.d/*) ;; *) return 0 ;; esac
  [ -f "$1" ] && [ ! -e "$kept$1" ] && ! grep -qxF "$mark" "$1" || return 0
  mkdir -p "$(dirname "$kept$1")"
  cp -pL "$1" "$kept$1.mainstay-new"
  replace_file "$kept$1"
}
# before the first cluster of ours brings its own
if [ ! -e /etc/mainstay/node.json ] && [ ! -e $cni_before ]; then
  theirs=$(find /etc/cni/net.d /opt/cni/bin -mindepth 1 -maxdepth 1 2> /dev/null |
    grep -vxF "$(cut -d' ' -f4 /var/lib/mainstay/installed 2> /dev/null)") || true
  if [ -n "$theirs" ]; then
    mkdir -p /etc/mainstay
    echo "$theirs" > $cni_before.mainstay-new
    replace_file $cni_before
  fi
fi
# without it HAProxy refuses a master's configuration
if [ "$(cat /etc/mainstay/stage 2> /dev/null)" = provisioned ] && [ -f /etc/kubernetes/pki/ca.crt ] && ! has_authority; then
  lay_authority
  echo /etc/mainstay/haproxy.cfg >> $unsettled
fi
while read -r mode path data; do
  mkdir -p "$(dirname "$path")"
  if [ "$path" = /etc/hosts ]; then
    [ -e /etc/hosts ] || : > /etc/hosts
    [ "$(hosts_digest)" = "$expected" ] || hosts_changed
    # whole and on disk first: from it the file is written again when the host goes down in the middle
    printf '%s' "$data" | base64 -d > /var/lib/mainstay/hosts.new
    replace_file /var/lib/mainstay/hosts /var/lib/mainstay/hosts.new
    [ "$(proxy_leads /etc/hosts)" = "$(proxy_leads /var/lib/mainstay/hosts)" ] || echo "$path" >> $unsettled
    write_hosts /var/lib/mainstay/hosts
    close_stale
    continue
  fi
  if [ "$mode" = absent ]; then
    [ -e "$path" ] || continue
    case $path in *.timer)
      systemctl disable -q --now "${path##*/}"
      systemctl stop "$(basename "$path" .timer).service" 2> /dev/null || true # gone already
      ;;
    esac
    # what it said of its last run would raise alarms for ever; one that runs would say it once more
    case $path in */mainstay-etcd-backup.timer) forget_backup_metrics ;; esac
    echo "$path" >> $unsettled
    if [ -e "$kept$path" ]; then replace_file "$path" "$kept$path"; else rm -f "$path"; fi
    # an empty folder of a registry stands before _default
    case $path in /etc/containerd/certs.d/*) rmdir "${path%/*}" 2> /dev/null || true ;; esac
    continue
  fi
  printf '%s' "$data" | base64 -d > "$path.mainstay-new"
  chmod "$mode" "$path.mainstay-new"
  if cmp -s "$path" "$path.mainstay-new"; then
    rm -f "$path.mainstay-new"
    # who has read it already goes on
    [ "$(stat -L -c %a "$path")" = "$mode" ] || chmod "$mode" "$path"
    continue
  fi
  keep_theirs "$path"
  if [ "$path" = /etc/mainstay/haproxy.cfg ]; then
    haproxy -c -q -f "$path.mainstay-new" || { rm -f "$path.mainstay-new"; die "HAProxy refuses its new configuration; the running one stays" 65; }
  fi
  echo "$path" >> $unsettled
  replace_file "$path"
done < "$input"
has_changed() { grep -qxF "$1" $unsettled; }

if grep -q "^/etc/systemd/system/" $unsettled; then systemctl daemon-reload; fi
if has_changed /etc/modules-load.d/mainstay.conf; then
  for module in overlay br_netfilter nf_conntrack; do
    modprobe -q $module 2>/dev/null || true # built in, or a container: the check below tells
  done
fi
if has_changed /etc/sysctl.d/90-mainstay.conf; then
  while IFS=' =' read -r key value; do
    case $key in ''|'#'*) continue ;; esac
    file=/proc/sys/$(printf '%s' "$key" | tr . /)
    [ "$(cat "$file" 2>/dev/null)" = "$value" ] || printf '%s' "$value" > "$file" 2>/dev/null || die "cannot set $key to $value" 5
  done < /etc/sysctl.d/90-mainstay.conf
fi
units="containerd.service kubelet.service mainstay-proxy.service mainstay-hosts.service"
# enabling reads all units anew, which takes a second
if [ "$(systemctl is-enabled $units 2>/dev/null | grep -cx enabled)" != 4 ]; then
  enabled=$(systemctl enable -q $units 2>&1) || die "$enabled"
fi
# UNIT [FILE...]: one that not every node has: enabled, and running as it and those files are now
keep_running() {
  local unit=$1 file stale=
  shift
  [ -f "/etc/systemd/system/$unit" ] || return 0
  if ! systemctl is-enabled -q "$unit" 2>/dev/null; then systemctl enable -q "$unit"; fi
  for file in "/etc/systemd/system/$unit" "$@"; do
    if has_changed "$file"; then stale=yes; fi
  done
  if [ -n "$stale" ] || ! systemctl is-active -q "$unit"; then systemctl restart "$unit"; fi
}
keep_running mainstay-etcd-backup.timer
keep_running mainstay-apiserver-watch.service /etc/mainstay/watch-apiserver.sh
keep_running mainstay-etcd-watch.service /etc/mainstay/watch-etcd.sh
if has_changed /etc/mainstay/containerd.toml || has_changed /etc/systemd/system/containerd.service; then
  systemctl restart containerd.service
elif ! systemctl is-active -q containerd.service; then
  systemctl start containerd.service
fi
if ! systemctl is-active -q mainstay-proxy.service || has_changed /etc/systemd/system/mainstay-proxy.service; then
  systemctl restart mainstay-proxy.service
elif has_changed /etc/mainstay/haproxy.cfg || has_changed /etc/hosts; then
  systemctl reload mainstay-proxy.service
fi
close_stale
if has_changed /etc/systemd/system/kubelet.service.d/10-kubeadm.conf && systemctl is-active -q kubelet.service; then
  systemctl restart kubelet.service
fi
# a node's, that somebody stopped; while etcd is restored its unit has a condition that holds it
if [ "$(cat /etc/mainstay/stage 2> /dev/null)" = provisioned ] && ! systemctl is-active -q kubelet.service; then
  systemctl start kubelet.service
fi
for unit in containerd mainstay-proxy; do
  systemctl is-active -q $unit.service || {
    journalctl -u $unit.service -n 5 --no-pager -o cat >&2
    die "$unit.service does not run"
  }
done
rm -f $unsettled $stale
