package dev.mainstay.cli;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.cluster.ApplyChanges;
import dev.mainstay.cluster.Changes;
import dev.mainstay.cluster.ClusterLock;
import dev.mainstay.cluster.PlanChanges;
import dev.mainstay.cluster.ProveCertificates;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.ssh.Hosts;
import java.util.UUID;

/** One apply from the file to the report: lock, observe, plan, agree, do, tell. */
final class ApplyRun {
  private final Session session;
  private final GlobalOptions options;

  ApplyRun(Session session, GlobalOptions options) {
    this.session = session;
    this.options = options;
  }

  /**
   * Runs it and prints the result.
   *
   * @param command how the run is called in the journal
   * @return the exit code
   */
  int run(String command) throws InterruptedException {
    ClusterSpec spec = options.spec(session);
    Bundle bundle = new BundleSupply(session).forApply(spec.kubernetes());
    try (Hosts hosts = options.hosts(session, spec);
        ClusterLock _ = ClusterLock.take(spec, hosts, session.owner())) {
      Changes changes =
          new PlanChanges(hosts, session.clock(), () -> UUID.randomUUID().toString())
              .plan(spec, bundle);
      changes.warnings().forEach(session.terminal().err()::println);
      return new PlanRun(session, options, spec, words(command, spec))
          .run(
              changes.plan(),
              changes.unreachable().values(),
              (listeners, stop) ->
                  new PlanRun.Outcome(
                      new ApplyChanges(hosts, session.clock()).apply(changes, listeners, stop),
                      new ProveCertificates(hosts).prove(changes)));
    }
  }

  private static PlanRun.Words words(String command, ClusterSpec spec) {
    return new PlanRun.Words(
        command,
        "nothing to do: the cluster is what the file says",
        "Apply this plan?",
        "the cluster is what the file says. Its endpoint on every node: https://" + spec.endpoint(),
        "mainstay apply");
  }
}
