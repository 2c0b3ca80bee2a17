package dev.mainstay.cli;

import dev.mainstay.cluster.DrillReport;
import dev.mainstay.cluster.DrillReport.NodeReport;
import dev.mainstay.cluster.DrillReport.Round;
import dev.mainstay.cluster.drill.NodeFigures;
import dev.mainstay.model.Failure;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a drill came to, as Markdown and as JSON. */
final class DrillText {
  static final List<String> COLUMNS =
      List.of(
          "node",
          "requests",
          "failed",
          "slowest",
          "slowest new connection",
          "longest silence",
          "longest silence of the watch",
          "watches ended",
          "down after",
          "up again after");

  private DrillText() {}

  /** A heading for the whole. */
  static String title(DrillReport report) {
    return "Drill %s on cluster %s".formatted(report.drill().word(), report.drill().spec().name());
  }

  /** What was done, in sentences. */
  static String summary(DrillReport report) {
    return ("%s, Kubernetes %s, %s and %s. The fault: %s%s. On each node a client"
            + " went through its own local proxy, from a second before the fault until all was"
            + " well again: a request every 100 ms on a connection that it keeps, one every 250"
            + " ms with a connection of its own, and a watch of an object that changes every"
            + " 200 ms. Times include the way from the control machine to the node.")
        .formatted(
            report.began().truncatedTo(ChronoUnit.SECONDS),
            report.drill().spec().kubernetes().tag(),
            count(report.drill().spec().masters().size(), "master"),
            count(report.drill().spec().workers().size(), "worker"),
            report.drill().fault().meaning(),
            !report.drill().fault().lasts()
                ? ""
                : ", for " + report.drill().lasts().toSeconds() + " s");
  }

  private static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  /** What else is to be said of a round. */
  static String remark(Round round) {
    return "%s beside %s. %s"
        .formatted(
            round.notReady().isEmpty()
                ? "No node became NotReady"
                : "NotReady: "
                    + round.notReady().stream().sorted().collect(Collectors.joining(", ")),
            round.target().name(),
            round
                .recovery()
                .map(recovery ->
                    "All was well %s after %s."
                        .formatted(
                            seconds(recovery), isOverAtOnce(round) ? "the fault" : "it was healed"))
                .orElse("It was not seen that all was well again."));
  }

  /** Whether what struck was over the moment that it was there. */
  static boolean isOverAtOnce(Round round) {
    return round.moments().healed().equals(Optional.of(round.moments().struck()));
  }

  /** Why the drill, or a turn of it, ended before its end; on several lines where there is more. */
  static String reasons(List<Failure> broken) {
    return broken.stream().map(Failure::text).collect(Collectors.joining("\n"));
  }

  /** The cells of one node's row, in the order of {@link #COLUMNS}. */
  static List<String> cells(NodeReport node) {
    NodeFigures figures = node.figures();
    return List.of(
        node.node().name().value(),
        String.valueOf(figures.sent()),
        String.valueOf(figures.failed()),
        millis(figures.slowest()),
        millis(figures.slowestNew()),
        millis(figures.silence()),
        millis(figures.watchSilence()),
        String.valueOf(figures.watchesEnded()),
        figures.down().map(DrillText::millis).orElse("-"),
        figures.back().map(DrillText::millis).orElse("-"));
  }

  static String markdown(DrillReport report) {
    StringBuilder text = new StringBuilder();
    text.append("# ").append(title(report)).append("\n\n").append(summary(report)).append('\n');
    for (Round round : report.rounds()) {
      text.append("\n## ").append(round.target().name()).append("\n\n");
      text.append("| ").append(String.join(" | ", COLUMNS)).append(" |\n");
      text.append("|---").append("|---:".repeat(COLUMNS.size() - 1)).append("|\n");
      round
          .nodes()
          .forEach(
              node -> text.append("| ").append(String.join(" | ", cells(node))).append(" |\n"));
      text.append('\n').append(remark(round)).append('\n');
    }
    if (!report.broken().isEmpty()) {
      text.append("\nThe drill ended before its end: ")
          .append(reasons(report.broken()))
          .append('\n');
    }
    return text.toString();
  }

  /** The document of {@code -o json}; durations in milliseconds. */
  static Map<String, Object> document(DrillReport report) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("cluster", report.drill().spec().name().value());
    document.put("kubernetes", report.drill().spec().kubernetes().tag());
    document.put("fault", report.drill().word());
    document.put("began", report.began().truncatedTo(ChronoUnit.MILLIS).toString());
    document.put("lastsMs", report.drill().lasts().toMillis());
    List<Object> rounds = new ArrayList<>();
    for (Round round : report.rounds()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("target", round.target().name().value());
      put(one, "recoveryMs", round.recovery());
      one.put("notReady", round.notReady().stream().sorted().toList());
      one.put("nodes", round.nodes().stream().map(DrillText::node).toList());
      one.put("broken", reasons(round.broken()));
      rounds.add(one);
    }
    document.put("rounds", rounds);
    document.put("broken", reasons(report.broken()));
    return document;
  }

  private static Map<String, Object> node(NodeReport node) {
    NodeFigures figures = node.figures();
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("name", node.node().name().value());
    one.put("sent", figures.sent());
    one.put("failed", figures.failed());
    one.put("slowestMs", figures.slowest().toMillis());
    one.put("slowestNewMs", figures.slowestNew().toMillis());
    one.put("longestSilenceMs", figures.silence().toMillis());
    one.put("longestWatchSilenceMs", figures.watchSilence().toMillis());
    one.put("watchesEnded", figures.watchesEnded());
    put(one, "downAfterMs", figures.down());
    put(one, "upAgainAfterMs", figures.back());
    return one;
  }

  private static void put(Map<String, Object> one, String key, Optional<Duration> duration) {
    duration.ifPresent(present -> one.put(key, present.toMillis()));
  }

  static String millis(Duration duration) {
    return duration.toMillis() + " ms";
  }

  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
