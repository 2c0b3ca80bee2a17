#!/bin/bash
# Tells this master's local proxy whether its etcd member has a leader. The member says so itself at once, the apiserver only
# after seconds. Where it does not answer, the proxy goes by the apiserver's answers alone.
# Usage: watch-etcd.sh [ready]; ready: says that it has one and ends. Written by Mainstay; changes are undone by the next apply.
set -u
about=leader
@WATCH@
# so many answers with no other between, 0.5 s apart, decide: an election takes less, also one that must be held twice. One is
# enough where there is nobody to elect or be elected by
enough=6
leaderless=0 led=0 silent=0 looks=0

# Whether so few of the other masters' hosts answer the proxy that no election can end well. Of HAProxy's table: a line for each
# server, 2 for one that answers. A proxy that knows no other master is not alone
alone() {
  local all=0 up=0 backend state
  while read -r _ backend _ _ _ state _; do
    [ "$backend" = others ] || continue
    all=$((all + 1))
    [ "$state" != 2 ] || up=$((up + 1))
  done < <(echo 'show servers state others' | socat -t 1 - "UNIX-CONNECT:$proxy" 2> /dev/null)
  [ $up -lt $(((all + 1) / 2)) ]
}

# Sets $answer to what the member says of its health, or to nothing. It is asked where kubelet's own probes ask it
ask() {
  local member
  answer=''
  { exec {member}<> /dev/tcp/127.0.0.1/2381; } 2> /dev/null || return
  printf 'GET /health HTTP/1.0\r\n\r\n' >&"$member"
  # a member that has a leader asks it, and may wait; the word that there is none comes without
  read -r -d '' -t 0.4 answer <&"$member"
  exec {member}>&-
}
while :; do
  read -r -t 0.5 <&"$silence"
  looks=$((looks + 1))
  ask
  case $answer in
    *'NO LEADER'*)
      leaderless=$((leaderless + 1)) led=0 silent=0
      if [ $leaderless -lt $enough ] && alone; then leaderless=$enough; fi
      ;;
    *'"health":"true"'*) leaderless=0 led=$enough silent=0 ;;
    *)
      # a busy host answers late now and then; who says nothing for longer may have a leader and wait for it
      silent=$((silent + 1)) led=$((led + 1))
      [ $silent -lt 3 ] || leaderless=0
      ;;
  esac
  # said more than once, because an answer may be lost, and a proxy that began anew does not know it
  if [ $leaderless -ge $enough ]; then
    if [ "$said" != maint ] || [ $((looks % 2)) = 0 ]; then say maint; fi
  elif [ $led -ge $enough ]; then
    if [ "$said" != ready ] || [ $((looks % 20)) = 0 ]; then say ready; fi
  fi
done
