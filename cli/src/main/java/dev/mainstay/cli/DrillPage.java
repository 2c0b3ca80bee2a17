package dev.mainstay.cli;

import dev.mainstay.cluster.DrillReport;
import dev.mainstay.cluster.DrillReport.NodeReport;
import dev.mainstay.cluster.DrillReport.Round;
import dev.mainstay.cluster.drill.NodeFigures.Moments;
import dev.mainstay.cluster.drill.Sample;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What a drill came to, as one HTML page that needs nothing beside it. */
final class DrillPage {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 120;
  private static final int LEFT = 60;
  private static final int BOTTOM = 18;
  private static final double LEAST_MILLIS = 1;
  private static final double MOST_MILLIS = 10_000;
  private static final Duration BEFORE = Duration.ofSeconds(2);
  private static final Duration AFTER = Duration.ofSeconds(1);

  private DrillPage() {}

  static String of(DrillReport report) {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>TITLE</title>
        <style>
        body {font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; color: #1c2330; background: #fff}
        table {border-collapse: collapse; margin: 1em 0; font-variant-numeric: tabular-nums}
        th, td {padding: .25em .6em; border-bottom: 1px solid #d8dde6; text-align: right; vertical-align: bottom}
        th {font-weight: 600; font-size: 13px}
        td {white-space: nowrap}
        th:first-child, td:first-child {text-align: left}
        figure {margin: 1em 0}
        figcaption {font-size: 13px; color: #566}
        svg {width: 100%; height: auto; display: block}
        .fault {fill: #f6e3c5}
        .axis {stroke: #c3cad6; stroke-width: 1}
        .kept {fill: #2b66b1}
        .new {fill: #4a9c6d}
        .event {fill: #9aa3b2}
        .bad {stroke: #c22; stroke-width: 1.6}
        text {font: 11px system-ui, sans-serif; fill: #566}
        </style>
        </head>
        <body>
        """
            .replace("TITLE", escaped(DrillText.title(report))));
    page.append("<h1>").append(escaped(DrillText.title(report))).append("</h1>\n");
    page.append("<p>").append(escaped(DrillText.summary(report))).append("</p>\n");
    page.append(
        "<p>In the charts, from left to right the time, upwards how long was waited for an answer"
            + " (blue: on a kept connection, green: on a new one) or for the next event of the"
            + " watch (grey); a red cross is a failure, or a watch that was ended. Shaded: while"
            + " the fault was there.</p>\n");
    for (Round round : report.rounds()) {
      page.append("<h2>").append(escaped(round.target().name().value())).append("</h2>\n");
      table(page, round);
      page.append("<p>").append(escaped(DrillText.remark(round))).append("</p>\n");
      round.nodes().forEach(node -> chart(page, node, round));
    }
    if (!report.broken().isEmpty()) {
      page.append("<p><strong>The drill ended before its end:</strong> ")
          .append(escaped(DrillText.reasons(report.broken())))
          .append("</p>\n");
    }
    return page.append("</body>\n</html>\n").toString();
  }

  private static void table(StringBuilder page, Round round) {
    page.append("<table>\n<tr>");
    DrillText.COLUMNS.forEach(column -> page.append("<th>").append(column).append("</th>"));
    page.append("</tr>\n");
    for (NodeReport node : round.nodes()) {
      page.append("<tr>");
      DrillText.cells(node)
          .forEach(cell -> page.append("<td>").append(escaped(cell)).append("</td>"));
      page.append("</tr>\n");
    }
    page.append("</table>\n");
  }

  private static void chart(StringBuilder page, NodeReport node, Round round) {
    Moments moments = round.moments();
    Duration from = moments.struck().minus(BEFORE);
    Duration until = moments.end().plus(AFTER);
    double scale = (WIDTH - LEFT) / (double) Math.max(1, until.minus(from).toMillis());
    page.append(
        "<figure>\n<svg viewBox=\"0 0 %d %d\" role=\"img\">\n".formatted(WIDTH, HEIGHT + BOTTOM));
    double struck = x(moments.struck(), from, scale);
    double width = Math.max(2, x(moments.healed().orElse(moments.end()), from, scale) - struck);
    page.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"fault\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%d\"/>\n",
            struck,
            width,
            HEIGHT));
    for (int millis : List.of(1, 10, 100, 1000, 10_000)) {
      double y = y(millis);
      page.append(
          String.format(
              Locale.ROOT,
              "<line class=\"axis\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n",
              LEFT,
              y,
              WIDTH,
              y));
      page.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
              LEFT - 6,
              Math.max(10, y + 4),
              millis < 1000 ? millis + " ms" : millis / 1000 + " s"));
    }
    label(page, struck, "fault");
    if (!DrillText.isOverAtOnce(round)) {
      moments.healed().ifPresent(healed -> label(page, x(healed, from, scale), "healed"));
    }
    label(page, x(moments.end(), from, scale), round.recovery().isPresent() ? "well" : "end");
    for (Sample sample : node.samples()) {
      if (sample.at().compareTo(from) >= 0 && sample.at().compareTo(until) <= 0) {
        mark(page, sample, x(sample.at(), from, scale));
      }
    }
    page.append("</svg>\n<figcaption>")
        .append(escaped("seen from " + node.node().name()))
        .append("</figcaption>\n</figure>\n");
  }

  private static void mark(StringBuilder page, Sample sample, double x) {
    double y = y(sample.took().toNanos() / 1e6);
    page.append(
        sample.isWell()
            ? String.format(
                Locale.ROOT,
                "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"1.6\"/>\n",
                sample.kind().name().toLowerCase(Locale.ROOT),
                x,
                y)
            : String.format(
                Locale.ROOT,
                "<path class=\"bad\" d=\"M%.1f %.1fl6 6m0 -6l-6 6\"><title>%s</title></path>\n",
                x - 3,
                y - 3,
                escaped(sample.failure())));
  }

  private static void label(StringBuilder page, double x, String word) {
    page.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
            Math.min(x, WIDTH - 16),
            HEIGHT + 13,
            word));
  }

  private static double x(Duration at, Duration from, double scale) {
    return LEFT + at.minus(from).toMillis() * scale;
  }

  /** On a scale on which each line is ten times the one below. */
  private static double y(double millis) {
    double bounded = Math.clamp(millis, LEAST_MILLIS, MOST_MILLIS);
    double share = Math.log10(bounded / LEAST_MILLIS) / Math.log10(MOST_MILLIS / LEAST_MILLIS);
    return HEIGHT - 4 - share * (HEIGHT - 8);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
