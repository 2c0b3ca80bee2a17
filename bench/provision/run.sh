#!/usr/bin/env bash
# Provisioning, Mainstay against plain shell, in turn on fresh hosts: 3 masters and 2 workers, cached bundle.
# Usage: bench/provision/run.sh [ROUNDS]; prints the table that bench/provision/RESULTS.md keeps.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${1:-3}
for tool in jq bc time; do which $tool > /dev/null || apt-get install -y -qq $tool > /dev/null; done
data=${XDG_DATA_HOME:-$HOME/.local/share}/mainstay/playground
bundle=$("$root/mainstay" bundle list -o json | jq -r 'map(select(.kubernetes == "1.36.3")) | last | .directory')
out=$(mktemp -d)
fresh() {
  "$root/mainstay" playground down --name bench 2> /dev/null
  "$root/mainstay" playground up --name bench --hosts-only > /dev/null 2>&1
}
trap '"$root/mainstay" playground down --name bench > /dev/null 2>&1; rm -rf "$out"' EXIT
seconds() { echo "$(date +%s.%N) - $1" | bc; }
for round in $(seq "$rounds"); do
  fresh
  start=$(date +%s.%N)
  /usr/bin/time -f %M -o "$out/memory-$round" "$root/mainstay" apply --yes --playground bench -o json > "$out/apply-$round.json" 2> "$out/apply-$round.err" || { cat "$out/apply-$round.err"; exit 1; }
  seconds "$start" > "$out/mainstay-$round"
  start=$(date +%s.%N)
  "$root/mainstay" apply --yes --playground bench > /dev/null 2>&1
  seconds "$start" > "$out/again-$round"
  fresh
  start=$(date +%s.%N)
  bash "$root/bench/provision/by-hand.sh" "$data/bench" "$bundle" 2> "$out/by-hand-$round.err" || { cat "$out/by-hand-$round.err"; exit 1; }
  seconds "$start" > "$out/by-hand-$round"
  printf 'round %d: mainstay %.1f s (peak memory %d MB), by hand %.1f s, again %.1f s\n' "$round" "$(cat "$out/mainstay-$round")" "$(($(tail -n 1 "$out/memory-$round") / 1024))" "$(cat "$out/by-hand-$round")" "$(cat "$out/again-$round")"
done
echo "last round, Mainstay's steps (seconds):"
jq -r '.phases[].steps[] | [(.seconds | tostring), .id] | join("  ")' "$out/apply-$rounds.json"
echo "last round, by hand:"
grep " s  " "$out/by-hand-$rounds.err"
