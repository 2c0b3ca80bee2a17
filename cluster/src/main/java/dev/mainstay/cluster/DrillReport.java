package dev.mainstay.cluster;

import dev.mainstay.cluster.drill.NodeFigures;
import dev.mainstay.cluster.drill.Sample;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a drill came to.
 *
 * @param rounds one a target that was struck, in order
 * @param broken why it ended before its end; empty where it did not
 */
public record DrillReport(Drill drill, Instant began, List<Round> rounds, Optional<String> broken) {
  public DrillReport {
    rounds = List.copyOf(rounds);
  }

  /**
   * One target's turn.
   *
   * @param recovery from the healing until all was well
   * @param notReady full names of nodes, beside the target, that the API showed as not Ready
   */
  public record Round(
      NodeSpec target,
      NodeFigures.Moments moments,
      Duration recovery,
      Set<String> notReady,
      List<NodeReport> nodes) {
    public Round {
      notReady = Set.copyOf(notReady);
      nodes = List.copyOf(nodes);
    }
  }

  /** What it came to on one node. */
  public record NodeReport(NodeSpec node, NodeFigures figures, List<Sample> samples) {
    public NodeReport {
      samples = List.copyOf(samples);
    }
  }
}
