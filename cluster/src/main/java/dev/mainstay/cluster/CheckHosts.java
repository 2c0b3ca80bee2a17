package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.Problem;
import dev.mainstay.ssh.Hosts;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Finds out whether all hosts of a file can carry their nodes; changes nothing. */
public final class CheckHosts {
  private final Observe observe;

  public CheckHosts(Hosts hosts, Clock clock) {
    this.observe = new Observe(hosts, clock);
  }

  /**
   * The problems of hosts, errors and warnings, in the file's order.
   *
   * @throws Failure.Unreachable with all hosts that cannot be looked at
   */
  public List<Problem> check(ClusterSpec spec) throws InterruptedException {
    ClusterFacts facts = observe.all(spec);
    List<Problem> problems = Preflight.check(spec, facts);
    if (!facts.unreachable().isEmpty()) {
      throw new Failure.Unreachable(
          facts.unreachable().entrySet().stream()
              .sorted(Map.Entry.comparingByKey())
              .map(entry -> entry.getValue().text())
              .collect(Collectors.joining("\n")),
          problems.stream().map(Problem::toString).collect(Collectors.joining("\n")),
          true);
    }
    return problems;
  }
}
