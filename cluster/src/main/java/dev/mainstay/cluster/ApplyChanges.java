package dev.mainstay.cluster;

import dev.mainstay.engine.Apply;
import dev.mainstay.engine.RunListener;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.ssh.Hosts;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** Carries out planned changes. */
public final class ApplyChanges {
  private static final int WINDOW = 64;

  private final Hosts hosts;
  private final Clock clock;

  public ApplyChanges(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
  }

  /** Runs all of the plan that can be run; one result a step, in the plan's order. */
  public Map<Step<Action>, StepResult> apply(
      Changes changes, List<RunListener<Action>> listeners, StopSignal stop)
      throws InterruptedException {
    Steps steps =
        new Steps(
            changes.spec(),
            changes.facts(),
            changes.bundle(),
            new RemoteSteps(hosts, stop),
            new Observe(hosts, clock));
    return new Apply<>(steps, listeners, stop, WINDOW, System::nanoTime).run(changes.plan());
  }
}
