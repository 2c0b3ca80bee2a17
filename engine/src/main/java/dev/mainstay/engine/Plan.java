package dev.mainstay.engine;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Everything that an apply is going to do and nothing else: phases in reading order, each with at
 * least one step. Steps name only steps that stand before them, so that a plan has no cycles.
 */
public record Plan<A>(List<Phase<A>> phases) {
  public Plan {
    phases = phases.stream().filter(phase -> !phase.steps().isEmpty()).toList();
    Set<String> before = new HashSet<>();
    for (Phase<A> phase : phases) {
      for (Step<A> step : phase.steps()) {
        if (!before.containsAll(step.after())) {
          throw new IllegalArgumentException(step.id() + " waits for a step not before it");
        }
        if (!before.add(step.id())) {
          throw new IllegalArgumentException("two steps are called " + step.id());
        }
      }
    }
  }

  /** In reading order. */
  public List<Step<A>> steps() {
    return phases.stream().flatMap(phase -> phase.steps().stream()).toList();
  }

  public boolean isEmpty() {
    return phases.isEmpty();
  }
}
