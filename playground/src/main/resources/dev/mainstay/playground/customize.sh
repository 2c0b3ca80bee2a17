# Runs on this machine as the last act of a root file system's build; $1 is the root.
set -eu
root=$1
# Each host gets its own.
rm -f "$root"/etc/ssh/ssh_host_*
: >"$root/etc/machine-id"
rm -f "$root/var/lib/dbus/machine-id"
# mmdebstrap copies this machine's, which points to a resolver that no host can reach.
: >"$root/etc/resolv.conf"
# udev would act on this machine's devices; ifupdown and the timers have nothing to work on.
for unit in systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
  systemd-udev-trigger.service systemd-udev-settle.service networking.service \
  ifupdown-pre.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
  e2scrub_reap.service console-getty.service systemd-networkd.service systemd-networkd.socket \
  systemd-network-generator.service systemd-networkd-wait-online.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
mkdir -p "$root/var/lib/containerd" "$root/var/lib/kubelet" "$root/var/lib/etcd"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root"/var/log/apt/*
