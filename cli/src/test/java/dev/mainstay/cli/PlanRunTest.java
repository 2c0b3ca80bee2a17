package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.Action;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.model.Failure;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PlanRunTest {
  private static final StepResult FAILED = result(StepResult.Outcome.FAILED, Optional.empty());
  private static final StepResult REFUSED =
      result(
          StepResult.Outcome.FAILED, Optional.of(new Failure.Refused("quorum would be lost", "")));
  private static final StepResult LOCKED =
      result(StepResult.Outcome.SKIPPED, Optional.of(new Failure.Locked("the lock was lost", "")));

  private static StepResult result(StepResult.Outcome outcome, Optional<Failure> failure) {
    return new StepResult(outcome, "", Duration.ZERO, failure);
  }

  private static int exit(StepResult... results) {
    Iterator<Step<Action>> steps = JsonTest.plan().steps().iterator();
    Map<Step<Action>, StepResult> all = new LinkedHashMap<>();
    List.of(results).forEach(result -> all.put(steps.next(), result));
    return new PlanRun.Outcome(all, Optional.empty()).failedExit();
  }

  @Test
  void exitsAsTheGravestOfItsFailures() {
    assertThat(exit(FAILED)).isEqualTo(1);
    assertThat(exit(FAILED, REFUSED)).isEqualTo(6);
    assertThat(exit(FAILED, REFUSED, LOCKED)).isEqualTo(7);
  }
}
