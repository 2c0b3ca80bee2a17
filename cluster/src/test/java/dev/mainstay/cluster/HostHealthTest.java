package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.Problem;
import dev.mainstay.ssh.Output;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What health.sh says, and what a status makes of it. */
final class HostHealthTest {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Instant LEAF_ENDS = Instant.parse("2027-11-23T16:40:01Z");

  @Test
  void backendsAreThoseOfTheApiWithoutTheLastResort() {
    HostHealth health =
        HostHealth.parse(
            """
            backend masters m1 UP 3600
            backend masters m2 DOWN 1/3 3600
            backend masters m3 NOLB 3600
            backend masters last-m1 no check\s
            backend ready self UP 3600
            """);
    assertThat(health.backends())
        .containsExactly(
            new ClusterStatus.BackendStatus("m1", true),
            new ClusterStatus.BackendStatus("m2", false),
            new ClusterStatus.BackendStatus("m3", false));
  }

  @Test
  void aMasterIsLostWhenNoProbeHasReachedItForAWhile() {
    assertThat(
            HostHealth.parse(
                    """
                    backend masters m1 DOWN 10
                    backend masters m2 DOWN 9
                    backend masters m3 DOWN 1/3 3600
                    backend masters m4 NOLB 3600
                    backend masters m5 UP 3600
                    backend masters m6 DOWN
                    backend masters last-m1 DOWN 3600
                    """)
                .lost())
        .containsExactly("m1");
  }

  @Test
  void aMasterServesWhenItsOwnProxyHasFoundItReadyForAWhile() {
    assertThat(HostHealth.parse("backend ready self UP 10\n").serving()).isTrue();
    assertThat(HostHealth.parse("backend ready self UP 1/2 10\n").serving()).isTrue();
    for (String other : List.of("UP 9", "UP", "DOWN 3600", "NOLB 3600", "no check 3600")) {
      assertThat(HostHealth.parse("backend ready self " + other + "\n").serving()).isFalse();
    }
    assertThat(HostHealth.parse("backend alive self UP 3600\n").serving()).isFalse();
  }

  @Test
  void aMasterIsUpForItselfWhileItsApiserverIsAlive() {
    String config =
        """
        backend masters self no check 60
        backend kept self no check 60
        backend alive self %s 3
        backend ready self DOWN 60
        """;
    for (String state : List.of("UP", "UP 1/2")) {
      assertThat(HostHealth.parse(config.formatted(state)).backends())
          .containsExactly(new ClusterStatus.BackendStatus("self", true));
    }
    for (String state : List.of("DOWN", "DOWN 1/2")) {
      assertThat(HostHealth.parse(config.formatted(state)).backends())
          .containsExactly(new ClusterStatus.BackendStatus("self", false));
    }
  }

  @Test
  void aMasterThatNobodyWatchesYetTakesTrafficUnchecked() {
    assertThat(HostHealth.parse("backend masters self no check\n").backends())
        .containsExactly(new ClusterStatus.BackendStatus("self", true));
  }

  // a status of one master

  private final FakeHosts hosts = new FakeHosts();
  private final ClusterSpec spec = Fixture.spec(1, 0);

  private ClusterStatus show(Duration beforeTheEnd) throws InterruptedException {
    hosts.answer("observe", new Output(0, HostFactsTest.MASTER, ""));
    hosts.answer("health", new Output(0, "backend masters self no check\n", ""));
    hosts.answer(
        "certificates",
        new Output(0, "kubeconfig /x.conf " + HostCertificatesTest.LEAF + "\nend\n", ""));
    return new ShowStatus(hosts, Clock.fixed(LEAF_ENDS.minus(beforeTheEnd), ZoneOffset.UTC))
        .show(spec, PATIENCE);
  }

  @Test
  void aMasterWithoutItsProxyBlockAndApiIsDown() throws Exception {
    ClusterStatus status = show(Duration.ofDays(300));
    assertThat(status.state()).isEqualTo(ClusterStatus.State.DOWN);
    assertThat(status.problems())
        .extracting(Problem::what)
        .contains("its local proxy does not run", "no master answers at its API");
    ClusterStatus.NodeStatus node = status.nodes().getFirst();
    assertThat(node.reachable()).isTrue();
    assertThat(node.hostsBlock()).isEqualTo("missing");
    assertThat(node.proxyActive()).isFalse();
    assertThat(node.earliestExpiry()).contains(LEAF_ENDS);
  }

  @Test
  void certificatesThatEndSoonAreAWarningAndEndedOnesAnError() throws Exception {
    assertThat(show(Duration.ofDays(29)).problems())
        .anySatisfy(problem -> {
          assertThat(problem.what()).isEqualTo("a certificate ends " + LEAF_ENDS + ": /x.conf");
          assertThat(problem.isError()).isFalse();
          assertThat(problem.advice()).isEqualTo("run mainstay certs renew");
        });
    assertThat(show(Duration.ofDays(-1)).problems())
        .anySatisfy(problem -> {
          assertThat(problem.what()).isEqualTo("a certificate ended " + LEAF_ENDS + ": /x.conf");
          assertThat(problem.isError()).isTrue();
        });
    assertThat(show(Duration.ofDays(31)).problems())
        .noneMatch(problem -> problem.what().contains("certificate"));
  }

  @Test
  void aHostThatDoesNotAnswerIsAProblemAndStillANode() throws Exception {
    hosts.cut("m1", new Failure.Unreachable("m1 is off", "switch it on", true));
    ClusterStatus status = show(Duration.ofDays(300));
    assertThat(status.problems().getFirst())
        .isEqualTo(Problem.error("m1", "m1 is off", "switch it on"));
    assertThat(status.nodes().getFirst().reachable()).isFalse();
    assertThat(status.nodes().getFirst().hostsBlock()).isEqualTo("unknown");
    assertThat(status.state()).isEqualTo(ClusterStatus.State.DOWN);
  }

  @Test
  void aHostThatDoesNotAnswerInTimeHidesNoneOfTheOthersAndComesWhenItDoes() throws Exception {
    CountDownLatch answers = new CountDownLatch(1);
    hosts.answer("cluster", new Output(0, ClusterApiTest.WHOLE, ""));
    hosts.answer("health", new Output(0, "backend masters m1 UP 60\n", ""));
    hosts.answer(
        "observe",
        ran -> {
          if (ran.node().equals("w1")) {
            try {
              answers.await();
            } catch (InterruptedException stopped) {
              throw new IllegalStateException(stopped);
            }
          }
          return new Output(0, HostFactsTest.MASTER, "");
        });
    ClusterSpec two = Fixture.spec(1, 1);
    ShowStatus show = new ShowStatus(hosts, Clock.fixed(LEAF_ENDS, ZoneOffset.UTC));
    ClusterStatus without = show.show(two, PATIENCE);
    assertThat(without.nodes())
        .extracting(ClusterStatus.NodeStatus::reachable)
        .containsExactly(true, false);
    assertThat(without.problems())
        .contains(
            Problem.error(
                "w1", "no answer within 2 s", "is the host on, and not too busy to answer?"));
    answers.countDown();
    assertThat(show.show(two, Duration.ofMinutes(1)).nodes())
        .extracting(ClusterStatus.NodeStatus::reachable)
        .containsExactly(true, true);
    // one look at it, however often it was waited for
    assertThat(hosts.scripts()).containsOnlyOnce("w1 observe");
  }

  @Test
  void aStatusWaitsForNoStepAndAPlansObservationDoes() throws Exception {
    show(Duration.ofDays(300));
    assertThat(hosts.ran.getFirst().arguments()).startsWith("0", HostFiles.PATHS.getFirst());
    new Observe(hosts, Clock.systemUTC()).host(spec, Fixture.node(spec, "m1"));
    assertThat(hosts.ran.getLast().arguments()).startsWith("600");
  }

  @Test
  void etcdWithALearnerIsDegradedAndCanLoseNobody() throws Exception {
    hosts.answer("cluster", new Output(0, ClusterApiTest.WHOLE, ""));
    ClusterStatus status = show(Duration.ofDays(300));
    assertThat(status.etcd()).isEqualTo(new ClusterStatus.Etcd(3, 1, "m1", 0));
    assertThat(status.state()).isEqualTo(ClusterStatus.State.DEGRADED);
    assertThat(status.nodes().getFirst().ready()).isTrue();
    assertThat(status.nodes().getFirst().kubelet()).isEqualTo("v1.36.3");
    assertThat(status.problems())
        .contains(
            Problem.warning("m1", "hosts block is missing", "run mainstay apply"),
            Problem.error(
                "m2.demo.internal",
                "its etcd member is still a learner",
                "run mainstay apply, or wait a moment"));
  }

  @Test
  void aWorkerWhoseProxySeesNoMasterIsShown() throws Exception {
    hosts.answer("observe", new Output(0, HostFactsTest.MASTER, ""));
    hosts.answer(
        "health",
        ran ->
            new Output(
                0,
                ran.node().equals("w1")
                    ? "backend masters m1 DOWN 60\nbackend masters last-m1 no check \n"
                    : "backend masters self no check \nbackend ready self UP 60\n",
                ""));
    ClusterStatus status =
        new ShowStatus(hosts, Clock.fixed(LEAF_ENDS, ZoneOffset.UTC))
            .show(Fixture.spec(1, 1), PATIENCE);
    assertThat(status.problems())
        .filteredOn(problem -> problem.what().contains("last resort"))
        .extracting(Problem::where)
        .containsExactly("w1");
  }

  @Test
  void aProxyThatIsTooImpatientAtThisMomentIsNoProblem() throws Exception {
    hosts.answer(
        "observe",
        new Output(0, HostFactsTest.MASTER.replace("round-trip-class 150", "no-class"), ""));
    ClusterStatus status =
        new ShowStatus(hosts, Clock.fixed(LEAF_ENDS, ZoneOffset.UTC))
            .show(Fixture.spec(1, 1), PATIENCE);
    assertThat(status.problems())
        .filteredOn(problem -> problem.where().equals("w1"))
        .extracting(Problem::what)
        .isNotEmpty()
        .noneMatch(what -> what.contains("haproxy.cfg"));
  }
}
