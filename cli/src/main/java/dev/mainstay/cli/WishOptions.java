package dev.mainstay.cli;

import dev.mainstay.cluster.PlanChanges;
import dev.mainstay.cluster.PlanChanges.Wishes;
import dev.mainstay.engine.Phase;
import dev.mainstay.model.Failure;
import dev.mainstay.model.GoDuration;
import dev.mainstay.model.NodeName;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Option;

/** Mutable (filled by picocli): what a plan is to do beyond what the file says. */
final class WishOptions {
  @Option(
      names = "--replace",
      paramLabel = "NAME",
      description =
          "The node NAME gets another machine, the one at its address in the file (or the same one,"
              + " made anew, where it is broken). Its old machine is taken out first.")
  List<String> replace = List.of();

  @Option(
      names = "--drain-timeout",
      paramLabel = "DURATION",
      defaultValue = "5m",
      description = "How long the pods of a node that leaves may take to go (default: 5m).")
  String drainTimeout = "5m";

  @Option(
      names = "--only",
      paramLabel = "PHASE",
      description =
          "Of the plan only what stands in this phase (as plan shows it: masters/join), or in all"
              + " that begin so (masters). May be given more than once; refused where it would"
              + " leave out what a step waits for.")
  List<String> only = List.of();

  List<String> only() {
    return phases(only);
  }

  /**
   * What was wished.
   *
   * @throws Failure.Usage if it makes no sense
   */
  Wishes wishes() {
    Duration timeout =
        GoDuration.parse(drainTimeout)
            .filter(Duration::isPositive)
            .orElseThrow(() ->
                new Failure.Usage(
                    "--drain-timeout: \"" + drainTimeout + "\" is not a duration",
                    "for example 90s, 5m or 1h"));
    return new Wishes(names("--replace", replace), timeout);
  }

  /**
   * Phases that were given to {@code --only}, by their paths or the first parts of them.
   *
   * @throws Failure.Usage if no phase can begin so
   */
  static List<String> phases(List<String> words) {
    for (String phase : words) {
      if (PlanChanges.PHASES.stream().noneMatch(path -> Phase.isIn(path, phase))) {
        throw new Failure.Usage(
            "--only: there is no phase \"" + phase + "\"",
            "it may be one of "
                + String.join(", ", new TreeSet<>(PlanChanges.PHASES))
                + ", or the first part of one");
      }
    }
    return words;
  }

  /** Node names that were given to an option. */
  static Set<NodeName> names(String option, List<String> words) {
    Set<NodeName> names = new LinkedHashSet<>();
    for (String word : words) {
      if (!NodeName.isValid(word)) {
        throw new Failure.Usage(
            option + ": \"" + word + "\" is not a node's name", "the file has them: m1, w2");
      }
      names.add(new NodeName(word));
    }
    return names;
  }
}
