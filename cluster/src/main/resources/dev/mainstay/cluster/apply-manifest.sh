# Applies the manifest on standard input.
take_input "$1"
kubectl_here --request-timeout 60s apply --server-side --force-conflicts --field-manager mainstay -f "$input"
