# Moves one of CoreDNS's pods where all are on one node: kubeadm starts them while there is no other. Prints what it did. The pod
# that stays answers meanwhile, and CoreDNS's own preference keeps the new one away from it.
kube_dns() { kubectl_here --request-timeout 10s -n kube-system "$@"; }
# NODE POD READY a line, but for those that end
pods() {
  kube_dns get pods -l k8s-app=kube-dns -o 'jsonpath={range .items[*]}{.metadata.deletionTimestamp}|{.spec.nodeName} {.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' |
    sed -n 's/^|//p'
}
all_on_one() { awk '$2 != "" {n++; on[$1]} END {for (i in on) nodes++; exit !(n > 1 && nodes == 1)}' <<< "$1"; }
another_could() {
  kubectl_here --request-timeout 10s get nodes -o 'jsonpath={range .items[*]}{.metadata.name}|{.spec.unschedulable}|{range .spec.taints[*]}{.key}={.effect} {end}{"\n"}{end}' |
    awk -F'|' -v but="$1" '{gsub(/node-role.kubernetes.io\/control-plane=[A-Za-z]* |[^ ]*=PreferNoSchedule /, "", $3)} $1 != but && $2 != "true" && $3 == "" {found = 1} END {exit !found}'
}
are=$(pods)
all_on_one "$are" || exit 0
read -r node pod _ <<< "$are"
deadline=$((SECONDS + 180))
until another_could "$node"; do
  [ $SECONDS -lt $deadline ] || die "no other node than $node takes pods"
  sleep 0.5
done
kube_dns delete pod "$pod" --wait=false > /dev/null
deadline=$((SECONDS + 120))
until are=$(pods) && ! all_on_one "$are" && [ "$(grep -c ' True$' <<< "$are")" -gt 1 ]; do
  [ $SECONDS -lt $deadline ] || die "CoreDNS has no pod that is ready on another node than $node: $(tr '\n' ';' <<< "$are")"
  sleep 0.5
done
echo "$are"
