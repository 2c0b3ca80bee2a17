package dev.mainstay.cli;

import dev.mainstay.cluster.Action;
import dev.mainstay.cluster.ClusterLock;
import dev.mainstay.cluster.ResetCluster;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.ssh.Hosts;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "reset",
    description = "Give the hosts back as they were before Mainstay. The cluster is gone for good.")
final class ResetCommand implements Callable<Integer> {
  @Mixin GlobalOptions options = new GlobalOptions();
  private final Session session;

  ResetCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    ClusterSpec spec = options.spec(session);
    Terminal terminal = session.terminal();
    options.confirmByName(
        session, spec, "This destroys cluster " + spec.name() + " and all that runs on it.");
    try (Hosts hosts = options.hosts(session, spec);
        ClusterLock lock = ClusterLock.take(spec, hosts, session.owner(), session.clock())) {
      ResetCluster reset = new ResetCluster(hosts, session.clock());
      ResetCluster.Reset planned = reset.plan(spec);
      planned.unreachable().forEach(failure -> terminal.err().println(failure.text()));
      RunProgress progress = RunProgress.of(terminal, options, planned.plan());
      StopSignal stop = new StopSignal(lock::lost);
      Map<Step<Action>, StepResult> results;
      try (OnInterrupt _ =
          new OnInterrupt(
              terminal,
              stop,
              "hosts that have begun are reset to the end; mainstay reset goes on",
              PlanRun.LONGEST_STEP)) {
        results = reset.run(planned, List.of(progress), stop);
        tell(planned, results); // while an interrupt still waits for it
      }
      boolean done = results.values().stream().allMatch(StepResult::isDone);
      return done && planned.unreachable().isEmpty()
          ? ExitCode.DONE
          : new PlanRun.Outcome(results, Optional.empty()).failedExit();
    }
  }

  private void tell(ResetCluster.Reset planned, Map<Step<Action>, StepResult> results) {
    Terminal terminal = session.terminal();
    results.forEach((step, result) -> {
      if (!result.isDone()) {
        terminal.err().println(step.id() + ": " + result.detail());
      }
    });
    if (options.json()) {
      terminal.out().println(Json.text(Json.plan(planned.plan(), Map.of(), results)));
    } else if (results.values().stream().allMatch(StepResult::isDone)) {
      terminal
          .out()
          .println(
              !planned.plan().isEmpty()
                  ? "reset " + results.size() + " hosts"
                  : planned.unreachable().isEmpty()
                      ? "nothing to reset: no host has anything of Mainstay"
                      : "of the hosts that could be reached none has anything of Mainstay");
    }
  }
}
