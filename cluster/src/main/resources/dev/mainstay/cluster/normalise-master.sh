# Unbinds a master from its address once kubeadm is done with it. $1: its full name. $2: the cluster's endpoint, a URL.
# May be run at any time.
one_at_a_time
name=$1
changed=
tries=0
until members=$(etcdctl_here member list -w fields 2>/dev/null); do
  tries=$((tries + 1))
  [ $tries -lt 120 ] || die "etcd on this master gives no member list"
  sleep 0.5
done
id=$(printf '%s\n' "$members" | awk -v name="\"$name\"" '/^"ID"/ {id = $3} /^"Name"/ && $3 == name {print id; exit}')
[ -n "$id" ] || die "etcd has no member called $name"
url=$(printf '%s\n' "$members" | awk -v id="$id" '/^"ID"/ {mine = ($3 "") == (id "")} mine && /^"PeerURL"/ {print $3; exit}' | tr -d '"')
if [ "$url" != "https://$name:2380" ]; then
  etcdctl_here member update "$(printf '%x' "$id")" --peer-urls="https://$name:2380" > /dev/null
  changed="$changed peer-url"
fi
# Makes /etc/kubernetes/$1.conf lead to $2.
point() {
  local file=/etc/kubernetes/$1.conf
  [ -f "$file" ] || return 0
  [ "$(sed -n 's/^ *server: //p' "$file" | head -n 1)" = "$2" ] && return 0
  point_kubeconfig "$file" "$2"
  changed="$changed $1"
}
for kubeconfig in kubelet controller-manager scheduler; do point $kubeconfig https://127.0.0.1:6443; done
for kubeconfig in admin super-admin; do point $kubeconfig "$2"; done
case $changed in *kubelet*) systemctl restart kubelet.service ;; esac
# Ends static pod $1, which kubelet starts anew. If it led and has not given that up itself, its lease goes: nobody would
# lead for 15 s more, and nodes that join wait for the one who signs their certificates.
restart_component() {
  local holder containers
  containers=$(static_containers "$1") || die "the container runtime does not answer"
  [ -n "$containers" ] || return 0
  holder=$(kubectl_here --request-timeout 5s -n kube-system get lease "$1" -o 'jsonpath={.spec.holderIdentity}' 2> /dev/null) || true
  crictl stop -t 2 $containers > /dev/null
  case $holder in "$(hostname)"_*)
    # not of another, nor of the process that came after it
    kubectl_here --request-timeout 5s -n kube-system patch lease "$1" --type json \
      -p "[{\"op\":\"test\",\"path\":\"/spec/holderIdentity\",\"value\":\"$holder\"},{\"op\":\"remove\",\"path\":\"/spec/holderIdentity\"}]" > /dev/null 2>&1 || true ;;
  esac
}
for component in controller-manager scheduler; do
  case $changed in *$component*) restart_component kube-$component ;; esac
done
tries=0
until [ "$(kubectl_here --request-timeout 5s get --raw /readyz 2>/dev/null)" = ok ]; do
  tries=$((tries + 1))
  [ $tries -lt 240 ] || die "the apiserver of this master does not become ready: $(kubectl_here --request-timeout 5s get --raw '/readyz?verbose' 2>&1 | grep -v '^\[+\]' | head -n 5)"
  sleep 0.25
done
echo "$changed"
