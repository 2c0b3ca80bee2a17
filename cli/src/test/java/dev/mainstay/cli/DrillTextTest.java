package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.Drill;
import dev.mainstay.cluster.DrillReport;
import dev.mainstay.cluster.Fault;
import dev.mainstay.cluster.drill.NodeFigures;
import dev.mainstay.cluster.drill.NodeFigures.Moments;
import dev.mainstay.cluster.drill.ProxyChange;
import dev.mainstay.cluster.drill.Sample;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class DrillTextTest {
  private static DrillReport report() {
    ClusterSpec spec = JsonTest.spec();
    NodeSpec target = spec.masters().get(1);
    Moments moments =
        new Moments(
            target.name().value(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(25),
            Duration.ofSeconds(28));
    List<Sample> samples = new ArrayList<>();
    for (int at = 3000; at < 29_000; at += 500) {
      boolean silent = at > 5000 && at < 6000;
      samples.add(
          new Sample(
              Sample.Kind.KEPT,
              Duration.ofMillis(at),
              Duration.ofMillis(silent ? 480 : 3),
              silent ? "the connection was reset by <m2> & co" : ""));
      samples.add(
          new Sample(Sample.Kind.EVENT, Duration.ofMillis(at + 5), Duration.ofMillis(500), ""));
    }
    List<ProxyChange> changes =
        List.of(
            new ProxyChange(
                Duration.ofMillis(5_700), target.name().value(), ProxyChange.State.DOWN),
            new ProxyChange(
                Duration.ofMillis(26_200), target.name().value(), ProxyChange.State.UP));
    NodeSpec worker = spec.workers().getFirst();
    return new DrillReport(
        new Drill(
            spec,
            Fault.MASTER_BLACK_HOLE,
            List.of(target),
            List.of(worker),
            Duration.ofSeconds(20)),
        Instant.parse("2026-11-25T10:00:00.123Z"),
        List.of(
            new DrillReport.Round(
                target,
                moments,
                Duration.ofSeconds(3),
                Set.of(),
                List.of(
                    new DrillReport.NodeReport(
                        worker, NodeFigures.of(samples, changes, moments), samples)))),
        Optional.empty());
  }

  @Test
  void aReportReadsAsMarkdownAndAsJson() {
    Golden.check("text/drill.md", DrillText.markdown(report()));
    Golden.check("json/drill.json", Json.text(DrillText.document(report())) + "\n");
  }

  @Test
  void thePageNeedsNothingBesideIt() {
    String page = DrillPage.of(report());
    Golden.check("text/drill.html", page);
    assertThat(page)
        .doesNotContain("http://", "https://", "<script", "src=")
        .contains("&lt;m2&gt; &amp; co");
  }
}
