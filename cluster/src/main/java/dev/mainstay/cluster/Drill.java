package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.util.List;

/**
 * A drill as it was agreed to.
 *
 * @param targets the nodes that are struck, one after the other; where the leader of etcd is to be
 *     struck, who led when it was agreed to
 * @param lasts how long each fault stays; zero for what is over the moment that it is there
 */
public record Drill(ClusterSpec spec, Fault fault, List<NodeSpec> targets, Duration lasts) {
  /** What {@link Fault#MASTER_DOWN} is called where it goes from master to master. */
  public static final String ALL_MASTERS_IN_TURN = "all-masters-in-turn";

  public Drill {
    targets = List.copyOf(targets);
    lasts = fault.lasts() ? lasts : Duration.ZERO;
  }

  /** As on the command line and in the JSON. */
  public String word() {
    return fault == Fault.MASTER_DOWN && targets.size() > 1 ? ALL_MASTERS_IN_TURN : fault.word();
  }
}
