#!/bin/sh
# Pins one component of a bundle: writes COMPONENT-VERSION/go.mod and go.sum among the pins.
#   bundle/pin.sh kubernetes 1.37.2
# A Kubernetes version needs, beside its components, a vX.Y.Z.json (image tags: see
# cmd/kubeadm/app/constants in its module) and a line in the file versions.
set -eu
component=$1
version=$2
cd "$(dirname "$0")/src/main/resources/dev/mainstay/bundle/pins"
# The committed pins are made with what the checksum database vouches for, and nothing else.
export GOFLAGS=-mod=mod GOWORK=off GOTOOLCHAIN=local GONOSUMDB= GOPRIVATE= GOINSECURE=

plugins=github.com/containernetworking/plugins
more=
case $component in
  kubernetes)
    module=k8s.io/kubernetes
    tools="kubeadm kubelet kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy"
    prefix=$module/cmd/ ;;
  containerd)
    module=github.com/containerd/containerd/v2
    tools="containerd containerd-shim-runc-v2 ctr"
    prefix=$module/cmd/ ;;
  crictl) module=sigs.k8s.io/cri-tools tools=cmd/crictl prefix=$module/ ;;
  etcd)
    module=go.etcd.io/etcd/server/v3
    tools="server/v3 etcdctl/v3 etcdutl/v3"
    prefix=go.etcd.io/etcd/
    more="go.etcd.io/etcd/etcdctl/v3@v$version go.etcd.io/etcd/etcdutl/v3@v$version" ;;
  coredns) module=github.com/coredns/coredns tools=coredns prefix=github.com/coredns/ ;;
  cni-plugins)
    module=$plugins
    tools="main/bridge main/host-device main/ipvlan main/loopback main/macvlan main/ptp main/vlan
      ipam/host-local ipam/static meta/bandwidth meta/firewall meta/portmap meta/tuning"
    prefix=$module/plugins/ ;;
  cni-flannel) module=$plugins tools=meta/flannel prefix=$module/plugins/ ;;
  flannel)
    module=github.com/flannel-io/flannel tools=flannel prefix=github.com/flannel-io/
    # The version that flannel itself names is not on every module proxy.
    more=github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common@v1.3.210 ;;
  *) echo "pin.sh: no component $component" >&2; exit 2 ;;
esac

source=$(cd / && go mod download -json "$module@v$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
rm -rf "$component-$version"
mkdir "$component-$version"
cd "$component-$version"
# The Go version decides on defaults of the runtime (GODEBUG), so it is upstream's own. The
# directive "tool", which names the programs, needs 1.24.
go=$(sed -n 's/^go //p' "$source/go.mod")
case $go in 1.1* | 1.[0-9] | 1.2[0-3]*) go=1.24.0 ;; esac
{
  echo "module mainstay.dev/pins/$component"
  echo
  echo "go $go"
  sed -n '/^godebug /p' "$source/go.mod"
  echo "require $module v$version"
  for each in $more; do echo "require ${each%@*} ${each#*@}"; done
  # Kubernetes' own libraries, which in its repository are folders, are released as 0.MINOR.PATCH.
  echo "replace ("
  sed -n 's#^\t\(k8s.io/[^ ]*\) => \./staging/.*#\t\1 => \1 v0.'"${version#*.}"'#p' "$source/go.mod"
  echo ")"
  echo "tool ("
  for tool in $tools; do echo "$prefix$tool"; done | sort
  echo ")"
} > go.mod
go mod tidy
