package dev.mainstay.e2e;

import static org.awaitility.Awaitility.await;

import dev.mainstay.playground.Captured;
import java.time.Duration;
import java.util.List;

/**
 * A steady load on the API through a node's local proxy: 30 requests a second, a new TLS connection
 * each, authenticated by a client certificate, with no second try.
 */
final class Load {
  /** What became of the requests. */
  record Tally(long sent, long failed, List<String> failures) {}

  private static final String SCRIPT =
      """
      set -u
      cd /run/load
      api=$(sed -n 's/^ *server: https:..//p' kubeconfig | head -n 1)
      for part in certificate-authority client-certificate client-key; do
        sed -n "s/^ *$part-data: //p" kubeconfig | head -n 1 | base64 -d > $part
      done
      request() {
        printf 'GET /api/v1/namespaces/default HTTP/1.0\\r\\nHost: api\\r\\n\\r\\n' |
          timeout 10 socat -t 10 -,ignoreeof "OPENSSL:$api,cafile=certificate-authority,cert=client-certificate,key=client-key,commonname=localhost" 2> error.$1 |
          head -n 1 | grep -q ' 200 ' && echo ok >> tally || { echo "failed $1 $(tail -n 1 error.$1)" >> tally; }
        rm -f error.$1
      }
      sent=0
      start=$(date +%s%N)
      while [ ! -e stop ] && [ $sent -lt 6000 ]; do
        request $sent &
        sent=$((sent + 1))
        pause=$((start + sent * 33333333 - $(date +%s%N)))
        [ $pause -le 0 ] || sleep $(printf '0.%09d' $pause)
      done
      wait
      touch done
      """;

  private final Cluster cluster;
  private final String host;

  private Load(Cluster cluster, String host) {
    this.cluster = cluster;
    this.host = host;
  }

  /** Begins, and returns once the first requests were answered. */
  static Load start(Cluster cluster, String host) {
    String kubeconfig = cluster.on("m1", "cat /etc/kubernetes/admin.conf");
    cluster.on(
        host,
        "rm -rf /run/load; mkdir -m 700 /run/load; cat > /run/load/kubeconfig <<'EOF'\n"
            + kubeconfig
            + "EOF\ncat > /run/load/run <<'EOF'\n"
            + SCRIPT
            + "EOF\nsystemd-run -q --collect --unit load bash /run/load/run");
    Load load = new Load(cluster, host);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> load.cluster.tryOn(host, "grep -c ok /run/load/tally").exit() == 0);
    return load;
  }

  Tally stop() {
    cluster.on(host, "touch /run/load/stop");
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> cluster.tryOn(host, "test -e /run/load/done").exit() == 0);
    Captured tally = cluster.tryOn(host, "cat /run/load/tally; rm -rf /run/load");
    List<String> lines = tally.stdout().lines().toList();
    List<String> failures = lines.stream().filter(line -> line.startsWith("failed")).toList();
    failures.stream().limit(10).forEach(line -> System.out.println("e2e: " + line));
    return new Tally(lines.size(), failures.size(), failures);
  }
}
