# Usage: sh -c THIS supervise CABLE CUT GROUPS COMMAND...
# Runs systemd-nspawn (COMMAND) and runs it again when the host reboots, which it tells by exit status
# 133. GROUPS are the host's control groups, one a line; CUT is a file that is there while the network
# cable CABLE is to be unplugged.
set -u
cable=$1
cut=$2
groups=$3
shift 3

each_group() { # COMMAND...: runs it with each group as last argument
  printf '%s\n' "$groups" | while IFS= read -r group; do "$@" "$group"; done
}
# What a dead host leaves behind costs kubelet's cAdvisor seconds a container.
clear_group() { find "$1" -mindepth 1 -depth -type d ! -name power -exec rmdir {} + 2>/dev/null; }

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  # Version 2: a group with processes of its own cannot hand controllers down, so we step aside, and
  # only systemd-nspawn, which steps aside as well, starts in it.
  mkdir -p "$groups/power" && echo $$ >"$groups/power/cgroup.procs"
fi

while :; do
  if [ -e "$cut" ]; then
    {
      until [ -e "/sys/class/net/$cable" ]; do sleep 0.02; done
      ip link set "$cable" down
    } &
  fi
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    for controller in $(cat "$groups/cgroup.subtree_control"); do
      echo "-$controller" >"$groups/cgroup.subtree_control"
    done
    sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$groups" "$@"
  else
    "$@"
  fi
  status=$?
  if [ "$status" -ne 133 ]; then exit "$status"; fi
  each_group clear_group
  while [ -e "/sys/class/net/$cable" ]; do sleep 0.02; done
done
