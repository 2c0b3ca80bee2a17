# What a cluster of one master answers (its files are not what Mainstay would write), to whichever of Mainstay's scripts asks: each reads its own keys only.
encoded() { printf '%s %s\n' "$1" "$(base64 -w0)"; }

# observe.sh
cat <<'LINES'
distribution debian-12
architecture x86_64
init systemd
hostname m1
machine-id 0123456789abcdef0123456789abcdef
cgroup 2
cpus 4
memory-mib 3924
disk-free-mib 31337
cap-sys-resource 1
conntrack-writable 1
nameservers 2
listens 22 sshd
listens 6443 kube-apiserver
listens 7443 haproxy
file aaaa /etc/mainstay/haproxy.cfg
file bbbb /etc/crictl.yaml
mode 644 /etc/crictl.yaml
unit containerd active enabled
unit kubelet active enabled
unit mainstay-proxy active enabled
artifact 1111
packages bash haproxy libc6
trace /etc/kubernetes/kubelet.conf
cluster-endpoint https://api.rehearsal.internal:7443
kubeconfig kubelet https://127.0.0.1:6443
advertises 127.0.0.1
ready 1
kubelet v1.36.3
round-trip-class 150
master-asked 127.0.0.2
round-trip 127.0.0.2 80
LINES
echo "clock $(date +%s%3N)"
encoded hosts-file <<'LINES'
127.0.0.1 localhost
# BEGIN mainstay rehearsal generation 1
127.0.0.1 api.rehearsal.internal
127.0.0.1 m1.rehearsal.internal m1
# END mainstay rehearsal
LINES
encoded node-json <<< '{"clusterId": "11111111-2222-3333-4444-555555555555", "cluster": "rehearsal", "node": "m1", "role": "master"}'
encoded stage <<< provisioned

# cluster.sh
encoded nodes <<'LINES'
{"items": [{"metadata": {"name": "m1.rehearsal.internal"}, "status": {
  "addresses": [{"address": "127.0.0.1", "type": "InternalIP"}],
  "conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.36.3"}}}]}
LINES
encoded workloads <<'LINES'
{"items": [
  {"kind": "DaemonSet", "metadata": {"name": "kube-proxy"}, "status": {"desiredNumberScheduled": 1, "numberReady": 1}},
  {"kind": "Deployment", "metadata": {"name": "coredns"}, "spec": {"replicas": 2}, "status": {"readyReplicas": 2}}]}
LINES
encoded network <<'LINES'
{"items": [{"kind": "DaemonSet", "metadata": {"name": "kube-flannel-ds"},
  "status": {"desiredNumberScheduled": 1, "numberReady": 1}}]}
LINES
encoded endpoints <<< '{"items": [{"endpoints": [{"addresses": ["127.0.0.1"]}]}]}'
encoded description <<< '{"data": {"cluster.json": "{\"name\": \"rehearsal\"}"}}'
encoded corefile <<< '.:53 { kubernetes cluster.local }'
encoded members <<'LINES'
{"members": [{"ID": 10276657743932975437, "name": "m1.rehearsal.internal",
  "peerURLs": ["https://m1.rehearsal.internal:2380"]}]}
LINES
encoded etcd-status <<'LINES'
[{"Status": {"header": {"member_id": 10276657743932975437}, "leader": 10276657743932975437}}]
LINES

# health.sh; the certificate is one that openssl made
echo "backend masters self no check 3600"
echo "backend alive self UP 3600"
echo "backend ready self UP 3600"
encoded "certificate /etc/kubernetes/pki/apiserver.crt" <<'LINES'
-----BEGIN CERTIFICATE-----
MIIBcTCCARagAwIBAgIUW34Yu0z85ft+5nZrvhXpu99IZI4wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEbGVhZjAeFw0yNjExMjMxNjQwMDFaFw0yNzExMjMxNjQwMDFa
MA8xDTALBgNVBAMMBGxlYWYwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASoCIGu
N4GwfAmOVa0cAO/l0V1xPEcWh3G3272y9dGQ2gHWgP7cM1RclzahdJznhY9OT+X5
oKz/+hDjnNfVZ8jpo1AwTjAdBgNVHQ4EFgQU8VdKKJZcdaqhO1waM+7soB94L3Uw
HwYDVR0jBBgwFoAU8VdKKJZcdaqhO1waM+7soB94L3UwDAYDVR0TAQH/BAIwADAK
BggqhkjOPQQDAgNJADBGAiEA0/JqgItiiMEiOcZBZMp2g5HMD3qMoTRkg0YUUevJ
n4UCIQDjLXpZeGekYXC/Oe0lKVosOgzklMyqQgrHX5KL/XlllQ==
-----END CERTIFICATE-----
LINES
echo "end ok"
