# Applies the manifest on standard input.
kubectl_here --request-timeout 60s apply --server-side --force-conflicts --field-manager mainstay -f - 
