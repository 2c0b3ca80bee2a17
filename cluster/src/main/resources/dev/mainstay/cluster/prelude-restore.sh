# A restore of this host's member, in stages that a later run finds: prepared, stopped, swapped, started, done.
restores=/var/lib/mainstay/etcd-restore
fresh=/var/lib/etcd/mainstay-restored
hold=/etc/systemd/system/kubelet.service.d/50-mainstay-etcd.conf
# need_room for $2 bytes in folder $1 and $4 bytes in folder $3, which may well lie on one disk.
need_room_for_both() {
  if [ "$(stat -c %d "$1")" = "$(stat -c %d "$3")" ]; then
    need_room "$3" $(($2 + $4))
  else
    need_room "$1" "$2"
    need_room "$3" "$4"
  fi
}
# Sets $restore and $stage to the id and stage of the last restore here; empty where there was none.
read_stage() {
  restore='' stage=''
  [ ! -s $restores/state ] || read -r restore sha256_of_restore stage < $restores/state
}
# Remembers that restore $1 of the snapshot whose sha256 is $2 has come to $3; on disk before anything else happens.
remember_stage() {
  printf '%s %s %s\n' "$1" "$2" "$3" > $restores/state.new
  replace_file $restores/state $restores/state.new
  sync $restores
}
# From now on kubelet starts only where $restores/hold is not there: also after a power cut no old member may begin
# beside new ones.
install_hold() {
  [ ! -f $hold ] || return 0
  mkdir -p "${hold%/*}"
  printf '[Unit]\nConditionPathExists=!%s/hold\n' $restores > $hold
  systemctl daemon-reload
}
remove_hold() {
  rm -f $restores/hold
  [ -f $hold ] || return 0
  rm -f $hold
  systemctl daemon-reload
}
# Holds kubelet, and stops the control plane.
hold_control_plane() {
  touch $restores/hold
  sync $restores
  stop_control_plane
}
# Stops kubelet first, which would start again what ends, then the control plane; returns when etcd is gone.
stop_control_plane() {
  local component deadline=$((SECONDS + 60))
  systemctl stop kubelet.service
  for component in kube-apiserver kube-controller-manager kube-scheduler etcd; do
    static_containers $component | xargs -r crictl stop -t 2 > /dev/null 2>&1 &
  done
  wait
  while etcd_runs; do
    [ $SECONDS -lt $deadline ] || die "etcd does not stop"
    static_containers etcd | xargs -r crictl stop -t 2 > /dev/null 2>&1 || true
    sleep 0.1
  done
}
# Puts the data of this host's member aside and what lies in $fresh into its place. $1: the restore's id. Renames only,
# and each kind of half is whole again by the same call.
swap_data() {
  local aside=/var/lib/etcd/mainstay-aside-$1 number=1
  ! etcd_runs || die "etcd runs; nothing was moved"
  if [ -d $fresh/member ]; then
    if [ -e /var/lib/etcd/member ]; then
      # something was put aside already: a member that began in between and never served
      while [ -e "$aside/member" ]; do number=$((number + 1)) aside=/var/lib/etcd/mainstay-aside-$1-$number; done
      mkdir -p -m 700 "$aside"
      mv -T /var/lib/etcd/member "$aside/member"
    fi
    mv -T $fresh/member /var/lib/etcd/member
  fi
  rm -rf $fresh
  sync -f /var/lib/etcd
}
# Whether a rename can bring folder $1 into folder $2. A link to one of its files has the same limits; mv copies where it
# cannot rename.
can_rename() {
  local file
  file=$(find "$1" -type f -print -quit)
  rm -f "$2/.linked"
  [ -n "$file" ] && ln -T "$file" "$2/.linked" 2> /dev/null && rm -f "$2/.linked"
}
# Copies folder $1 to $2: whole under its name, or not at all. Not where it would fill the disk.
copy_whole() {
  (need_room "${2%/*}" "$(du -sb "$1" | cut -f1)") && cp -a "$1" "$2.part" && sync -f "$2.part" && mv -T "$2.part" "$2" && return 0
  rm -rf "$2.part"
  return 1
}
# Whether every file below folder $1 lies below folder $2 as well, byte for byte.
lies_in() {
  local other
  other=$(cd "$1" && find . -type f ! -exec cmp -s {} "$2/{}" \; -print -quit) && [ -z "$other" ]
}
# Moves what was put aside to where a later kubeadm reset does not come. $1: the restore's id. At each moment it is whole
# in one of both places. What there is no room for stays where it is: that is said, and fails nothing.
keep_aside() {
  local aside target number
  for aside in /var/lib/etcd/mainstay-aside-"$1"*; do
    if [ -d "$aside/member" ]; then
      target=/var/lib/mainstay/backup/etcd-${aside##*mainstay-aside-} number=1
      # what is there may be the copy of a run that was killed then; or it was put aside before this
      while [ -e "$target/member" ] && ! lies_in "$aside/member" "$target/member"; do
        number=$((number + 1)) target=/var/lib/mainstay/backup/etcd-${aside##*mainstay-aside-}-$number
      done
      mkdir -p -m 700 /var/lib/mainstay/backup "$target"
      if [ ! -e "$target/member" ]; then
        # of a run that was killed while it copied
        rm -rf "$target/member.part"
        if can_rename "$aside/member" "$target"; then
          mv -T "$aside/member" "$target/member"
        elif ! copy_whole "$aside/member" "$target/member"; then
          echo "no room to keep it there: the old data stays in $aside" >&2
          continue
        fi
      fi
      sync -f "$target"
      rm -rf "$aside/member"
      echo "aside $target/member"
    fi
    rmdir "$aside" 2> /dev/null || true
  done
}
# Starts kubelet again and waits until this master's etcd and API answer; prints what took how long.
start_control_plane() {
  local begin=${EPOCHREALTIME/./} deadline=$((SECONDS + ${1:-180}))
  rm -f $restores/hold
  systemctl start kubelet.service
  until etcdctl_here endpoint health --command-timeout 2s > /dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || die "etcd is not healthy: $(etcdctl_here endpoint status --command-timeout 3s -w simple 2>&1 | tail -n 1)"
    sleep 0.1
  done
  echo "etcd after $(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
  until [ "$(kubectl_here --request-timeout 3s get --raw /readyz 2> /dev/null)" = ok ]; do
    [ $SECONDS -lt $deadline ] || die "the API is not ready: $(kubectl_here --request-timeout 5s get --raw '/readyz?verbose' 2>&1 | grep -v '^\[+\]' | head -n 3)"
    sleep 0.1
  done
  echo "ready after $(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
}
# Ends with 6 where a host of $@ (NAME ADDRESS, and so on) is alive as this one sees it: its etcd, also one without a leader, or
# any port of a master accepts a connection. At the address given and at those that /etc/hosts has; all are asked at once, so that
# the silent ones cost two seconds in all.
others_or_die() {
  local name address port alive
  alive=$(
    while [ $# -gt 1 ]; do
      name=${1%%.*}
      {
        answer=$(timeout 3 etcdctl --endpoints "https://$1:2379" --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt \
          --key /etc/kubernetes/pki/etcd/server.key --dial-timeout 2s --command-timeout 2s endpoint status -w json 2> /dev/null | number_of revision) || true
        [ -z "$answer" ] || echo "$name etcd with data up to revision $answer"
      } &
      for address in $({ echo "$2"; awk -v name="$1" '{sub(/#.*/, "")} $1 !~ /:/ {for (i = 2; i <= NF; i++) if ($i == name) print $1}' /etc/hosts; } | sort -u); do
        for port in 2379 2380 6443 10250; do
          { ! timeout 2 bash -c ': > "/dev/tcp/$0/$1"' "$address" $port 2> /dev/null || echo "$name port $port"; } &
        done
      done
      shift 2
    done | sort -u | awk '
      {name = $1; sub(/^[^ ]* /, "")}
      name == last {line = line ", " $0; next}
      last != "" {print line ")"}
      {last = name; line = name " (" $0}
      END {if (last != "") print line ")"}' | paste -sd ' '
  )
  [ -z "$alive" ] || die "alive, though the control machine does not reach it: $alive" 6
}
