package dev.mainstay.cli;

import dev.mainstay.cluster.Action;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A plan as people read it before they agree. */
final class PlanText {
  private PlanText() {}

  /** What is said of an empty plan; {@code allReached} where it is made of all hosts. */
  static String nothing(boolean allReached) {
    return nothing(List.of(), allReached);
  }

  /** The same of the part that stands in some phases; none: of all of it. */
  static String nothing(List<String> only, boolean allReached) {
    if (!only.isEmpty()) {
      return "nothing to do in "
          + String.join(", ", only)
          + (allReached ? "" : " on the hosts that answer")
          + "; mainstay plan shows all of it";
    }
    return allReached
        ? "nothing to do: the cluster is what the file says"
        : "nothing to do on the hosts that answer; what the others need is not known";
  }

  /**
   * The text of {@code plan}.
   *
   * @param usual how long steps took before, by kind; told of those that disturb something
   */
  static String of(Plan<Action> plan, Map<String, Duration> usual) {
    StringBuilder text = new StringBuilder();
    for (Phase<Action> phase : plan.phases()) {
      text.append(phase.path()).append("  (").append(phase.title()).append(")\n");
      for (Step<Action> step : phase.steps()) {
        text.append("  ")
            .append(step.node().isEmpty() ? "" : step.node() + ": ")
            .append(step.what())
            .append("  [")
            .append(step.reason().name())
            .append(
                step.disrupts() == Disruption.NONE
                    ? ""
                    : ", disrupts: " + step.disrupts().word() + before(step, usual))
            .append("]\n");
      }
    }
    int steps = plan.steps().size();
    text.append(steps == 0 ? nothing(true) + "\n" : steps + (steps == 1 ? " step\n" : " steps\n"));
    return text.toString();
  }

  private static String before(Step<Action> step, Map<String, Duration> usual) {
    Duration took = usual.get(step.kind());
    return took == null
        ? ""
        : String.format(Locale.ROOT, ", took %.1f s before", took.toMillis() / 1000.0);
  }
}
