# What this host is as a node, and its static pods. These never by name alone: pods may well have an etcd or an apiserver of
# their own.
# The text called $1 in /etc/mainstay/node.json; nothing where there is none.
identity() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" /etc/mainstay/node.json 2> /dev/null || true; }
# The ids of the running containers of static pod $1.
static_containers() { timeout 20 crictl ps -q --state running --label "io.kubernetes.container.name=$1" --label io.kubernetes.pod.namespace=kube-system; }
# The process of static pod $1; nothing where it does not run.
static_process() {
  local pid
  # the kernel keeps 15 letters of a name; a static pod's id has no dashes, and nobody can choose his own control group
  for pid in $(pgrep -x "${1:0:15}"); do
    if grep -qE 'pod[0-9a-f]{32}([^0-9a-f]|$)' "/proc/$pid/cgroup" 2> /dev/null; then
      echo "$pid"
      return 0
    fi
  done
}
