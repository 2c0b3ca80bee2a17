package dev.mainstay.cluster;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

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

  /** Whether nothing is to be done but to wait until a cluster is well that was not. */
  boolean onlyWaits() {
    return !plan.isEmpty()
        && plan.steps().stream().allMatch(step -> step.reason() == Why.CLUSTER_NOT_WELL);
  }

  /**
   * The same, but of the plan only what stands in some phases. The look at the whole belongs to no
   * part.
   *
   * @param phases their paths or the first parts of them: {@code hosts}, {@code masters/join};
   *     none: all of it
   * @throws Failure.Refused if a step of theirs waits for one of another phase
   */
  public Changes only(List<String> phases) {
    if (phases.isEmpty()) {
      return this;
    }
    Set<Step<Action>> part = new LinkedHashSet<>();
    for (Phase<Action> phase : plan.phases()) {
      if (phases.stream().anyMatch(phase::isIn)) {
        part.addAll(phase.steps());
      }
    }
    // what comes after the look waits for it
    part.removeIf(step ->
        step.action() instanceof Action.Verify
            || step.action() instanceof Action.CloseStaleConnections);
    Set<String> ids = part.stream().map(Step::id).collect(Collectors.toSet());
    for (Step<Action> step : part) {
      step.after().stream()
          .filter(first -> !ids.contains(first))
          .sorted()
          .findFirst()
          .ifPresent(first -> {
            throw new Failure.Refused(
                "--only %s: %s waits for %s, which would be left out"
                    .formatted(String.join(", ", phases), step.id(), first),
                "nothing was changed. Name its phase as well (--only may be given more than"
                    + " once), or leave --only out; mainstay plan shows all of it");
          });
    }
    return new Changes(spec, facts, bundle, plan.only(part), problems);
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
