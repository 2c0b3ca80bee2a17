package dev.mainstay.cluster;

import dev.mainstay.engine.FanOut;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Stdin;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Looks at the certificates of hosts side by side; needs no API and changes nothing. */
final class ObserveCertificates {
  private static final int WINDOW = 64;
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  /** How far a look goes. */
  enum Extent {
    /** What lies on disk: all that a plan needs. */
    DISK,
    /** What the ports serve as well, which costs four handshakes a host. */
    SERVED
  }

  private final Hosts hosts;
  private final Extent extent;

  ObserveCertificates(Hosts hosts, Extent extent) {
    this.hosts = hosts;
    this.extent = extent;
  }

  /**
   * The certificates of {@code nodes}.
   *
   * @param unreachable takes the hosts that could not be looked at, and why
   */
  Map<NodeName, HostCertificates> all(List<NodeSpec> nodes, Map<NodeName, Failure> unreachable)
      throws InterruptedException {
    Map<NodeName, HostCertificates> seen = new TreeMap<>();
    for (Seen one : FanOut.map(nodes, WINDOW, this::look)) {
      switch (one) {
        case Seen.Certificates(NodeName node, HostCertificates certificates) ->
            seen.put(node, certificates);
        case Seen.Nothing(NodeName node, Failure why) -> unreachable.put(node, why);
      }
    }
    return seen;
  }

  private sealed interface Seen {
    record Certificates(NodeName node, HostCertificates certificates) implements Seen {}

    record Nothing(NodeName node, Failure why) implements Seen {}
  }

  private Seen look(NodeSpec node) {
    try {
      return new Seen.Certificates(node.name(), of(node));
    } catch (Failure failure) {
      return new Seen.Nothing(node.name(), failure);
    } catch (InterruptedException interrupted) {
      throw new java.util.concurrent.CancellationException();
    }
  }

  /** The certificates of {@code node}'s host. */
  HostCertificates of(NodeSpec node) throws InterruptedException {
    Output output =
        hosts
            .login(node)
            .run(
                new RemoteCommand(
                    Scripts.script("certificates"),
                    List.of(extent.name().toLowerCase(Locale.ROOT)),
                    Stdin.EMPTY,
                    DEADLINE));
    try {
      return HostCertificates.parse(output.stdout());
    } catch (IllegalArgumentException torn) {
      throw new Failure.Failed(
          node.name() + ": its certificates cannot be listed: " + torn.getMessage(),
          output.tail(3).isEmpty() ? "run the same command again" : output.tail(3));
    }
  }
}
