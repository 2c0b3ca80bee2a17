# What the scripts share that look after CoreDNS.
kube_dns() { kubectl_here --request-timeout 20s -n kube-system "$@"; }
# NODE POD READY a line, for each of its pods that is not at its end; - for one that has no node yet. Those that are not ready
# come first.
dns_pods() {
  local pods
  pods=$(kube_dns get pods -l k8s-app=kube-dns --field-selector status.phase!=Failed,status.phase!=Succeeded \
    -o 'jsonpath={range .items[*]}{.metadata.deletionTimestamp}|{.spec.nodeName} {.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}') || die "the API does not say where CoreDNS's pods are" 75
  sed -n -e 's/^| /|- /' -e 's/^|//p' <<< "$pods" | sort -k3,3
}
# Whether several pods, of $1 as dns_pods has them, are all on one node.
all_on_one() { awk 'NF {n++; on[$1]} END {for (i in on) nodes++; exit !(n > 1 && nodes == 1)}' <<< "$1"; }
# Whether one could start elsewhere than on node $1: as in ClusterApi.Dns.
another_could() {
  local nodes
  nodes=$(kubectl_here --request-timeout 20s get nodes -o 'jsonpath={range .items[*]}{.metadata.name}|{.spec.unschedulable}|{range .spec.taints[*]}{.key}={.effect} {end}{"\n"}{end}') || die "the API does not list the nodes" 75
  awk -F'|' -v but="$1" '{sub(/node-role.kubernetes.io\/control-plane=NoSchedule /, "", $3)} $1 != "" && $1 != but && $2 != "true" && $3 == "" {found = 1} END {exit !found}' <<< "$nodes"
}
