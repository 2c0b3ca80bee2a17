# Moves one of CoreDNS's pods where all are on one node: kubeadm starts them while there is no other. Prints which. Those that stay
# answer meanwhile, and CoreDNS's own preference keeps the new one away from them.
are=$(dns_pods)
all_on_one "$are" || exit 0
read -r node pod _ <<< "$are"
another_could "$node" || exit 0
kube_dns delete pod "$pod" --wait=false
