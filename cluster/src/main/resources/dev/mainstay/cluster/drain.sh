# Empties a node, as PodDisruptionBudgets allow. $1: its full name. $2: seconds that it may take. Exit status 76 and the
# pods that stay, one a line, where they do not go in time.
node=$1 patience=$2
found=$(kubectl_here --request-timeout 20s get node "$node" -o name 2>&1) || case $found in
  *NotFound*) exit 0 ;;
  *) die "$found" 75 ;;
esac
# what is being emptied can be told from what somebody else cordoned
kubectl_here --request-timeout 20s annotate node "$node" mainstay.dev/leaving=true --overwrite > /dev/null
mkdir -p /var/lib/mainstay/log
log=$(mktemp /var/lib/mainstay/log/drain.XXXXXX)
trap 'rm -f "$log"' EXIT
# nobody ends the pods of a kubelet that is not there: what was told to go is not waited for
ready=$(kubectl_here --request-timeout 20s get node "$node" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')
leave=
[ "$ready" = True ] || leave=--skip-wait-for-delete-timeout=1
kubectl_here drain "$node" $leave --ignore-daemonsets --delete-emptydir-data --timeout "${patience}s" > "$log" 2>&1 && exit 0
left=$(kubectl_here --request-timeout 20s get pods -A --field-selector "spec.nodeName=$node" \
  -o go-template='{{range .items}}{{$own := true}}{{range .metadata.ownerReferences}}{{if or (eq .kind "DaemonSet") (eq .kind "Node")}}{{$own = false}}{{end}}{{end}}{{if $own}}    {{.metadata.namespace}}/{{.metadata.name}} is {{.status.phase}}{{if .metadata.deletionTimestamp}} and about to go{{end}}{{"\n"}}{{end}}{{end}}' 2> /dev/null) || left=
[ -n "$left" ] || die "$(tail -n 5 "$log")" 75
# kubectl says again and again what holds a pod: once is enough
sed -n 's|^error when evicting pods/"\([^"]*\)" -n "\([^"]*\)".*: \(.*\)$|    \2/\1: \3|p' "$log" | sort -u >&2
grep -o 'cannot delete.*' "$log" | tail -n 1 | sed 's/^\(cannot delete \)*/    cannot delete /' >&2
printf '%s\n' "$left" >&2
exit 76
