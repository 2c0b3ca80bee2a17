package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.util.List;

/**
 * A drill as it was agreed to.
 *
 * @param targets the nodes that are struck, one after the other
 * @param watched the nodes on which it is watched what that comes to
 * @param lasts how long each fault stays
 */
public record Drill(
    ClusterSpec spec, Fault fault, List<NodeSpec> targets, List<NodeSpec> watched, Duration lasts) {
  public Drill {
    targets = List.copyOf(targets);
    watched = List.copyOf(watched);
  }
}
