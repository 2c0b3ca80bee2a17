# Says what a host is like, one KEY VALUE a line; changes nothing. Arguments: paths whose sha256 is wanted.
set +e
if [ -e /run/mainstay/step.lock ]; then
  flock -s -w 600 /run/mainstay/step.lock true || die "a step of an earlier run has been running on this host for 10 minutes"
fi
say() { printf '%s %s\n' "$1" "$2"; }
content() { [ -f "$2" ] && say "$1" "$(base64 -w0 < "$2")"; }

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
ss -Hltnp | awk '{n = split($4, at, ":"); who = $6; sub(/^users:\(\("/, "", who); sub(/".*/, "", who); print "listens " at[n] " " (who == "" ? "?" : who)}' | sort -u

content hosts-file /etc/hosts
content node-json /etc/mainstay/node.json
content stage /etc/mainstay/stage
for path in "$@"; do
  [ -f "$path" ] && printf 'file %s %s\n' "$(sha256sum < "$path" | cut -d' ' -f1)" "$path"
done
for unit in containerd kubelet mainstay-proxy; do
  say unit "$unit $(systemctl is-active $unit 2>/dev/null) $(systemctl is-enabled $unit 2>/dev/null)"
done

[ -f /var/lib/mainstay/unsettled ] && say unsettled 1

# what Mainstay put here and is still as it was put
if [ -f /var/lib/mainstay/installed ]; then
  while read -r sha256 size mtime path; do
    [ "$(stat -c '%s %Y' "$path" 2>/dev/null)" = "$size $mtime" ] && say artifact "$sha256"
  done < /var/lib/mainstay/installed
fi
if [ -f /var/lib/mainstay/imported ] && [ -S /run/containerd/containerd.sock ]; then
  images=$(ctr -n k8s.io images ls -q 2>/dev/null)
  while read -r sha256 name; do
    printf '%s\n' "$images" | grep -qxF "$name" && say artifact "$sha256"
  done < /var/lib/mainstay/imported
fi
dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^ii  *//p' | tr '\n' ' ' | sed 's/^/packages /'
echo

# what of a cluster is here, ours or another's
for trace in /etc/kubernetes/kubelet.conf /etc/kubernetes/admin.conf /etc/kubernetes/manifests/etcd.yaml \
    /etc/kubernetes/manifests/kube-apiserver.yaml /etc/kubernetes/pki/ca.key /var/lib/etcd/member \
    /etc/rancher/k3s /etc/rancher/rke2 /var/lib/k0s /var/snap/microk8s; do
  [ -e "$trace" ] && say trace "$trace"
done
if [ -f /etc/kubernetes/kubelet.conf ]; then
  say cluster-endpoint "$(sed -n 's/^ *server: //p' /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf 2>/dev/null | head -n 1)"
fi
for name in kubelet controller-manager scheduler; do
  [ -f /etc/kubernetes/$name.conf ] && say kubeconfig "$name $(sed -n 's/^ *server: //p' /etc/kubernetes/$name.conf | head -n 1)"
done
if [ -f /etc/kubernetes/manifests/kube-apiserver.yaml ]; then
  say advertises "$(sed -n 's/^ *- --advertise-address=//p' /etc/kubernetes/manifests/kube-apiserver.yaml)"
  [ "$(timeout 5 kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 --request-timeout 4s get --raw /readyz 2>/dev/null)" = ok ] && say ready 1
fi
[ -x /usr/local/bin/kubelet ] && say kubelet "$(/usr/local/bin/kubelet --version 2>/dev/null | sed 's/^Kubernetes //')"
say end ok
