#!/bin/bash
# Tells this master's local proxy whether its apiserver makes progress: one that is slow uses the processor, one that is frozen
# or gone does not. Written by Mainstay; changes are undone by the next apply.
set -u
proxy=/run/mainstay-proxy/admin.sock
# so many looks in a row, 0.1 s apart, must find that it used nothing. The proxy itself asks it five times a second
still_after=4
meter='' used='' still=0 said=ready looks=0 last=0
coproc SILENCE { exec sleep infinity; } # to wait for what says nothing needs no new process

# sets $meter: the file that counts the time that its control group had the processor
find_meter() {
  local pid controllers path
  meter=''
  pid=$(pgrep -n -x kube-apiserver) || return 0
  while IFS=: read -r _ controllers path; do
    case ,$controllers, in
      *,cpuacct,*) meter=/sys/fs/cgroup/cpuacct$path/cpuacct.usage ;;
      ,,) [ -n "$meter" ] || meter=/sys/fs/cgroup$path/cpu.stat ;;
    esac
  done < "/proc/$pid/cgroup"
} 2> /dev/null
# STATE: ready or maint. The server is unknown while the master is not finished
say() {
  said=$1
  printf 'set server progress/self state %s\n' "$1" | socat -t 1 - "UNIX-CONNECT:$proxy" > /dev/null 2>&1
}
while :; do
  read -r -t 0.1 <&"${SILENCE[0]}"
  looks=$((looks + 1))
  clock=${EPOCHREALTIME//[.,]/} # microseconds
  if { read -r now < "${meter:-/dev/null}"; } 2> /dev/null; then
    # who was held up itself has seen nothing
    if [ "$now" != "$used" ] || [ $((clock - last)) -gt 300000 ]; then still=0; else still=$((still + 1)); fi
    used=$now
  else
    still=$still_after
  fi
  last=$clock
  if [ $still -lt $still_after ]; then
    [ $said = ready ] || say ready
    continue
  fi
  [ $((looks % 5)) != 0 ] || find_meter
  # once more each second, because a proxy that began anew does not know it
  if [ $said = ready ] || [ $((looks % 10)) = 0 ]; then say maint; fi
done
