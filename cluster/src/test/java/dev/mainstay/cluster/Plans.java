package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Plans under test, and what is asked about them. */
final class Plans {
  private Plans() {}

  static Planner planner(ClusterSpec spec, ClusterFacts facts, Bundle bundle) {
    return new Planner(
        spec,
        facts,
        bundle,
        Fixture.description(spec, bundle),
        Fixture.FRESH_ID,
        PlanChanges.Wishes.NONE.drainTimeout());
  }

  static List<String> ids(Plan<Action> plan) {
    return plan.steps().stream().map(Step::id).toList();
  }

  static Step<Action> step(Plan<Action> plan, String id) {
    return plan.steps().stream().filter(step -> step.id().equals(id)).findFirst().orElseThrow();
  }

  /** Whether {@code later} cannot begin before {@code earlier} has succeeded; both are there. */
  static boolean waits(Plan<Action> plan, String later, String earlier) {
    assertThat(ids(plan)).contains(later, earlier);
    Set<String> reached = new HashSet<>();
    List<String> open = new ArrayList<>(List.of(later));
    while (!open.isEmpty()) {
      String id = open.removeLast();
      if (reached.add(id)) {
        open.addAll(step(plan, id).after());
      }
    }
    return !later.equals(earlier) && reached.contains(earlier);
  }
}
