# Prints what the API and etcd know of the cluster, KEY BASE64 a line; run on a master that is ready. Changes nothing.
set +e
say() { printf '%s %s\n' "$1" "$(base64 -w0)"; }
kubectl_here --request-timeout 10s get nodes -o json | say nodes
kubectl_here --request-timeout 10s -n kube-system get daemonsets,deployments -o json | say workloads
kubectl_here --request-timeout 10s -n kube-flannel get daemonsets -o json | say network
kubectl_here --request-timeout 10s -n kube-system get configmap mainstay --ignore-not-found -o json | say description
kubectl_here --request-timeout 10s -n kube-system get configmap coredns --ignore-not-found -o 'jsonpath={.data.Corefile}' | say corefile
etcdctl_here member list --command-timeout 5s -w json | say members
etcdctl_here endpoint status --cluster --command-timeout 5s -w json 2>/dev/null | say etcd-status
