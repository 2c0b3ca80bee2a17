package dev.mainstay.engine;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

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

  /**
   * A part of it: some of its steps, in the same phases and order. They wait for each other as
   * before, and for what is left out no more.
   */
  public Plan<A> only(Set<Step<A>> steps) {
    Set<String> ids = steps.stream().map(Step::id).collect(Collectors.toSet());
    return new Plan<>(
        phases.stream()
            .map(phase ->
                new Phase<>(
                    phase.path(),
                    phase.title(),
                    phase.steps().stream()
                        .filter(steps::contains)
                        .map(step -> step.afterOnly(ids))
                        .toList()))
            .toList());
  }

  public boolean isEmpty() {
    return phases.isEmpty();
  }
}
