package dev.mainstay.e2e;

import static org.awaitility.Awaitility.await;

import dev.mainstay.playground.Captured;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * A steady load on the API through a node's local proxy: 30 requests a second, a new TLS connection
 * each, authenticated by a client certificate, with no second try.
 */
final class Load {
  /** What became of the requests. */
  record Tally(long sent, long failed, List<String> failures) {}

  private final Cluster cluster;
  private final String host;

  private Load(Cluster cluster, String host) {
    this.cluster = cluster;
    this.host = host;
  }

  /** Begins, and returns once the first requests were answered. */
  static Load start(Cluster cluster, String host) {
    return startAt(cluster, host, "m1");
  }

  /** The same, with the administrator's certificate of {@code master}. */
  static Load startAt(Cluster cluster, String host, String master) {
    String kubeconfig = cluster.on(master, "cat /etc/kubernetes/admin.conf");
    cluster.on(
        host,
        "rm -rf /run/load; mkdir -m 700 /run/load; cat > /run/load/kubeconfig <<'EOF'\n"
            + kubeconfig
            + "EOF\ncat > /run/load/run <<'EOF'\n"
            + script()
            + "EOF\nsystemd-run -q --collect --unit load bash /run/load/run");
    Load load = new Load(cluster, host);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> load.cluster.tryOn(host, "grep -c ok /run/load/tally").exit() == 0);
    return load;
  }

  private static String script() {
    try (InputStream in = Objects.requireNonNull(Load.class.getResourceAsStream("load.sh"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
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
