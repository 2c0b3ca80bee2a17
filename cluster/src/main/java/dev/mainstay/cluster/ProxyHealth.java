package dev.mainstay.cluster;

import dev.mainstay.cluster.ClusterStatus.BackendStatus;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether local proxies see the masters that there are: a pure function. One that sees none still
 * works, by its last resort, and nobody would notice but by a dead master that stays in use.
 */
final class ProxyHealth {
  private ProxyHealth() {}

  /**
   * What is wrong with what {@code node}'s proxy sees: a warning, or none. Of masters that do not
   * serve nothing is said here.
   *
   * @param healths what every node that answered said of its proxy
   */
  static Optional<Problem> problem(
      ClusterSpec spec, NodeSpec node, ClusterFacts facts, Map<NodeName, HostHealth> healths) {
    HostHealth own = healths.getOrDefault(node.name(), HostHealth.NONE);
    List<String> unseen =
        spec.masters().stream()
            .filter(master -> serves(master, facts, healths))
            .map(master -> master.name().value())
            .filter(own.lost()::contains)
            .toList();
    if (unseen.isEmpty()) {
      return Optional.empty();
    }
    String masters = String.join(", ", unseen);
    return Optional.of(
        Problem.warning(
            node.name().value(),
            own.backends().stream().noneMatch(BackendStatus::up)
                ? "its local proxy holds no master up and runs on the last resort"
                : "its local proxy holds %s down, which %s"
                    .formatted(masters, unseen.size() == 1 ? "serves" : "serve"),
            "let %s through to port %d of %s, as %s: no firewall and no NAT in between; there the"
                    .formatted(node.name(), ProxyConfig.HEALTH_PORT, masters, node.address())
                + " proxy asks whether a master is alive"));
  }

  private static boolean serves(
      NodeSpec master, ClusterFacts facts, Map<NodeName, HostHealth> healths) {
    return facts.host(master.name()).map(HostFacts::ready).orElse(false)
        && healths.getOrDefault(master.name(), HostHealth.NONE).serving();
  }
}
