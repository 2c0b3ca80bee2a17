# Takes the fault of a drill out of this host again, and prints "healed" the moment that it is gone; where there is none it
# changes nothing and prints nothing. Run again where it failed: each part looks at what is left, and the fault is forgotten
# last. $1: "timer" where the host's own timer runs it.
folder=/run/mainstay/drill
mkdir -p /run/mainstay
# a fault that is only being put in would be left there half
exec 9> /run/mainstay/drill.lock
flock -w 20 9 || die "a fault is being put in just now: /run/mainstay/drill.lock is held" 75
[ -e $folder/fault ] || exit 0
# whoever is to be told may be gone
tell_healed() { (echo healed) 2> /dev/null || true; }
case $(cat $folder/fault) in
  master-down)
    systemctl start mainstay-proxy.service kubelet.service
    tell_healed
    ;;
  master-black-hole)
    for chain in INPUT OUTPUT FORWARD; do
      iptables -w 5 -D $chain -j MAINSTAY-DRILL-$chain 2> /dev/null || true
    done
    # one that says nothing, because others hold its lock, proves nothing
    rules=$(iptables -w 5 -S)
    case $rules in *"-j MAINSTAY-DRILL-"*) die "the packet filter still drops: iptables -S" ;; esac
    tell_healed
    for chain in INPUT OUTPUT FORWARD; do
      iptables -w 5 -F MAINSTAY-DRILL-$chain 2> /dev/null || true
      iptables -w 5 -X MAINSTAY-DRILL-$chain 2> /dev/null || true
    done
    rules=$(iptables -w 5 -S)
    case $rules in *MAINSTAY-DRILL*) die "the packet filter still has chains of a drill: iptables -S" ;; esac
    ;;
  master-frozen)
    # one that kubelet has replaced meanwhile runs
    for pid in $(cat $folder/pids); do
      [ "$(cat "/proc/$pid/comm" 2> /dev/null)" != kube-apiserver ] || kill -CONT "$pid"
    done
    tell_healed
    ;;
  *) tell_healed ;;
esac
# before its script goes: without it, it would fail for ever. Its own run ends by itself
[ "${1:-}" = timer ] || systemctl stop mainstay-drill-heal.timer mainstay-drill-heal.service 2> /dev/null || true
rm -rf $folder
