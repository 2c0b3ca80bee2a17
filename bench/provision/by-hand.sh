#!/usr/bin/env bash
# The measure that Mainstay is held against: the same cluster from the same bundle by plain shell, ssh and kubeadm, as a
# careful engineer writes it: hosts are prepared side by side, masters join one after the other, workers side by side.
# Usage: by-hand.sh PLAYGROUND-DIRECTORY BUNDLE-DIRECTORY      (hosts m1 m2 m3 w1 w2, empty)
set -euo pipefail
state=$1 bundle=$2
domain=$(sed -n 's/^name: //p' "$state/cluster.yaml").internal
address() { sed -n "s/^  $1: //p" "$state/cluster.yaml"; }
masters="m1 m2 m3" workers="w1 w2"
begin=$(date +%s.%N)
lap() { printf '%7.1f s  %s\n' "$(echo "$(date +%s.%N) - $begin" | bc)" "$1" >&2; }
on() {
  local host=$1
  shift
  ssh -i "$state/id_ed25519" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
    -o ControlMaster=auto -o ControlPath="/tmp/by-hand-%C" -o ControlPersist=60 "root@$(address "$host")" "$@"
}

hosts_block="127.0.0.1 api.$domain"
for host in $masters $workers; do hosts_block="$hosts_block
$(address "$host") $host.$domain $host"; done

files_for() { # role: path relative to the bundle, kind, destination, name
  jq -r --arg role "$1" '.artifacts[] | select((.roles | map(ascii_downcase) | index($role)) and (.distribution == "" or .distribution == null or .distribution == "debian-12"))
    | [.file, (.kind | ascii_downcase), (if .destination == "" then "-" else .destination end), .name] | join(" ")' "$bundle/manifest.json"
}
pause=$(jq -r '.artifacts[] | select(.name | endswith("/pause")) | .name + ":" + .version' "$bundle/manifest.json")
flannel=$(jq -r '.artifacts[] | select(.name | endswith("/flannel")) | .name + ":" + .version' "$bundle/manifest.json")

proxy_cfg() { # servers
  cat <<EOF
global
    log stdout format raw local0 notice
defaults
    mode tcp
    timeout connect 5s
    timeout client 4h
    timeout server 4h
frontend apiserver
    bind 127.0.0.1:7443
    default_backend masters
backend masters
    option httpchk GET /readyz
    default-server check check-ssl verify none inter 2s
$1
EOF
}
servers() { for host in "$@"; do echo "    server $host $host.$domain:6443"; done; }

prepare() {
  local host=$1 role=$2 list
  list=$(files_for "$role")
  (cd "$bundle" && printf '%s\n' "$list" | cut -d' ' -f1 | tar -cf - -T -) | on "$host" 'mkdir -p /root/bundle && tar -xf - -C /root/bundle'
  printf '%s\n' "$list" | on "$host" 'cat > /root/bundle/list'
  { declare -p hosts_block pause; cat <<'EOF'
set -e
cd /root/bundle
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
awk '$2 == "package" {print $1, $4}' list | while read -r file name; do dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q ^ii || echo "$file"; done | xargs dpkg -i > /dev/null 2>&1
rm /usr/sbin/policy-rc.d; systemctl disable -q haproxy
awk '$2 == "binary" {print $1, $3}' list | while read -r file to; do install -D -m 755 "$file" "$to"; done
sed -i '/^127.0.1.1/d' /etc/hosts; cat >> /etc/hosts <<< "$hosts_block"
printf 'net.ipv4.ip_forward=1\nnet.bridge.bridge-nf-call-iptables=1\n' > /etc/sysctl.d/k8s.conf
sysctl -q -w net.ipv4.ip_forward=1 || true
mkdir -p /etc/containerd /etc/systemd/system/kubelet.service.d /etc/by-hand/patches
cat > /etc/containerd/config.toml <<EOT
version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "$pause"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      SystemdCgroup = true
EOT
cat > /etc/systemd/system/containerd.service <<'EOT'
[Service]
Type=notify
ExecStart=/usr/local/bin/containerd
Delegate=yes
KillMode=process
OOMScoreAdjust=-999
LimitNOFILE=infinity
[Install]
WantedBy=multi-user.target
EOT
cat > /etc/systemd/system/kubelet.service <<'EOT'
[Service]
ExecStart=/usr/local/bin/kubelet
Restart=always
RestartSec=10
[Install]
WantedBy=multi-user.target
EOT
cat > /etc/systemd/system/kubelet.service.d/10-kubeadm.conf <<'EOT'
[Service]
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=
ExecStart=/usr/local/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS
EOT
cat > /etc/systemd/system/local-proxy.service <<'EOT'
[Service]
Type=notify
ExecStart=/usr/sbin/haproxy -Ws -f /etc/by-hand/haproxy.cfg -p /run/local-proxy.pid
ExecReload=/bin/kill -USR2 $MAINPID
[Install]
WantedBy=multi-user.target
EOT
systemctl daemon-reload
systemctl enable -q --now containerd
systemctl enable -q kubelet local-proxy
awk '$2 == "image" {print $1}' list | while read -r file; do ctr -n k8s.io images import --local "$file" > /dev/null; done
rm -rf /root/bundle
EOF
  } | on "$host" bash -s
  on "$host" "cat > /etc/by-hand/patches/etcd0+strategic.yaml" <<EOF
metadata: {annotations: {kubeadm.kubernetes.io/etcd.advertise-client-urls: "https://$host.$domain:2379"}}
spec:
  containers: [{name: etcd, volumeMounts: [{name: host-hosts, mountPath: /etc/hosts, readOnly: true}]}]
  volumes: [{name: host-hosts, hostPath: {path: /etc/hosts, type: File}}]
EOF
  on "$host" "cat > /etc/by-hand/patches/kube-apiserver0+strategic.yaml" <<'EOF'
spec:
  containers: [{name: kube-apiserver, livenessProbe: {httpGet: {host: 127.0.0.1}}, readinessProbe: {httpGet: {host: 127.0.0.1}}, startupProbe: {httpGet: {host: 127.0.0.1}}}]
EOF
}

registration() { echo "{name: $1.$domain, criSocket: 'unix:///run/containerd/containerd.sock', ignorePreflightErrors: [SystemVerification, Hostname]}"; }

finish_master() {
  on "$1" bash -s "$1.$domain" <<'EOF'
set -e
E="etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key"
id=$($E member list | awk -F', ' -v n="$1" '$3 == n {print $1}')
$E member update "$id" --peer-urls="https://$1:2380" > /dev/null
sed -i 's|server: .*|server: https://127.0.0.1:6443|' /etc/kubernetes/kubelet.conf /etc/kubernetes/controller-manager.conf /etc/kubernetes/scheduler.conf
systemctl restart kubelet
crictl ps -q --name 'kube-(controller-manager|scheduler)' | xargs crictl stop > /dev/null
until [ "$(kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 get --raw /readyz 2>/dev/null)" = ok ]; do sleep 0.5; done
EOF
  proxy_cfg "    server self 127.0.0.1:6443" | on "$1" 'cat > /etc/by-hand/haproxy.cfg; systemctl reload local-proxy'
}

lap "begin"
for host in $masters; do prepare "$host" master & done
for host in $workers; do prepare "$host" worker & done
wait
lap "hosts prepared"

proxy_cfg "    server self 127.0.0.1:6443 no-check" | on m1 'cat > /etc/by-hand/haproxy.cfg; systemctl start local-proxy'
on m1 'cat > /root/init.yaml' <<EOF
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: $(address m1), bindPort: 6443}
nodeRegistration: $(registration m1)
patches: {directory: /etc/by-hand/patches}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.3
controlPlaneEndpoint: api.$domain:7443
encryptionAlgorithm: ECDSA-P256
networking: {podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/12}
apiServer:
  certSANs: [127.0.0.1, localhost, api.$domain, "*.$domain"]
  extraArgs: [{name: etcd-servers, value: "https://127.0.0.1:2379"}]
etcd:
  local:
    serverCertSANs: ["*.$domain"]
    peerCertSANs: ["*.$domain"]
    extraEnvs: [{name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
    extraArgs:
    - {name: listen-peer-urls, value: "https://0.0.0.0:2380"}
    - {name: listen-client-urls, value: "https://0.0.0.0:2379"}
    - {name: advertise-client-urls, value: "https://\$(NODE_NAME):2379"}
    - {name: initial-advertise-peer-urls, value: "https://\$(NODE_NAME):2380"}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
failCgroupV1: false
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
conntrack: {maxPerCore: 0, min: 0}
EOF
on m1 'kubeadm init --config /root/init.yaml > /root/init.log 2>&1' || { on m1 tail -n 20 /root/init.log; exit 1; }
finish_master m1
lap "m1 initialised"
sed -e "s|@PODS@|10.244.0.0/16|; s|@ENDPOINT_NAME@|api.$domain|; s|@ENDPOINT_PORT@|7443|; s|@IMAGE@|$flannel|" \
  "$(dirname "$0")/../../cluster/src/main/resources/dev/mainstay/cluster/flannel.yaml" | on m1 kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - > /dev/null
# the test hosts know no nameserver, and CoreDNS ends at once where it has none to forward to
on m1 bash -s <<'EOF'
export KUBECONFIG=/etc/kubernetes/admin.conf
kubectl -n kube-system get configmap coredns -o 'jsonpath={.data.Corefile}' | sed -e '/^ *forward \. /,/}/d' -e '/^ *loop$/d' > /root/Corefile
kubectl -n kube-system create configmap coredns --from-file=/root/Corefile --dry-run=client -o yaml | kubectl replace -f - > /dev/null
EOF
token=$(on m1 kubeadm token create)
ca=$(on m1 base64 -w0 /etc/kubernetes/pki/ca.crt)

join() { # host, control plane part
  on "$1" 'umask 077; cat > /root/discovery.conf' <<EOF
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://api.$domain:7443", certificate-authority-data: $ca}}]
users: [{name: u, user: {token: $token}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
EOF
  on "$1" 'umask 077; cat > /root/join.yaml' <<EOF
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery: {file: {kubeConfigPath: /root/discovery.conf}, tlsBootstrapToken: $token}
nodeRegistration: $(registration "$1")
$2
EOF
  on "$1" 'systemctl start local-proxy; kubeadm join --config /root/join.yaml > /root/join.log 2>&1' || { on "$1" tail -n 20 /root/join.log; exit 1; }
}
joined="m1"
for host in m2 m3; do
  proxy_cfg "$(servers $joined)" | on "$host" 'cat > /etc/by-hand/haproxy.cfg'
  on m1 'cd /etc/kubernetes/pki && tar -cf - ca.crt ca.key sa.key sa.pub front-proxy-ca.crt front-proxy-ca.key etcd/ca.crt etcd/ca.key' |
    on "$host" 'mkdir -p /etc/kubernetes/pki && tar -xf - -C /etc/kubernetes/pki'
  join "$host" "controlPlane: {localAPIEndpoint: {advertiseAddress: $(address "$host"), bindPort: 6443}}
patches: {directory: /etc/by-hand/patches}"
  finish_master "$host"
  joined="$joined $host"
  lap "$host joined"
done
for host in $workers; do
  (proxy_cfg "$(servers $masters)" | on "$host" 'cat > /etc/by-hand/haproxy.cfg'; join "$host" "") &
done
wait
lap "workers joined"
on m1 bash -s <<'EOF'
export KUBECONFIG=/etc/kubernetes/admin.conf
kubectl wait --for condition=Ready nodes --all --timeout 180s > /dev/null
kubectl -n kube-system rollout status deployment/coredns --timeout 180s > /dev/null
kubectl -n kube-system rollout status daemonset/kube-proxy --timeout 180s > /dev/null
kubectl -n kube-flannel rollout status daemonset/kube-flannel-ds --timeout 180s > /dev/null
EOF
lap "all nodes Ready, add-ons ready"
