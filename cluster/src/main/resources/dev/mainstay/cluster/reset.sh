# Gives the host back as it was before Mainstay. Standard input: the text of /etc/hosts without our block.
# $2: the id of the cluster that it was seen to belong to, or - where it did not say. $3: the sha256 that /etc/hosts must have.
take_input "$1"
one_at_a_time
is=$(identity clusterId)
[ "$2" = - ] || [ -z "$is" ] || [ "$is" = "$2" ] || die "this host belongs to another cluster by now: another run came in between; nothing was changed" 75
becomes=$1 expected=$3
# Ends where /etc/hosts is neither what was seen nor what an earlier try has made of it: somebody's lines would be lost.
hosts_as_seen() {
  case $(hosts_digest) in
    "$expected" | "$becomes") ;;
    *) hosts_changed ;;
  esac
}
hosts_as_seen
# somebody's disk or share with more than this host's, as for the backups of several masters
mounted=$(awk '$2 ~ "^/(etc/kubernetes|etc/mainstay|var/lib/mainstay|var/lib/cni)/" {print $2}' /proc/mounts | sort -u | paste -sd ' ')
[ -z "$mounted" ] || die "$mounted: what is mounted there would be deleted with the rest; unmount it (and take it out of /etc/fstab), then run the same command again. Nothing was changed here"
# a drill whose fault is there still; of what it broke only the packet filter's rules would outlive what follows
if [ -e /run/mainstay/drill/fault ]; then
  bash /run/mainstay/drill/heal.sh || [ "$(cat /run/mainstay/drill/fault)" != master-black-hole ] || die "the drill that goes on here cannot be healed"
fi
systemctl stop mainstay-drill-heal.timer mainstay-drill-heal.service 2>/dev/null || true
rm -rf /run/mainstay/drill
systemctl is-active -q containerd.service || systemctl start containerd.service 2>/dev/null || true
if [ -x /usr/local/bin/kubeadm ] && [ -e /etc/mainstay/stage ]; then
  # the phase that is left out empties /var/lib/etcd, whosever it is, also on a worker
  timeout 180 kubeadm reset -f --skip-phases remove-etcd-member --cri-socket unix:///run/containerd/containerd.sock > /run/mainstay/reset.log 2>&1 || { tail -n 10 /run/mainstay/reset.log >&2; die "kubeadm reset failed"; }
fi
systemctl disable -q --now mainstay-etcd-backup.timer mainstay-etcd-backup.service mainstay-apiserver-watch.service mainstay-etcd-watch.service kubelet.service mainstay-proxy.service mainstay-hosts.service 2>/dev/null || true
theirs=
if dpkg-query -W -f '${db:Status-Abbrev}\n' containerd containerd.io 2>/dev/null | grep -q '^.i'; then theirs=yes; fi
# what else lives in containerd stays, too, whoever installed it
shared=$theirs
# as an earlier try saw it, which may have come as far as deleting what tells
[ ! -e /etc/mainstay/containerd-shared ] || shared=yes
if [ -x /usr/local/bin/ctr ] && namespaces=$(timeout 20 ctr namespaces ls -q 2>/dev/null); then
  if grep -qvx -e k8s.io -e '' <<< "$namespaces"; then shared=yes; fi
  ctr -n k8s.io containers ls -q 2>/dev/null | xargs -r -n 1 ctr -n k8s.io tasks kill -s KILL 2>/dev/null || true
  ctr -n k8s.io containers ls -q 2>/dev/null | xargs -r ctr -n k8s.io containers rm 2>/dev/null || true
  ctr -n k8s.io images ls -q 2>/dev/null | xargs -r ctr -n k8s.io images rm --sync > /dev/null 2>&1 || true
elif [ -x /usr/local/bin/ctr ] && [ -d /var/lib/containerd ]; then
  shared=yes
  echo "containerd does not answer, so that nobody knows what else is in /var/lib/containerd: it stays" >&2
fi
if [ -n "$shared" ]; then
  # of a host that only has its artifacts yet the folder is not there
  mkdir -p /etc/mainstay
  touch /etc/mainstay/containerd-shared
fi
systemctl disable -q --now containerd.service 2>/dev/null || true
awk '$2 ~ "^(/run/containerd|/run/netns/cni-)" {print $2}' /proc/mounts | sort -r | while read -r mount; do
  umount "$mount" 2>/dev/null || true
done
empty_state
[ -n "$shared" ] || [ ! -d /var/lib/containerd ] || find /var/lib/containerd -xdev -mindepth 1 -delete 2>/dev/null || true
for folder in /var/lib/etcd /var/lib/kubelet /var/lib/containerd; do
  rmdir "$folder" 2>/dev/null || true
done
forget_pod_network
# stopping it all took a while
hosts_as_seen
write_hosts "$input"
if [ -f /var/lib/mainstay/installed ]; then
  while read -r sha256 size mtime path; do rm -f "$path"; done < /var/lib/mainstay/installed
fi
if [ -s /var/lib/mainstay/packages ]; then
  DEBIAN_FRONTEND=noninteractive dpkg --purge $(sort -u /var/lib/mainstay/packages) > /run/mainstay/dpkg.log 2>&1 || {
    tail -n 5 /run/mainstay/dpkg.log >&2
    echo "some packages stay, because others need them now" >&2
  }
fi
rm -f /etc/systemd/system/containerd.service /etc/systemd/system/kubelet.service /etc/systemd/system/mainstay-proxy.service \
  /etc/systemd/system/mainstay-hosts.service /etc/systemd/system/mainstay-etcd-backup.service /etc/systemd/system/mainstay-etcd-backup.timer \
  /etc/systemd/system/mainstay-apiserver-watch.service /etc/systemd/system/mainstay-etcd-watch.service \
  /etc/systemd/system/kubelet.service.d/50-mainstay-etcd.conf /etc/cloud/cloud.cfg.d/99-zz-mainstay-hosts.cfg \
  /etc/systemd/system/kubelet.service.d/10-kubeadm.conf /etc/crictl.yaml \
  /etc/modules-load.d/mainstay.conf /etc/sysctl.d/90-mainstay.conf
forget_backup_metrics
rmdir /etc/systemd/system/kubelet.service.d 2>/dev/null || true
registry_mirrors | while read -r file; do
  rm -f "$file"
  rmdir "${file%/*}" /etc/containerd/certs.d /etc/containerd 2>/dev/null || true
done
# what was there before ours
find $kept -type f ! -name '*.mainstay-new' 2> /dev/null | while read -r file; do
  path=${file#"$kept"}
  [ ! -e "$path" ] || continue
  mkdir -p "$(dirname "$path")"
  cp -p "$file" "$path.mainstay-new"
  replace_file "$path"
done
if grep -qs "$package_mark" /usr/sbin/policy-rc.d; then rm -f /usr/sbin/policy-rc.d; fi
forget_cni /etc/cni/net.d /opt/cni/bin
for folder in /etc/kubernetes /var/lib/mainstay /var/lib/cni /run/flannel; do delete_folder $folder; done
rmdir /etc/cni/net.d /etc/cni /opt/cni/bin /opt/cni /opt/containerd/bin /opt/containerd/lib /opt/containerd 2>/dev/null || true
systemctl daemon-reload
systemctl reset-failed 2>/dev/null || true
if [ -n "$theirs" ]; then
  systemctl enable -q --now containerd.service
fi
# last of all: without it nothing tells that there is anything to reset
rm -f /run/mainstay/reset.log /run/mainstay/dpkg.log
delete_folder /etc/mainstay
