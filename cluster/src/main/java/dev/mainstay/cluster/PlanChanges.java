package dev.mainstay.cluster;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import dev.mainstay.ssh.Hosts;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Looks at the hosts and plans what makes them the cluster that the file describes. */
public final class PlanChanges {
  private final Observe observe;
  private final Supplier<String> freshId;

  /**
   * Prepares the use case.
   *
   * @param freshId makes the id of a new cluster
   */
  public PlanChanges(Hosts hosts, Clock clock, Supplier<String> freshId) {
    this.observe = new Observe(hosts, clock);
    this.freshId = freshId;
  }

  /**
   * The changes; nothing is changed yet.
   *
   * @throws Failure.Unreachable if a host answers with another key than the pinned one; if any host
   *     cannot be reached while there is no cluster yet; if no master can be reached
   * @throws Failure.PreflightFailed if a host cannot carry its node
   * @throws Failure.Refused if the difference must not, or cannot yet, be planned
   */
  public Changes plan(ClusterSpec spec, Bundle bundle) throws InterruptedException {
    ClusterFacts facts = observe.all(spec);
    refuseUnreachable(spec, facts);
    List<Problem> problems = Preflight.check(spec, facts);
    List<Problem> errors = problems.stream().filter(Problem::isError).toList();
    if (!errors.isEmpty()) {
      throw preflightFailed(errors);
    }
    ClusterDescription description =
        new ClusterDescription(spec, NetworkManifests.of(spec, bundle));
    PlanRenewal.Renewal renewal =
        PlanRenewal.ofDue(spec, facts.certificates(), observe.clock().instant());
    List<Problem> warnings = new ArrayList<>(problems);
    warnings.addAll(renewal.problems());
    return new Changes(
        spec,
        facts,
        bundle,
        new Planner(spec, facts, bundle, description, freshId.get()).renewing(renewal).plan(),
        warnings);
  }

  static Failure preflightFailed(List<Problem> errors) {
    return new Failure.PreflightFailed(
        "hosts are not fit for their nodes; nothing was changed\n"
            + errors.stream().map(Problem::toString).collect(Collectors.joining("\n")),
        "");
  }

  private static void refuseUnreachable(ClusterSpec spec, ClusterFacts facts) {
    boolean exists = facts.hosts().values().stream().anyMatch(HostFacts::isProvisioned);
    boolean anyMaster =
        spec.masters().stream().map(NodeSpec::name).anyMatch(facts.hosts()::containsKey);
    List<Failure> blocking =
        facts.unreachable().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(Map.Entry::getValue)
            .filter(failure -> !exists || !anyMaster || !failure.isRetryable())
            .toList();
    if (!blocking.isEmpty()) {
      throw new Failure.Unreachable(
          blocking.stream().map(Failure::text).collect(Collectors.joining("\n")),
          exists ? "" : "nothing was changed: a new cluster is made when all its hosts answer",
          true);
    }
  }
}
