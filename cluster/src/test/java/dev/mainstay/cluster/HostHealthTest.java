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
import org.junit.jupiter.api.Test;

/** What health.sh says, and what a status makes of it. */
final class HostHealthTest {
  /** A certificate made by openssl for a host. */
  private static final String LEAF =
      "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJjVENDQVJhZ0F3SUJBZ0lVVzM0WXUwejg1ZnQr"
          + "NW5acnZoWHB1OTlJWkk0d0NnWUlLb1pJemowRUF3SXcKRHpFTk1Bc0dBMVVFQXd3RWJHVmhaakFlRncw"
          + "eU5qRXhNak14TmpRd01ERmFGdzB5TnpFeE1qTXhOalF3TURGYQpNQTh4RFRBTEJnTlZCQU1NQkd4bFlX"
          + "WXdXVEFUQmdjcWhrak9QUUlCQmdncWhrak9QUU1CQndOQ0FBU29DSUd1Ck40R3dmQW1PVmEwY0FPL2ww"
          + "VjF4UEVjV2gzRzMyNzJ5OWRHUTJnSFdnUDdjTTFSY2x6YWhkSnpuaFk5T1QrWDUKb0t6LytoRGpuTmZW"
          + "WjhqcG8xQXdUakFkQmdOVkhRNEVGZ1FVOFZkS0tKWmNkYXFoTzF3YU0rN3NvQjk0TDNVdwpId1lEVlIw"
          + "akJCZ3dGb0FVOFZkS0tKWmNkYXFoTzF3YU0rN3NvQjk0TDNVd0RBWURWUjBUQVFIL0JBSXdBREFLCkJn"
          + "Z3Foa2pPUFFRREFnTkpBREJHQWlFQTAvSnFnSXRpaU1FaU9jWkJaTXAyZzVITUQzcU1vVFJrZzBZVVVl"
          + "dkoKbjRVQ0lRRGpMWHBaZUdla1lYQy9PZTBsS1Zvc09nemtsTXlxUWdySFg1S0wvWGxsbFE9PQotLS0t"
          + "LUVORCBDRVJUSUZJQ0FURS0tLS0tCg==";

  /** An authority's, which ends earlier. */
  private static final String AUTHORITY =
      "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJjRENDQVJXZ0F3SUJBZ0lVTTJNeGdnakdLMkdS"
          + "cTFNMjFnaHkrWEQwYVlnd0NnWUlLb1pJemowRUF3SXcKRFRFTE1Ba0dBMVVFQXd3Q1kyRXdIaGNOTWpZ"
          + "eE1USXpNVFkwTURBeFdoY05Nall4TWpBek1UWTBNREF4V2pBTgpNUXN3Q1FZRFZRUUREQUpqWVRCWk1C"
          + "TUdCeXFHU000OUFnRUdDQ3FHU000OUF3RUhBMElBQktnSWdhNDNnYkI4CkNZNVZyUndBNytYUlhYRThS"
          + "eGFIY2JmYnZiTDEwWkRhQWRhQS90d3pWRnlYTnFGMG5PZUZqMDVQNWZtZ3JQLzYKRU9PYzE5Vm55T21q"
          + "VXpCUk1CMEdBMVVkRGdRV0JCVHhWMG9vbGx4MXFxRTdYQm96N3V5Z0gzZ3ZkVEFmQmdOVgpIU01FR0RB"
          + "V2dCVHhWMG9vbGx4MXFxRTdYQm96N3V5Z0gzZ3ZkVEFQQmdOVkhSTUJBZjhFQlRBREFRSC9NQW9HCkND"
          + "cUdTTTQ5QkFNQ0Ewa0FNRVlDSVFETVR5eEQzcmM5bGRLYjNUeWcvZWFyc3BGeFlLaWFwWTFtZkVLemts"
          + "cWkKV2dJaEFOd044NEhqR2E0VTZEaEJqQnRac1BRMTFMSFZ3VDZWcTl6UnZnd3VXZkxsCi0tLS0tRU5E"
          + "IENFUlRJRklDQVRFLS0tLS0K";

  private static final Instant LEAF_ENDS = Instant.parse("2027-11-23T16:40:01Z");

  @Test
  void certificatesOfAuthoritiesDoNotCount() {
    HostHealth health =
        HostHealth.parse(
            "certificate /etc/kubernetes/pki/ca.crt "
                + AUTHORITY
                + "\ncertificate /etc/kubernetes/pki/apiserver.crt "
                + LEAF
                + "\nend\n");
    assertThat(health.certificates()).hasSize(2);
    assertThat(health.earliestExpiry()).contains(LEAF_ENDS);
  }

  @Test
  void aTornCertificateIsLeftOut() {
    HostHealth health =
        HostHealth.parse(
            "certificate a " + LEAF.substring(0, 200) + "\ncertificate b\ncertificate c !!\n");
    assertThat(health.certificates()).isEmpty();
    assertThat(health.earliestExpiry()).isEmpty();
    assertThat(HostHealth.parse("").backends()).isEmpty();
  }

  @Test
  void backendsAreThoseOfTheApiWithoutTheLastResort() {
    HostHealth health =
        HostHealth.parse(
            """
            backend masters m1 UP
            backend masters m2 DOWN 1/3
            backend masters m3 NOLB
            backend masters last-m1 no check
            backend ready self UP
            """);
    assertThat(health.backends())
        .containsExactly(
            new ClusterStatus.BackendStatus("m1", true),
            new ClusterStatus.BackendStatus("m2", false),
            new ClusterStatus.BackendStatus("m3", false));
  }

  @Test
  void aMastersOwnBackendTakesTrafficUnchecked() {
    assertThat(HostHealth.parse("backend masters self no check\n").backends())
        .containsExactly(new ClusterStatus.BackendStatus("self", true));
  }

  // a status of one master

  private final FakeHosts hosts = new FakeHosts();
  private final ClusterSpec spec = Fixture.spec(1, 0);

  private ClusterStatus show(Duration beforeTheEnd) throws InterruptedException {
    hosts.answer("observe", new Output(0, HostFactsTest.MASTER, ""));
    hosts.answer(
        "health",
        new Output(0, "backend masters self no check\ncertificate x " + LEAF + "\nend\n", ""));
    return new ShowStatus(hosts, Clock.fixed(LEAF_ENDS.minus(beforeTheEnd), ZoneOffset.UTC))
        .show(spec);
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
          assertThat(problem.what()).isEqualTo("a certificate ends " + LEAF_ENDS);
          assertThat(problem.isError()).isFalse();
        });
    assertThat(show(Duration.ofDays(-1)).problems())
        .anySatisfy(problem -> {
          assertThat(problem.what()).isEqualTo("a certificate ended " + LEAF_ENDS);
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
}
