#!/bin/bash
# Tells this master's local proxy whether its apiserver makes progress: one that is slow uses the processor, one that is frozen
# or gone does not. Where it cannot see that, it says that it does: the proxy then goes by answers alone.
# Usage: watch-apiserver.sh [ready]; ready: says so and ends. Written by Mainstay; changes are undone by the next apply.
set -u
about=progress
@WATCH@
# so many looks in a row, 0.1 s apart, must find that it used nothing. The proxy itself asks it five times a second
still_after=4
meter='' there='' used='' still=0 looks=0 last=0

# Sets $there: whether there is a process, and $meter: the file that counts the time that its control group had the processor.
# A pod may well have an apiserver of its own: a static pod's id has no dashes
find_meter() {
  local pid controllers path
  there='' meter=''
  for pid in $(pgrep -x kube-apiserver); do
    grep -qE 'pod[0-9a-f]{32}([^0-9a-f]|$)' "/proc/$pid/cgroup" || continue
    there=yes
    while IFS=: read -r _ controllers path; do
      case ,$controllers, in
        *,cpuacct,*) meter=/sys/fs/cgroup/cpuacct$path/cpuacct.usage ;;
        ,,) [ -n "$meter" ] || meter=/sys/fs/cgroup$path/cpu.stat ;;
      esac
    done < "/proc/$pid/cgroup"
  done
} 2> /dev/null
find_meter
while :; do
  read -r -t 0.1 <&"$silence"
  looks=$((looks + 1))
  clock=${EPOCHREALTIME//[.,]/} # microseconds
  if { read -r now < "${meter:-/dev/null}"; } 2> /dev/null; then
    if [ "$now" != "$used" ]; then
      still=0
    elif [ "$said" != maint ] && [ $((clock - last)) -gt 300000 ]; then
      still=0 # who was held up itself has seen nothing
    else
      still=$((still + 1))
    fi
    used=$now
  else
    [ $((looks % 5)) != 0 ] || find_meter
    if [ -n "$there" ]; then still=0; else still=$still_after; fi
  fi
  last=$clock
  # said more than once, because an answer may be lost, and a proxy that began anew does not know it
  if [ $still -lt $still_after ]; then
    if [ "$said" != ready ] || [ $((looks % 100)) = 0 ]; then say ready; fi
  else
    if [ "$said" != maint ] || [ $((looks % 10)) = 0 ]; then say maint; fi
    [ $((looks % 10)) != 5 ] || find_meter
  fi
done
