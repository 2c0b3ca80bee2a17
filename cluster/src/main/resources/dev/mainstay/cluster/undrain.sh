# Lets a node take pods again that was to leave. $1: its full name.
kubectl_here --request-timeout 20s uncordon "$1" > /dev/null
kubectl_here --request-timeout 20s annotate node "$1" mainstay.dev/leaving- > /dev/null
