# Takes away the Nodes of masters that are gone for good, by their names and never by their status: right after a restore
# a dead Node still looks Ready. Run on the master that was rebuilt.
kubectl_here --request-timeout 30s delete node --ignore-not-found --wait=false "$@"
