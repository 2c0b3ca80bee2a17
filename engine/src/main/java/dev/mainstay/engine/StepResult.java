package dev.mainstay.engine;

import dev.mainstay.model.Failure;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * What became of a step.
 *
 * @param detail for a failed or skipped step, why and what to do; else empty
 * @param elapsed from the moment that nothing held the step back until its end; zero if skipped
 * @param failure what a failed step ended with, empty where that was no failure of the known
 *     family; or what forbade a skipped one to begin
 */
public record StepResult(
    Outcome outcome, String detail, Duration elapsed, Optional<Failure> failure) {
  /** A result without a failure of the known family. */
  public StepResult(Outcome outcome, String detail, Duration elapsed) {
    this(outcome, detail, elapsed, Optional.empty());
  }

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
