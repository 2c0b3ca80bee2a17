# Puts a fault into this host, and before that a timer that heals it whatever becomes of the control machine. $2: the
# fault. $3: seconds until the timer heals it. $4: the port of sshd as we know it. Standard input: the script that heals.
# Prints "striking" at the moment that times are counted from.
take_input "$1"
# no longer than who told us to waits for the answer
one_at_a_time 20
# until the end of this: who heals waits for it
exec 9> /run/mainstay/drill.lock
flock -w 60 9 || die "a fault is being healed here; nothing was broken" 75
folder=/run/mainstay/drill
[ ! -e $folder/fault ] || die "a drill is going on here already: $(cat $folder/fault)" 75
pids=
case $2 in
  master-down) components="etcd kube-apiserver kube-controller-manager kube-scheduler" ;;
  master-frozen) components=kube-apiserver ;;
  etcd-leader) components=etcd ;;
  master-black-hole | proxy-restart) components= ;;
  *) die "no such fault: $2" 64 ;;
esac
for component in $components; do
  container=$(static_containers $component | head -n 1)
  [ -n "$container" ] || die "$component does not run here; nothing was broken"
  pids="$pids $(timeout 20 crictl inspect -o go-template --template '{{.info.pid}}' "$container")"
done
if [ "$2" = etcd-leader ]; then
  # the lead may have gone to another one since we were told to strike here
  status=$(etcdctl_here endpoint status --command-timeout 3s -w json) || die "etcd does not answer here; nothing was broken"
  [ "$(grep -o '"leader":[0-9]*' <<< "$status" | cut -d: -f2)" = "$(grep -o '"member_id":[0-9]*' <<< "$status" | cut -d: -f2)" ] ||
    die "etcd's leader is another member by now; nothing was broken, run the same command again"
fi
mkdir -p $folder
echo "$pids" > $folder/pids
install -m 700 "$input" $folder/heal.sh
systemctl stop mainstay-drill-heal.timer mainstay-drill-heal.service 2> /dev/null || true
systemctl reset-failed mainstay-drill-heal.timer mainstay-drill-heal.service 2> /dev/null || true
# again and again until it is healed; too seldom for systemd's limit of 5 starts in 10 s
systemd-run --quiet --unit mainstay-drill-heal --on-active "$3" --timer-property AccuracySec=100ms \
  --property Restart=on-failure --property RestartSec=5 /bin/bash $folder/heal.sh timer 8>&- 9>&-
systemctl is-active -q mainstay-drill-heal.timer || die "the timer that heals does not run; nothing was broken"
echo "$2" > $folder/fault
# what takes time and breaks nothing that is counted
case $2 in
  # nothing may start anew what ends
  master-down) systemctl stop kubelet.service ;;
  master-black-hole)
    # whoever is logged in stays so: that is how the control machine looks on. Of loopback sshd has ports that it forwards
    ports=$(
      echo "$4"
      awk '{print $4}' <<< "${SSH_CONNECTION:-}"
      ss -Hltnp | awk '/"sshd"/ && $4 !~ /^(127\.|\[::1\])/ {n = split($4, at, ":"); print at[n]}'
    )
    for chain in INPUT OUTPUT FORWARD; do
      iptables -w 5 -N MAINSTAY-DRILL-$chain
    done
    iptables -w 5 -A MAINSTAY-DRILL-INPUT -i lo -j RETURN
    iptables -w 5 -A MAINSTAY-DRILL-OUTPUT -o lo -j RETURN
    for port in $(sort -un <<< "$ports"); do
      iptables -w 5 -A MAINSTAY-DRILL-INPUT -p tcp --dport $port -j RETURN
      iptables -w 5 -A MAINSTAY-DRILL-OUTPUT -p tcp --sport $port -j RETURN
    done
    for chain in INPUT OUTPUT FORWARD; do
      iptables -w 5 -A MAINSTAY-DRILL-$chain -j DROP
    done
    ;;
esac
echo striking
case $2 in
  master-down)
    kill -KILL $pids
    systemctl stop mainstay-proxy.service
    ;;
  master-black-hole)
    for chain in OUTPUT FORWARD INPUT; do
      iptables -w 5 -I $chain -j MAINSTAY-DRILL-$chain
    done
    ;;
  master-frozen) kill -STOP $pids ;;
  etcd-leader) kill -KILL $pids ;;
  proxy-restart) systemctl restart mainstay-proxy.service ;;
esac
