# Deletes Nodes by their full names ($@), whatever their status says: right after a restore a dead one still looks Ready. And
# what was on them: the cluster would notice after a minute at best, and another machine that takes the name would start it.
kubectl_here --request-timeout 20s delete node --ignore-not-found --wait=false "$@"
for node in "$@"; do
  kubectl_here --request-timeout 20s delete pods -A --field-selector "spec.nodeName=$node" --grace-period 0 --force --wait=false > /dev/null 2>&1 || true
done
