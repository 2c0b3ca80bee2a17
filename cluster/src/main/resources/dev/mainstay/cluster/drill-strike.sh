# Puts a fault into this host, and before that a timer that heals it whatever becomes of the control machine. $2: the
# fault. $3: seconds until the timer heals it. Standard input: the script that heals.
take_input "$1"
one_at_a_time
folder=/run/mainstay/drill
[ ! -e $folder/fault ] || die "a drill is going on here already: $(cat $folder/fault)" 75
# not by their names alone: pods may well have an etcd or an apiserver of their own
pids=
case $2 in
  master-down) components="etcd kube-apiserver kube-controller-manager kube-scheduler" ;;
  master-frozen) components=kube-apiserver ;;
  etcd-leader) components=etcd ;;
  *) components= ;;
esac
for component in $components; do
  container=$(crictl ps -q --state running --label "io.kubernetes.container.name=$component" --label io.kubernetes.pod.namespace=kube-system | head -n 1)
  [ -n "$container" ] || die "$component does not run here; nothing was broken"
  pids="$pids $(crictl inspect -o go-template --template '{{.info.pid}}' "$container")"
done
mkdir -p $folder
echo "$pids" > $folder/pids
install -m 700 "$input" $folder/heal.sh
systemctl stop mainstay-drill-heal.timer mainstay-drill-heal.service 2> /dev/null || true
systemctl reset-failed mainstay-drill-heal.timer mainstay-drill-heal.service 2> /dev/null || true
# again and again until it is healed; too seldom for systemd's limit of 5 starts in 10 s
systemd-run --quiet --unit mainstay-drill-heal --on-active "$3" --timer-property AccuracySec=100ms \
  --property Restart=on-failure --property RestartSec=5 /bin/bash $folder/heal.sh timer
systemctl is-active -q mainstay-drill-heal.timer || die "the timer that heals does not run; nothing was broken"
echo "$2" > $folder/fault
# the moment that times are counted from
echo striking
case $2 in
  master-down)
    # nothing may start anew what ends now
    systemctl stop kubelet.service
    kill -KILL $pids
    systemctl stop mainstay-proxy.service
    ;;
  master-black-hole)
    # whoever is logged in stays so: that is how the control machine looks on
    port=$(awk '{print $4}' <<< "${SSH_CONNECTION:-}")
    [ -n "$port" ] || port=$(ss -Hltnp | awk '/"sshd"/ {n = split($4, at, ":"); print at[n]; exit}')
    for chain in INPUT OUTPUT FORWARD; do
      iptables -w 5 -N MAINSTAY-DRILL-$chain
    done
    iptables -w 5 -A MAINSTAY-DRILL-INPUT -i lo -j RETURN
    iptables -w 5 -A MAINSTAY-DRILL-INPUT -p tcp --dport "${port:-22}" -j RETURN
    iptables -w 5 -A MAINSTAY-DRILL-OUTPUT -o lo -j RETURN
    iptables -w 5 -A MAINSTAY-DRILL-OUTPUT -p tcp --sport "${port:-22}" -j RETURN
    for chain in INPUT OUTPUT FORWARD; do
      iptables -w 5 -A MAINSTAY-DRILL-$chain -j DROP
    done
    for chain in OUTPUT FORWARD INPUT; do
      iptables -w 5 -I $chain -j MAINSTAY-DRILL-$chain
    done
    ;;
  master-frozen) kill -STOP $pids ;;
  etcd-leader) kill -KILL $pids ;;
  proxy-restart) systemctl restart mainstay-proxy.service ;;
  *) die "no such fault: $2" 64 ;;
esac
