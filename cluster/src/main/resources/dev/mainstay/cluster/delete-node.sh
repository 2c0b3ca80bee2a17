# Deletes the Node $1, a full name.
kubectl_here --request-timeout 20s delete node "$1" --ignore-not-found --wait=false
