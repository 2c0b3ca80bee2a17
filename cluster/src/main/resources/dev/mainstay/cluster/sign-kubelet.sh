# Prints a new key and client certificate for a kubelet, signed with this master's key of the authority: PEM in base64,
# secret. Standard input: the kubeadm configuration. $2: the node's full name, $3: how long the certificate counts.
# Needs no API, which may be down because certificates ended.
take_input "$1"
one_at_a_time
mkdir -p /var/lib/mainstay/log
kubeconfig=$(kubeadm kubeconfig user --config "$input" --client-name "system:node:$2" --org system:nodes \
  --validity-period "$3" 2> /var/lib/mainstay/log/sign.log) || kubeadm_error /var/lib/mainstay/log/sign.log
for part in client-certificate-data client-key-data; do
  printf '%s\n' "$kubeconfig" | sed -n "s/^ *$part: //p" | base64 -d
done | base64 -w0
