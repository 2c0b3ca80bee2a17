#!/bin/sh
# What a hypervisor and a datacentre would have given to this host: an address, and control groups that
# can be written to. Runs at every start, and again when the playground moves the host.
set -eu
. /etc/playground/network # ADDRESS PREFIX GATEWAY NEIGHBOURS

# systemd-nspawn mounts version 1 control groups read-only; kubelet and containerd write to them.
if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -o remount,rw /sys/fs/cgroup
  for controller in /sys/fs/cgroup/*; do
    if mountpoint -q "$controller"; then mount -o remount,bind,rw "$controller"; fi
  done
fi
# kubelet hands mounts on to containers
mount --make-rshared /

if ! ip -4 -o address show dev host0 | grep -qF " $ADDRESS/$PREFIX "; then
  ip -4 address flush dev host0
  ip address add "$ADDRESS/$PREFIX" brd + dev host0
fi
ip link set host0 up
# Neighbours send to an address's old place until they hear otherwise. The kernel announces addresses
# when the hardware address is set, even to what it is; when the link comes up would be too early, as
# the bridge opens its port a moment later.
echo 1 >/proc/sys/net/ipv4/conf/host0/arp_notify
ip link set host0 address "$(cat /sys/class/net/host0/address)"
ip route replace default via "$GATEWAY" dev host0
# Hosts of the same playground in other subnets are on the same wire: nobody forwards between them.
ip route flush dev host0 proto 77
for neighbour in $NEIGHBOURS; do
  ip route replace "$neighbour" dev host0 scope link proto 77
done
ip neigh flush dev host0

# What holds now, for the playground to compare with what should.
cp /etc/playground/network /run/playground-network
