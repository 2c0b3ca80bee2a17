# Takes artifacts from standard input: first a line STATE SHA256 SIZE KIND NAME DESTINATION for each, then an empty
# line, then the bytes of those whose STATE is "send", one after the other. Each is checked before it is used; what was
# received whole stays if the rest never comes.
one_at_a_time
store=/var/lib/mainstay/artifacts
mkdir -p "$store"
rm -f "$store"/*.part
: > "$store/index.new"
complete=
while read -r -t 120 state sha256 size kind name destination; do
  [ -n "$state" ] || { complete=yes; break; }
  printf '%s %s %s %s %s %s\n' "$state" "$sha256" "$size" "$kind" "$name" "$destination" >> "$store/index.new"
done
[ -n "$complete" ] || die "the list of artifacts did not arrive whole; nothing was changed" 75
mv -f "$store/index.new" "$store/index"
# what an earlier run sent and this one has no use for
for file in "$store"/*; do
  case ${file##*/} in index) ;; *) grep -q " ${file##*/} " "$store/index" || rm -f "$file" ;; esac
done
while read -r state sha256 size kind name destination <&3; do
  [ "$state" = send ] || continue
  file=$store/$sha256
  # into the file first and the digest from there: half the work of a pipe through both
  take_bytes "$size" "$file.part" || {
    rm -f "$file.part"
    die "$name did not arrive whole; $(df -Pm "$store" | awk 'NR == 2 {print $4 " MiB are free on " $6}')" 75
  }
  got=$(digest < "$file.part")
  [ "$got" = "$sha256" ] || { rm -f "$file.part"; die "$name arrived with sha256 $got, expected $sha256" 65; }
  mv "$file.part" "$file"
done 3< "$store/index"

install_packages() {
  debs=""
  while read -r state sha256 size kind name destination; do
    [ "$kind" = package ] && [ -f "$store/$sha256" ] || continue
    cp -l "$store/$sha256" "$store/$name.deb" 2>/dev/null || cp "$store/$sha256" "$store/$name.deb"
    dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^.i' || echo "$name" >> /var/lib/mainstay/packages
    debs="$debs $store/$name.deb"
  done < "$store/index"
  [ -n "$debs" ] || return 0
  # services of packages are not ours to start; where this broke off before, the file is ours still
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ] || grep -q "$package_mark" $policy; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\n# %s\nexit 101\n' "$package_mark" > $policy
    chmod 755 $policy
  fi
  tries=0
  until DEBIAN_FRONTEND=noninteractive dpkg -i --force-confdef --force-confold $debs > /run/mainstay/dpkg.log 2>&1; do
    tries=$((tries + 1))
    if [ $tries -lt 60 ] && grep -q 'lock' /run/mainstay/dpkg.log; then
      sleep 2
      continue
    fi
    tail -n 5 /run/mainstay/dpkg.log >&2
    die "dpkg could not install$(printf ' %s' $debs | sed "s|$store/||g")"
  done
  if grep -qs "$package_mark" $policy; then rm -f $policy; fi
  if grep -qx haproxy /var/lib/mainstay/packages; then
    systemctl disable -q haproxy.service 2>/dev/null || true
  fi
  rm -f $debs
  while read -r state sha256 size kind name destination; do
    if [ "$kind" = package ]; then rm -f "$store/$sha256"; fi
  done < "$store/index"
}

install_binaries() {
  while read -r state sha256 size kind name destination; do
    [ "$kind" = binary ] && [ -f "$store/$sha256" ] || continue
    mkdir -p "$(dirname "$destination")"
    chmod 755 "$store/$sha256"
    if [ "$(stat -c %d "$store")" = "$(stat -c %d "$(dirname "$destination")")" ]; then
      mv -f "$store/$sha256" "$destination"
    else
      cp "$store/$sha256" "$destination.mainstay-new"
      mv -f "$destination.mainstay-new" "$destination"
      rm -f "$store/$sha256"
    fi
    touch /var/lib/mainstay/installed
    grep -v " $destination\$" /var/lib/mainstay/installed > /var/lib/mainstay/installed.new || true
    echo "$sha256 $(stat -c '%s %Y' "$destination") $destination" >> /var/lib/mainstay/installed.new
    mv -f /var/lib/mainstay/installed.new /var/lib/mainstay/installed
  done < "$store/index"
}

touch /var/lib/mainstay/packages
install_packages
install_binaries
