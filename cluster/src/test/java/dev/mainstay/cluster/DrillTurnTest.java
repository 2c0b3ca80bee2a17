package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.cluster.DrillReport.Round;
import dev.mainstay.cluster.drill.Stopwatch;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Output;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One target's turn against hosts that answer as the test says; nobody looks on. */
@Timeout(60)
final class DrillTurnTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 0);
  private static final NodeSpec TARGET = Fixture.node(SPEC, "m2");

  private final FakeHosts hosts = new FakeHosts();
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());
  private final ClusterFacts facts;
  private StopSignal stop = new StopSignal();
  private Fault fault = Fault.MASTER_DOWN;
  private Duration lasts = Duration.ofSeconds(5);

  DrillTurnTest(@TempDir Path folder) {
    facts =
        Fixture.facts(
            SPEC.nodes().stream()
                .map(node ->
                    FakeHost.of(SPEC, node.name().value())
                        .at(Stage.PROVISIONED, SPEC, Fixture.bundle(folder))
                        .facts())
                .toList(),
            Optional.empty());
  }

  @BeforeEach
  void well() {
    hosts.answer("cluster", new Output(0, cluster(3), ""));
    hosts.answer("drill-strike", new Output(0, "striking\n", ""));
    hosts.answer("drill-heal", new Output(0, "healed\n", ""));
  }

  private static String list(String each) {
    return SPEC.masters().stream()
        .map(master ->
            each.replace("NAME", SPEC.fullName(master))
                .replace("ADDRESS", master.address().value())
                .replace("NUMBER", master.name().value().substring(1)))
        .collect(Collectors.joining(","));
  }

  /** What a master says of a cluster that is well, but for the members of etcd. */
  private static String cluster(int healthy) {
    String status =
        SPEC.masters().stream()
            .limit(healthy)
            .map(master ->
                "{\"Status\":{\"header\":{\"member_id\":%s},\"leader\":1}}"
                    .formatted(master.name().value().substring(1)))
            .collect(Collectors.joining(","));
    return ClusterApiTest.line(
            "nodes",
            "{\"items\":[%s]}"
                .formatted(
                    list(
                        """
                        {"metadata":{"name":"NAME"},"status":{
                          "addresses":[{"type":"InternalIP","address":"ADDRESS"}],
                          "conditions":[{"type":"Ready","status":"True"}]}}\
                        """)))
        + ClusterApiTest.line(
            "workloads",
            """
            {"items":[
              {"kind":"DaemonSet","metadata":{"name":"kube-proxy"},
               "status":{"desiredNumberScheduled":3,"numberReady":3}},
              {"kind":"Deployment","metadata":{"name":"coredns"},"spec":{"replicas":2},
               "status":{"readyReplicas":2}}]}
            """)
        + ClusterApiTest.line("network", "{\"items\":[]}")
        + ClusterApiTest.line(
            "endpoints",
            "{\"items\":[{\"endpoints\":[%s]}]}".formatted(list("{\"addresses\":[\"ADDRESS\"]}")))
        + ClusterApiTest.line("description", "")
        + ClusterApiTest.line("corefile", "")
        + ClusterApiTest.line(
            "members",
            "{\"members\":[%s]}"
                .formatted(
                    list(
                        """
                        {"ID":NUMBER,"name":"NAME","peerURLs":["https://NAME:2380"]}\
                        """)))
        + ClusterApiTest.line("etcd-status", "[" + status + "]");
  }

  private Optional<Round> turn() throws InterruptedException {
    return turn(Duration.ofSeconds(1));
  }

  /**
   * Runs it.
   *
   * @param tick how far the clock goes whenever somebody looks at it
   */
  private Optional<Round> turn(Duration tick) throws InterruptedException {
    AtomicLong clock = new AtomicLong();
    RunDrill.Listener listener =
        new RunDrill.Listener() {
          @Override
          public void happened(Duration at, String what) {
            said.add(what);
          }

          @Override
          public void looks(Duration at, List<RunDrill.View> views) {}
        };
    try (Onlookers nobody = new Onlookers()) {
      return new DrillTurn(
              new DrillTurn.Setting(
                  new Drill(SPEC, fault, List.of(TARGET), lasts),
                  new PlanDrill.Turn(TARGET, Fixture.node(SPEC, "m1"), List.of()),
                  facts,
                  new Stopwatch(() -> clock.getAndAdd(tick.toNanos()), 0),
                  listener,
                  stop),
              hosts,
              new Observe(hosts, Clock.systemUTC()),
              nobody)
          .run();
    }
  }

  private void assertNothingIsBroken() {
    assertThat(hosts.scripts()).doesNotContain("m2 drill-strike", "m2 drill-heal");
  }

  private static List<String> reasons(Round round) {
    return round.broken().stream().map(failure -> String.valueOf(failure.getMessage())).toList();
  }

  @Test
  void aMasterIsStruckHealedAndWaitedFor() throws Exception {
    Round round = turn().orElseThrow();
    assertThat(round.broken()).isEmpty();
    assertThat(round.recovery()).isPresent();
    assertThat(round.moments().healed().orElseThrow())
        .isBetween(round.moments().struck().plus(lasts), round.moments().end());
    assertThat(hosts.scripts().stream().filter(one -> one.startsWith("m2 drill")))
        .containsExactly("m2 drill-strike", "m2 drill-heal");
    assertThat(said)
        .containsExactly(
            "m2: its kubelet, static pods and local proxy end at once",
            "m2: healed",
            "all is well");
  }

  @Test
  void whatDoesNotLastIsNotWaitedFor() throws Exception {
    fault = Fault.PROXY_RESTART;
    lasts = Duration.ofHours(1);
    Round round = turn().orElseThrow();
    assertThat(round.recovery().orElseThrow()).isLessThan(Duration.ofMinutes(1));
    assertThat(said).containsExactly("m2: " + Fault.PROXY_RESTART.meaning(), "all is well");
  }

  @Test
  void whoIsToStopStrikesNobody() throws Exception {
    stop.request();
    assertThat(turn()).isEmpty();
    assertNothingIsBroken();
  }

  @Test
  void aStopInTheLastMomentIsHeard() throws Exception {
    hosts.answer(
        "cluster",
        _ -> {
          stop.request();
          return new Output(0, cluster(3), "");
        });
    assertThat(turn()).isEmpty();
    assertNothingIsBroken();
  }

  @Test
  void withoutTheLockOfTheClusterNobodyIsStruck() {
    Failure lost = new Failure.Locked("the lock was lost", "");
    stop = new StopSignal(() -> Optional.of(lost));
    assertThatThrownBy(this::turn).isSameAs(lost);
    assertNothingIsBroken();
  }

  @Test
  void aMemberThatDiedSinceThePlanHoldsItUp() {
    hosts.answer("cluster", new Output(0, cluster(2), ""));
    assertThatThrownBy(this::turn)
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("1 would be healthy without it, and 2 are needed");
    assertNothingIsBroken();
  }

  @Test
  void anApiThatIsSilentByNowHoldsItUp() {
    hosts.answer("cluster", new Output(1, "", ""));
    assertThatThrownBy(this::turn)
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("m1 no longer answers");
    assertNothingIsBroken();
  }

  @Test
  void aStrikeThatDidNotStrikeIsWhatIsTold() {
    hosts.answer("drill-strike", new Output(1, "", "etcd does not run here"));
    hosts.answer("drill-heal", new Output(1, "", "the connection is gone"));
    assertThatThrownBy(() -> turn(Duration.ofSeconds(30)))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("etcd does not run here");
    assertThat(said).singleElement().asString().contains("the connection is gone");
  }

  @Test
  void aStrikeThatBrokeOffIsHealedAndReported() throws Exception {
    hosts.answer("drill-strike", new Output(1, "striking\n", "the proxy does not stop"));
    Round round = turn().orElseThrow();
    assertThat(reasons(round)).singleElement().asString().contains("the proxy does not stop");
    assertThat(round.recovery()).isPresent();
    assertThat(hosts.scripts()).contains("m2 drill-heal");
  }

  @Test
  void whatCannotBeHealedLeavesAReport() throws Exception {
    hosts.answer("drill-heal", new Output(1, "", "the connection is gone"));
    Round round = turn(Duration.ofSeconds(30)).orElseThrow();
    assertThat(reasons(round))
        .singleElement()
        .asString()
        .contains("could not be healed from here", "the connection is gone");
    assertThat(round.moments().healed()).isEmpty();
    assertThat(round.recovery()).isEmpty();
  }

  @Test
  void aStopWhileTheMasterComesBackIsObeyed() throws Exception {
    hosts.answer(
        "answers",
        _ -> {
          stop.request();
          return new Output(75, "", "no answer through the local proxy");
        });
    Round round = turn().orElseThrow();
    assertThat(reasons(round)).containsExactly("interrupted");
    assertThat(round.moments().healed()).isPresent();
    assertThat(round.recovery()).isEmpty();
  }
}
