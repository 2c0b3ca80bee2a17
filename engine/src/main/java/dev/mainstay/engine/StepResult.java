package dev.mainstay.engine;

import java.time.Duration;
import java.util.Locale;

/**
 * What became of a step.
 *
 * @param detail for a failed or skipped step, why and what to do; else empty
 * @param elapsed from the moment that nothing held the step back until its end; zero if skipped
 */
public record StepResult(Outcome outcome, String detail, Duration elapsed) {
  /** How a step can end. */
  public enum Outcome {
    CHANGED,
    UNCHANGED,
    SKIPPED,
    FAILED;

    /** The constant in lower case, as in the JSON. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whether steps after this one may go on. */
  public boolean isDone() {
    return outcome == Outcome.CHANGED || outcome == Outcome.UNCHANGED;
  }
}
