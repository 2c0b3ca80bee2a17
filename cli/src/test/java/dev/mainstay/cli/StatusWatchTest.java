package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.ClusterStatus;
import dev.mainstay.cluster.ClusterStatus.BackendStatus;
import dev.mainstay.cluster.ClusterStatus.Etcd;
import dev.mainstay.cluster.ClusterStatus.NodeStatus;
import dev.mainstay.cluster.ClusterStatus.State;
import dev.mainstay.model.Problem;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StatusWatchTest {
  private static final Instant AT = Instant.parse("2026-11-25T10:00:00Z");
  private static final int ROWS = 24;
  private static final Map<String, Duration> ALL =
      Map.of(
          "m1",
          Duration.ofNanos(2_340_000),
          "m2",
          Duration.ofMillis(3),
          "w1",
          Duration.ofMillis(2));

  private final StatusWatch watch = new StatusWatch(ZoneOffset.UTC);

  private static NodeStatus node(String name, boolean ready, BackendStatus... backends) {
    return new NodeStatus(
        name,
        name.startsWith("m") ? "master" : "worker",
        "10.77.0.11",
        true,
        ready,
        "v1.36.3",
        true,
        List.of(backends),
        "current",
        Optional.empty());
  }

  private static BackendStatus up(String name) {
    return new BackendStatus(name, true);
  }

  private static ClusterStatus healthy() {
    return new ClusterStatus(
        JsonTest.spec(),
        State.HEALTHY,
        new Etcd(2, 2, "m1", 0),
        List.of(
            node("m1", true, up("m1")),
            node("m2", true, up("m2")),
            node("w1", true, up("m2"), up("m1"))),
        List.of());
  }

  private static ClusterStatus dying() {
    return new ClusterStatus(
        JsonTest.spec(),
        State.DEGRADED,
        new Etcd(2, 1, "", 0),
        List.of(
            node("m1", true, up("m1")),
            node("m2", false, new BackendStatus("m2", false)),
            node("w1", true, up("m1"), new BackendStatus("m2", false))),
        List.of(
            Problem.error(
                "m2.demo.internal", "its etcd member is not healthy", "run mainstay apply")));
  }

  @Test
  void aFirstLookChangesNothing() {
    assertThat(watch.look(healthy(), ALL, AT)).isEmpty();
    assertThat(watch.look(healthy(), ALL, AT)).isEmpty();
  }

  @Test
  void nobodyIsSilentBeforeAnythingWasMeasured() {
    assertThat(watch.look(healthy(), Map.of(), AT)).isEmpty();
    assertThat(watch.screen(healthy(), Map.of(), AT, ROWS)).doesNotContain("silent");
    assertThat(watch.look(healthy(), ALL, AT)).isEmpty();
    for (int look = 2; look < 4; look++) {
      watch.look(healthy(), ALL, AT);
    }
    assertThat(watch.look(healthy(), Map.of(), AT)).hasSize(3);
    assertThat(watch.screen(healthy(), Map.of(), AT, ROWS)).contains("silent");
  }

  @Test
  void whoIsSilentForTheFirstLooksIs() {
    for (int look = 0; look < 4; look++) {
      assertThat(watch.look(healthy(), Map.of(), AT)).isEmpty();
    }
    assertThat(watch.screen(healthy(), Map.of(), AT, ROWS)).contains("silent");
  }

  @Test
  void aDyingMasterIsTold() {
    watch.look(healthy(), ALL, AT);
    List<String> changed = watch.look(dying(), Map.of("m1", Duration.ofMillis(2)), AT);
    assertThat(changed)
        .containsExactly(
            "10:00:00  demo is degraded",
            "10:00:00  etcd: 1 of 2 members healthy, no leader",
            "10:00:00  m2 is not ready",
            "10:00:00  m2: the endpoint does not answer",
            "10:00:00  m2: its proxy: itself DOWN",
            "10:00:00  w1: the endpoint does not answer",
            "10:00:00  w1: its proxy: m1, DOWN m2");
    Golden.check(
        "text/watch.txt", watch.screen(dying(), Map.of("m1", Duration.ofMillis(2)), AT, ROWS));
  }

  @Test
  void eightyColumnsAreEnough() {
    watch.look(healthy(), ALL, AT);
    watch.look(dying(), ALL, AT);
    assertThat(watch.screen(dying(), ALL, AT, ROWS).lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void ofManyNodesThoseThatAreNotWellAreShown() {
    List<NodeStatus> many = new ArrayList<>(healthy().nodes());
    for (int i = 2; i < 100; i++) {
      many.add(node("w" + i, i != 57, up("m1"), up("m2")));
    }
    ClusterStatus status =
        new ClusterStatus(JsonTest.spec(), State.DEGRADED, healthy().etcd(), many, List.of());
    Map<String, Duration> latencies = new java.util.HashMap<>();
    many.forEach(one -> latencies.put(one.name(), Duration.ofMillis(2)));
    assertThat(watch.screen(status, latencies, AT, ROWS))
        .contains("m1 ", "m2 ", "w57 ", "and 98 more nodes, which are well")
        .doesNotContain("w58 ");
    assertThat(watch.screen(status, latencies, AT, Integer.MAX_VALUE))
        .contains("w58 ", "w99 ")
        .doesNotContain("more nodes");
  }

  @Test
  void whateverHappensItFitsTheRowsAndSaysTheNewestLast() {
    watch.look(healthy(), ALL, AT);
    List<NodeStatus> nodes = new ArrayList<>(dying().nodes());
    List<Problem> problems = new ArrayList<>();
    for (int i = 2; i < 40; i++) {
      nodes.add(node("w" + i, false, new BackendStatus("m1", false)));
      problems.add(Problem.error("w" + i, "does not answer", ""));
    }
    ClusterStatus status =
        new ClusterStatus(JsonTest.spec(), State.DEGRADED, dying().etcd(), nodes, problems);
    List<String> changed = watch.look(status, Map.of(), AT);
    for (int rows : new int[] {10, 11, 12, 16, 24, 25, 50, 100}) {
      assertThat(watch.screen(status, Map.of(), AT, rows).lines())
          .describedAs("%d rows", rows)
          .hasSizeLessThan(rows)
          .endsWith(changed.getLast());
    }
    assertThat(watch.screen(status, Map.of(), AT, ROWS).lines())
        .hasSize(ROWS - 1)
        .anyMatch(
            line -> line.matches("and \\d+ more nodes, \\d+ of them not well: mainstay status"))
        .anyMatch(line -> line.matches("and \\d+ more: mainstay status"));
    assertThat(watch.screen(status, Map.of(), AT, 1).lines()).hasSizeLessThan(10);
  }
}
