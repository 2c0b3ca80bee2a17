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
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class DrillTextTest {
  private static final ClusterSpec SPEC = JsonTest.spec();
  private static final NodeSpec TARGET = SPEC.masters().get(1);
  private static final NodeSpec WORKER = SPEC.workers().getFirst();

  private static DrillReport report() {
    Moments moments =
        new Moments(
            TARGET.name().value(),
            Duration.ofSeconds(5),
            Optional.of(Duration.ofSeconds(25)),
            Duration.ofSeconds(28));
    return report(moments, Optional.of(Duration.ofSeconds(3)), List.of());
  }

  private static DrillReport report(
      Moments moments, Optional<Duration> recovery, List<Failure> broken) {
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
                Duration.ofMillis(5_700), TARGET.name().value(), ProxyChange.State.DOWN),
            new ProxyChange(
                Duration.ofMillis(26_200), TARGET.name().value(), ProxyChange.State.UP));
    return new DrillReport(
        new Drill(SPEC, Fault.MASTER_BLACK_HOLE, List.of(TARGET), Duration.ofSeconds(20)),
        Instant.parse("2026-11-25T10:00:00.123Z"),
        List.of(
            new DrillReport.Round(
                TARGET,
                moments,
                recovery,
                Set.of(),
                List.of(
                    new DrillReport.NodeReport(
                        WORKER, NodeFigures.of(samples, changes, moments), samples)),
                broken)),
        broken);
  }

  @Test
  void aDrillThatWentBadlyTellsWhatItMeasuredAndWhy() {
    Moments moments =
        new Moments(
            TARGET.name().value(), Duration.ofSeconds(5), Optional.empty(), Duration.ofSeconds(28));
    DrillReport report =
        report(
            moments,
            Optional.empty(),
            List.of(
                new Failure.Failed("etcd has lost its majority", "mainstay status"),
                new Failure.Failed("m2 could not be healed from here", "")));
    Golden.check("text/drill-broken.md", DrillText.markdown(report));
    Golden.check("json/drill-broken.json", Json.text(DrillText.document(report)) + "\n");
    assertThat(DrillPage.of(report))
        .contains(">end<", "It was not seen that all was well again.", "lost its majority")
        .doesNotContain(">healed<", ">well<");
  }

  @Test
  void mastersInTurnAreCalledSo() {
    DrillReport report =
        new DrillReport(
            new Drill(SPEC, Fault.MASTER_DOWN, SPEC.masters(), Duration.ofSeconds(20)),
            Instant.EPOCH,
            List.of(),
            List.of());
    assertThat(DrillText.title(report)).isEqualTo("Drill all-masters-in-turn on cluster demo");
    assertThat(DrillText.document(report)).containsEntry("fault", "all-masters-in-turn");
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
