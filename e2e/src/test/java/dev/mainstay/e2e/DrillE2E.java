package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.e2e.Program.Result;
import dev.mainstay.e2e.Program.Running;
import dev.mainstay.model.ClusterHome;
import dev.mainstay.model.ClusterName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** What a drill breaks it measures, and it is healed again whatever becomes of the drill. */
@Order(SteadyCluster.ORDER + 2)
@ExtendWith(SteadyCluster.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class DrillE2E {
  private static final Cluster CLUSTER = SteadyCluster.CLUSTER;
  private static final String FAULT = "/run/mainstay/drill/fault";

  private static JsonNode drill(String... arguments) {
    String[] all = Stream.concat(Stream.of("drill"), Stream.of(arguments)).toArray(String[]::new);
    Result result =
        CLUSTER.mainstay(
            Stream.concat(Stream.of(all), Stream.of("--yes", "-o", "json")).toArray(String[]::new));
    assertThat(result.exit()).as(result.toString()).isZero();
    System.out.println("e2e: " + result.out().replaceAll("\\s+", " "));
    return result.json();
  }

  private static JsonNode node(JsonNode round, String name) {
    for (JsonNode node : round.path("nodes")) {
      if (node.path("name").asString("").equals(name)) {
        return node;
      }
    }
    throw new AssertionError("no node " + name + " in " + round);
  }

  @Test
  @Order(1)
  void aMasterThatGoesBlackIsMeasuredOnEveryNodeAndLeavesAReport() throws IOException {
    // without etcd's leader requests wait for up to seven seconds, whatever proxies do
    CLUSTER.lead("m1");
    Running watch = CLUSTER.program.start(CLUSTER.with("status", "--watch"));
    JsonNode report = drill("master-black-hole", "m2", "--for", "10s");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(Files.readString(watch.out()))
                // first all is well; then a master goes, and comes back
                .startsWith(SteadyCluster.NAME + " is healthy   Kubernetes v1.36.3")
                .containsSubsequence(
                    SteadyCluster.NAME + " is degraded\n", SteadyCluster.NAME + " is healthy\n")
                .containsSubsequence(
                    " w1: its proxy: m1 m3, DOWN m2\n", " w1: its proxy: m1 m2 m3\n"));
    watch.kill();
    JsonNode round = report.path("rounds").get(0);
    assertThat(round.path("target").asString("")).isEqualTo("m2");
    assertThat(round.path("nodes").valueStream().map(node -> node.path("name").asString("")))
        .containsExactly("m1", "m3", "w1");
    JsonNode worker = node(round, "w1");
    assertThat(worker.path("sent").asInt()).isGreaterThan(80);
    // without a proxy that notices, it would be 45 s; the machine that runs this test is busy
    assertThat(worker.path("longestSilenceMs").asInt(99_999)).isLessThan(5_000);
    assertThat(worker.path("longestWatchSilenceMs").asInt(99_999)).isLessThan(5_000);
    assertThat(worker.path("downAfterMs").asInt(99_999)).isLessThan(5_000);
    assertThat(worker.path("upAgainAfterMs").asInt(0)).isPositive();
    // a master leads to itself: it need not notice
    assertThat(node(round, "m1").has("downAfterMs")).isFalse();
    assertThat(CLUSTER.on("m2", "iptables -S")).doesNotContain("MAINSTAY-DRILL");
    Path folder =
        ClusterHome.beside(CLUSTER.playground.clusterFile(), new ClusterName(SteadyCluster.NAME))
            .drills();
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> reports = files.sorted().toList();
      assertThat(reports).hasSize(3);
      assertThat(Files.readString(reports.getFirst())).contains("<svg", "master-black-hole");
    }
    CLUSTER.isHealthy();
  }

  @Test
  @Order(2)
  void aFaultIsHealedByItsHostWhenTheControlMachineDies() {
    Running drill =
        CLUSTER.program.start(CLUSTER.with("drill", "master-frozen", "m3", "--for", "5s", "--yes"));
    await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> CLUSTER.tryOn("m3", "test -e " + FAULT).exit() == 0);
    drill.kill();
    Result plan = CLUSTER.mainstay("plan");
    assertThat(plan.exit()).as(plan.toString()).isEqualTo(7);
    assertThat(plan.err()).contains("m3 is in a drill", "mainstay-drill-heal.timer");
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> CLUSTER.tryOn("m3", "test -e " + FAULT).exit() != 0);
    CLUSTER.isHealthy(Duration.ofMinutes(1));
    CLUSTER.applyChangesNothing();
  }

  @Test
  @Order(3)
  void theLeaderOfEtcdDiesAndEveryProxyIsRestarted() {
    String leader = CLUSTER.status().path("etcd").path("leader").asString("");
    JsonNode report = drill("etcd-leader", "--for", "5s");
    assertThat(report.path("rounds").get(0).path("target").asString("")).isEqualTo(leader);
    assertThat(node(report.path("rounds").get(0), "w1").path("longestSilenceMs").asInt(99_999))
        .isLessThan(8_000);
    JsonNode restarts = drill("proxy-restart", "--for", "3s");
    assertThat(restarts.path("rounds").size()).isEqualTo(4);
    // those whose proxy it was are told by the end of their connections
    for (JsonNode round : restarts.path("rounds")) {
      JsonNode own = node(round, round.path("target").asString(""));
      assertThat(own.path("longestSilenceMs").asInt(99_999)).as(own.toString()).isLessThan(3_000);
      assertThat(own.path("longestWatchSilenceMs").asInt(99_999)).isLessThan(3_000);
      assertThat(own.path("watchesEnded").asInt()).isPositive();
    }
    CLUSTER.isHealthy();
  }

  @Test
  @Order(4)
  void whatTheClusterCannotAffordIsRefused() {
    CLUSTER.on("m1", "pkill -STOP -x etcd");
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> CLUSTER.status().path("etcd").path("healthy").asInt() == 2);
    Result refused = CLUSTER.mainstay("drill", "master-down", "m2", "--yes");
    assertThat(refused.exit()).as(refused.toString()).isEqualTo(6);
    assertThat(refused.err()).contains("a drill begins with a healthy cluster", "m1");
    CLUSTER.on("m1", "pkill -CONT -x etcd");
    CLUSTER.isHealthy(Duration.ofMinutes(2));
    Result typo = CLUSTER.mainstay("drill", "master-donw", "m2");
    assertThat(typo.exit()).isEqualTo(2);
    assertThat(typo.err()).contains("did you mean master-down?");
  }

  @Test
  @Order(5)
  void followersThatDoNotReachEachOtherAreNamedWhileTheirLeaderLives() {
    CLUSTER.lead("m1");
    String from = " INPUT -p tcp -s m3." + SteadyCluster.NAME + ".internal -j DROP";
    try {
      for (String port : List.of(" --dport 2380", " --sport 2380")) {
        CLUSTER.on("m2", "iptables -w -I" + from + port);
      }
      awaitThatTwoDoNotReachEachOther();
      Result drill = CLUSTER.mainstay("drill", "master-down", "m1", "--yes");
      assertThat(drill.exit()).as(drill.toString()).isEqualTo(6);
      assertThat(drill.err()).contains("m2: its etcd and that of m3 do not reach each other");
      // also one that never reached the other since it began
      String before = CLUSTER.on("m3", "pgrep -x etcd && pkill -x etcd");
      await()
          .atMost(Duration.ofMinutes(1))
          .until(
              () -> CLUSTER.tryOn("m3", "pgrep -x etcd").stdout(),
              now -> !now.isBlank() && !now.equals(before));
      awaitThatTwoDoNotReachEachOther();
      assertThat(CLUSTER.mainstay("etcd", "members").out()).contains("0 more can be lost");
    } finally {
      for (String port : List.of(" --dport 2380", " --sport 2380")) {
        CLUSTER.tryOn("m2", "iptables -w -D" + from + port);
      }
    }
    CLUSTER.isHealthy(Duration.ofMinutes(2));
  }

  private static void awaitThatTwoDoNotReachEachOther() {
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> {
          JsonNode status = CLUSTER.status();
          assertThat(status.path("etcd").path("healthy").asInt()).as("%s", status).isEqualTo(3);
          assertThat(status.path("etcd").path("canLose").asInt()).as("%s", status).isZero();
          assertThat(status.path("problems").toString())
              .contains("its etcd and that of m3 do not reach each other");
        });
  }

  @Test
  @Order(6)
  @Tag("long")
  void aMasterThatIsSwitchedOffAndAllInTurn() {
    JsonNode down = drill("master-down", "m1", "--for", "5s");
    assertThat(node(down.path("rounds").get(0), "w1").path("longestSilenceMs").asInt(99_999))
        .isLessThan(5_000);
    JsonNode turn = drill("all-masters-in-turn", "--for", "5s");
    assertThat(turn.path("fault").asString("")).isEqualTo("all-masters-in-turn");
    assertThat(turn.path("rounds").valueStream().map(round -> round.path("target").asString("")))
        .containsExactly("m1", "m2", "m3");
    for (JsonNode round : turn.path("rounds")) {
      JsonNode worker = node(round, "w1");
      assertThat(worker.path("longestSilenceMs").asInt(99_999))
          .as(round.toString())
          .isLessThan(5_000);
      assertThat(worker.path("upAgainAfterMs").asInt(0)).isPositive();
    }
    CLUSTER.isHealthy();
  }
}
