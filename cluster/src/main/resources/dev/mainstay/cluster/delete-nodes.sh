# Deletes Nodes by their full names ($@), whatever their status says: right after a restore a dead one still looks Ready.
kubectl_here --request-timeout 20s delete node --ignore-not-found --wait=false "$@"
