#!/usr/bin/env bash
# What a command costs before it does anything: processor and wall time of ./mainstay, status against one host that an
# sshd on this machine plays. Usage: bench/start/run.sh [ROUNDS] [CHECKOUT]...; each CHECKOUT, another state of this
# repository, is measured in turn with this one. Prints the table that bench/start/RESULTS.md keeps.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/dev/jdk.sh"
. "$root/dev/java.sh"
find_jdk
jvm
if [ "${1:-}" != --beside-the-host ]; then
  for checkout in "$root" "${@:2}"; do "$checkout/mainstay" --version > /dev/null; done
  class_path "$root"
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  "$JAVA_HOME/bin/java" -cp "$CLASS_PATH:$root/ssh/target/test-classes" dev.mainstay.ssh.mina.Rehearsal \
    "$folder" "$root/dev/rehearsal/host.sh" "$0" --beside-the-host "$folder" "${1:-10}" "$root" "${@:2}"
  exit
fi

folder=$2 rounds=$3 checkouts=("${@:4}")
cd "$folder"
commands=("--help" "check --file-only" "status --accept-new-host-keys")
TIMEFORMAT='%U %S %R'
for round in $(seq 0 "$rounds"); do
  for c in "${!checkouts[@]}"; do
    for k in "${!commands[@]}"; do
      # shellcheck disable=SC2086 # words
      { time "${checkouts[c]}/mainstay" ${commands[k]} > /dev/null; } 2> "time-$c-$k-$round"
      # the first round warms the disk
      [ "$round" = 0 ] || cat "time-$c-$k-$round" >> "times-$c-$k"
    done
  done
done

column() { awk -v c="$2" '{print $c}' "times-$1" | sort -n | awk '{v[NR] = $1} END {printf "%.2f (%.2f)", v[int((NR + 1) / 2)], v[NR]}'; }
echo "median (worst) of $rounds rounds on $(nproc) cores, seconds; load average $(cut -d' ' -f1 /proc/loadavg) at the end"
echo
echo "| command | checkout | user | system | wall |"
echo "|---|---|---|---|---|"
for k in "${!commands[@]}"; do
  for c in "${!checkouts[@]}"; do
    echo "| \`${commands[k]}\` | $(git -C "${checkouts[c]}" rev-parse --short HEAD) | $(column "$c-$k" 1) | $(column "$c-$k" 2) | $(column "$c-$k" 3) |"
  done
done

"$JAVA_HOME/bin/javac" -d "$folder" "$root/bench/start/Encryption.java"
encryption() { for round in 1 2 3 4 5; do "$@" -cp "$folder" Encryption; done | sort -n | sed -n 3p; }
echo
echo "AES-GCM, the first 800 MB of a JVM, processor time, median of 5: $(encryption "$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xmx256m) with the JDK's" \
  "thresholds, $(encryption "${JVM[@]}") with Mainstay's"
