package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Problem;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A cluster's condition, as data. */
public record ClusterStatus(
    ClusterSpec spec, State state, Etcd etcd, List<NodeStatus> nodes, List<Problem> problems) {
  public ClusterStatus {
    nodes = List.copyOf(nodes);
    problems = List.copyOf(problems);
  }

  /** The condition in one word. */
  public enum State {
    HEALTHY,
    DEGRADED,
    DOWN;

    /** The constant in lower case, as in the JSON. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The etcd cluster; without members where nobody said how it is.
   *
   * @param leader the leader's short name; empty without one
   * @param canLose how many more voters may be lost, whichever they are, before there is no quorum
   */
  public record Etcd(int members, int healthy, String leader, int canLose) {
    /** In a line. */
    public String text() {
      return members == 0
          ? "not known"
          : "%d of %d members healthy, %s, can lose %d"
              .formatted(
                  healthy, members, leader.isEmpty() ? "no leader" : leader + " leads", canLose);
    }
  }

  /**
   * One node.
   *
   * @param kubelet its version, {@code v1.36.3}; empty where it is no node
   * @param hostsBlock {@code current}, {@code old}, {@code missing} or {@code unknown}
   * @param earliestExpiry the end of the certificate that ends first, authorities left out
   */
  public record NodeStatus(
      String name,
      String role,
      String address,
      boolean reachable,
      boolean ready,
      String kubelet,
      boolean proxyActive,
      List<BackendStatus> backends,
      String hostsBlock,
      Optional<Instant> earliestExpiry) {
    public NodeStatus {
      backends = List.copyOf(backends);
    }
  }

  /** A local proxy's view of one backend. */
  public record BackendStatus(String name, boolean up) {}
}
