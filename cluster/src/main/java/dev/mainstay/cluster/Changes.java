package dev.mainstay.cluster;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Plan;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import java.util.List;
import java.util.Map;

/** A plan together with what it follows from. */
public final class Changes {
  private final ClusterSpec spec;
  private final ClusterFacts facts;
  private final Bundle bundle;
  private final Plan<Action> plan;
  private final List<Problem> problems;

  Changes(
      ClusterSpec spec,
      ClusterFacts facts,
      Bundle bundle,
      Plan<Action> plan,
      List<Problem> problems) {
    this.spec = spec;
    this.facts = facts;
    this.bundle = bundle;
    this.plan = plan;
    this.problems = List.copyOf(problems);
  }

  public ClusterSpec spec() {
    return spec;
  }

  ClusterFacts facts() {
    return facts;
  }

  Bundle bundle() {
    return bundle;
  }

  public Plan<Action> plan() {
    return plan;
  }

  /** What is worth knowing and stops nothing. */
  public List<Problem> warnings() {
    return problems;
  }

  /** The nodes that the cluster has and the file has not, which the plan takes out, sorted. */
  public List<NodeName> removed() {
    return facts.departures().stream()
        .filter(departure -> departure.cause() == Departure.Cause.REMOVED)
        .map(departure -> departure.node().name())
        .sorted()
        .toList();
  }

  /** The hosts that could not be looked at and that the plan therefore leaves out, and why. */
  public Map<NodeName, Failure> unreachable() {
    return facts.unreachable();
  }
}
