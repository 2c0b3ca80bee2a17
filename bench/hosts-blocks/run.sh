#!/usr/bin/env bash
# One changed address into the hosts blocks of 10, 100 and 1,000 nodes, whose hosts are objects of this process: the plan
# (one rendering) and the writes (one a node). Usage: bench/hosts-blocks/run.sh; prints the table of RESULTS.md.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
. dev/jdk.sh
find_jdk
"$root/mainstay" schema > /dev/null # builds what is stale, the tests' classes too
exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xmx256m -cp "cluster/target/test-classes:cluster/target/classes:cli/target/lib/*" dev.mainstay.cluster.HostsBlocksBench 10 100 1000
