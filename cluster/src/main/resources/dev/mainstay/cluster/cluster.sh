# Prints what the API and etcd know of the cluster, KEY BASE64 a line, but for what could not be asked; run on a master
# that is ready. Changes nothing.
set +e
mkdir -p /run/mainstay
answers=$(mktemp -d /run/mainstay/answers.XXXXXX)
trap 'rm -rf "$answers"' EXIT
# side by side: each is mostly a start of its program
ask() { ("${@:2}" > "$answers/.$1" 2> /dev/null && mv "$answers/.$1" "$answers/$1") & }
ask nodes kubectl_here --request-timeout 5s get nodes -o json
ask workloads kubectl_here --request-timeout 5s -n kube-system get daemonsets,deployments -o json
ask network kubectl_here --request-timeout 5s -n kube-flannel get daemonsets -o json
ask endpoints kubectl_here --request-timeout 5s -n default get endpointslices -l kubernetes.io/service-name=kubernetes -o json
ask description kubectl_here --request-timeout 5s -n kube-system get configmap mainstay --ignore-not-found -o json
ask corefile kubectl_here --request-timeout 5s -n kube-system get configmap coredns --ignore-not-found -o 'jsonpath={.data.Corefile}'
ask dns-nodes kubectl_here --request-timeout 5s -n kube-system get pods -l k8s-app=kube-dns --field-selector status.phase!=Failed,status.phase!=Succeeded -o 'jsonpath={range .items[*]}{.spec.nodeName}{"\n"}{end}'
ask members etcdctl_here member list --command-timeout 5s -w json
# tells of those that live, and fails when one does not
etcdctl_here endpoint status --cluster --command-timeout 3s -w json > "$answers/etcd-status" 2> /dev/null &
wait
for answer in "$answers"/*; do printf '%s %s\n' "${answer##*/}" "$(base64 -w0 < "$answer")"; done
