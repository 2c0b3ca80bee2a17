# Has the cluster sign a person's client certificate; prints "authority BASE64" and "certificate BASE64" (PEM).
# Standard input: the manifest of a CertificateSigningRequest; $2: its name. The request is taken away again, also where
# that fails; the cluster itself would keep it for an hour.
take_input "$1"
request=$2
trap 'rm -f "$input"; kubectl_here --request-timeout 10s delete certificatesigningrequest "$request" --ignore-not-found --wait=false > /dev/null || true' EXIT
kubectl_here --request-timeout 15s create -f "$input" > /dev/null
kubectl_here --request-timeout 15s certificate approve "$request" > /dev/null
# the controller-manager signs, on whichever master leads
deadline=$((SECONDS + 30))
while :; do
  answer=$(kubectl_here --request-timeout 15s get certificatesigningrequest "$request" -o go-template='{{range .status.conditions}}{{if or (eq .type "Failed") (eq .type "Denied")}}refused {{.type}}: {{.message}}{{end}}{{end}}{{with .status.certificate}}certificate {{.}}{{end}}')
  case $answer in
    refused*) die "the cluster's signer says ${answer#refused }" ;;
    certificate*) break ;;
  esac
  [ $SECONDS -lt $deadline ] || die "nobody signed the request within 30 s: no kube-controller-manager leads, or it has no key of the cluster's authority"
  sleep 0.1
done
printf 'authority %s\n%s\n' "$(base64 -w0 < /etc/kubernetes/pki/ca.crt)" "$answer"
