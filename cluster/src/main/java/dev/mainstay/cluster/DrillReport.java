package dev.mainstay.cluster;

import dev.mainstay.cluster.drill.NodeFigures;
import dev.mainstay.cluster.drill.Sample;
import dev.mainstay.model.Failure;
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
 * @param broken why it ended before its end, the cause first; empty where it did not
 */
public record DrillReport(Drill drill, Instant began, List<Round> rounds, List<Failure> broken) {
  public DrillReport {
    rounds = List.copyOf(rounds);
    broken = List.copyOf(broken);
  }

  /**
   * One target's turn.
   *
   * @param recovery from the healing until all was well; empty where it did not come to that
   * @param notReady full names of nodes, beside the target, that the API showed as not Ready
   * @param broken what went badly once the target was struck, the cause first; empty where nothing
   *     did
   */
  public record Round(
      NodeSpec target,
      NodeFigures.Moments moments,
      Optional<Duration> recovery,
      Set<String> notReady,
      List<NodeReport> nodes,
      List<Failure> broken) {
    public Round {
      notReady = Set.copyOf(notReady);
      nodes = List.copyOf(nodes);
      broken = List.copyOf(broken);
    }
  }

  /** What it came to on one node. */
  public record NodeReport(NodeSpec node, NodeFigures figures, List<Sample> samples) {
    public NodeReport {
      samples = List.copyOf(samples);
    }
  }
}
