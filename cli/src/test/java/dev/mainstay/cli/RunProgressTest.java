package dev.mainstay.cli;

import dev.mainstay.cluster.Action;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunProgressTest {
  @TempDir Path home = Path.of("");
  private long now = 1_000_000_000L;

  private void later(double seconds) {
    now += (long) (seconds * 1e9);
  }

  /** A run in which the second step fails and the rest is skipped. */
  private String shown(RunProgress.Style style) {
    Captured captured = Captured.in(home);
    Plan<Action> plan = JsonTest.plan();
    List<Step<Action>> steps = plan.steps();
    RunProgress progress = new RunProgress(captured.session().terminal(), plan, style, () -> now);
    progress.started(steps.get(0));
    later(1.5);
    progress.progressed(steps.get(0), "312 of 640 MB");
    later(0.5);
    progress.ended(
        steps.get(0), new StepResult(StepResult.Outcome.CHANGED, "", Duration.ofSeconds(2)));
    progress.started(steps.get(1));
    later(60);
    progress.progressed(
        steps.get(1),
        "m2: is not Ready\nand w1, which says more than fits on one line of " + "x".repeat(80));
    later(1);
    progress.ended(
        steps.get(1),
        new StepResult(
            StepResult.Outcome.FAILED, "m2: it broke\n    mend it", Duration.ofSeconds(61)));
    for (int i = 2; i < 4; i++) {
      progress.ended(
          steps.get(i),
          new StepResult(
              StepResult.Outcome.SKIPPED, "waits for " + steps.get(i - 1).id(), Duration.ZERO));
    }
    return captured.out() + captured.err();
  }

  @Test
  void elsewhereThanOnATerminalEachStepIsALine() {
    Golden.check("text/progress-plain.txt", shown(RunProgress.Style.ENDS));
  }

  @Test
  void whoWantsMoreIsToldAllOfIt() {
    Golden.check("text/progress-all.txt", shown(RunProgress.Style.ALL));
  }

  @Test
  void onATerminalEachPhaseIsOneLineRewrittenInPlace() {
    Golden.check(
        "text/progress-live.txt", shown(RunProgress.Style.LIVE).replace("\u001b", "<ESC>"));
  }
}
