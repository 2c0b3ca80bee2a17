package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.cluster.ClusterStatus.State;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShowStatusTest {
  private static final ClusterSpec SPEC = Fixture.spec(1, 1);

  @TempDir Path folder = Path.of("");
  private FakeHost master = FakeHost.of(SPEC, "m1");
  private FakeHost worker = FakeHost.of(SPEC, "w1");

  /** A cluster that is well. */
  @BeforeEach
  void well() {
    Bundle bundle = Fixture.bundle(folder);
    master = FakeHost.of(SPEC, "m1").at(Stage.PROVISIONED, SPEC, bundle);
    worker = FakeHost.of(SPEC, "w1").at(Stage.PROVISIONED, SPEC, bundle);
  }

  private ClusterStatus status() {
    return status(Fixture.api(SPEC, Fixture.bundle(folder)));
  }

  private ClusterStatus status(ClusterApi api) {
    ClusterFacts facts = Fixture.facts(List.of(master.facts(), worker.facts()), Optional.of(api));
    return ShowStatus.status(SPEC, facts, Map.of(), Instant.EPOCH);
  }

  @Test
  void ofAWellClusterNothingIsSaid() {
    assertThat(status().problems()).isEmpty();
    assertThat(status().state()).isEqualTo(State.HEALTHY);
  }

  @Test
  void aNodeWithoutItsKubeletIsDegradedBeforeItsNodeIsNotReady() {
    worker.units.put("kubelet", "inactive enabled");
    assertThat(status().problems())
        .containsExactly(Problem.error("w1", "kubelet does not run", "run mainstay apply"));
    assertThat(status().state()).isEqualTo(State.DEGRADED);
  }

  @Test
  void whatRunsButNotAfterTheNextBootIsAWarning() {
    worker.units.put("kubelet", "active disabled");
    master.units.put(EtcdBackupFiles.TIMER_UNIT, "inactive enabled");
    assertThat(status().problems())
        .containsExactly(
            Problem.warning(
                "m1",
                EtcdBackupFiles.TIMER_UNIT + " does not run or does not start at boot",
                "run mainstay apply"),
            Problem.warning(
                "w1",
                "kubelet.service does not run or does not start at boot",
                "run mainstay apply"));
    assertThat(status().state()).isEqualTo(State.HEALTHY);
  }

  @Test
  void whatTheProxyMayNotReadAfterTheNextBootIsAWarning() {
    master.modes.put(ProxyConfig.PATH, "600");
    master.fingerprints.put("/etc/kubernetes/pki/ca.crt", "ca");
    assertThat(status().problems())
        .extracting(Problem::what)
        .containsExactly(
            ProxyConfig.PATH + " is missing, old or was changed",
            ProxyConfig.AUTHORITY + " is missing or was changed");
    master.modes.put(ProxyConfig.PATH, "644");
    master.files.put(ProxyConfig.AUTHORITY, "ca");
    assertThat(status().problems()).isEmpty();
    master.modes.put(ProxyConfig.AUTHORITY, "600");
    assertThat(status().problems()).hasSize(1);
  }

  @Test
  void dnsOnOneNodeIsAWarning() {
    ClusterApi api = Fixture.api(SPEC, Fixture.bundle(folder));
    String m1 = "m1.demo.internal";
    assertThat(status(Fixture.withDnsOn(api, List.of(m1, m1))).problems())
        .containsExactly(
            Problem.warning(
                "coredns",
                "all its pods are on m1.demo.internal: its death would be noticed",
                "run mainstay apply"));
  }

  @Test
  void whoCannotBeReachedMayHaveACluster() {
    String name = SPEC.name().value();
    Failure gone = new Failure.Unreachable("w1 (10.77.0.21): no route to host", "", true);
    ClusterFacts nobody =
        new ClusterFacts(Map.of(), Map.of(new NodeName("w1"), gone), Optional.empty());
    assertThat(ShowStatus.status(SPEC, nobody, Map.of(), Instant.EPOCH).problems())
        .last()
        .isEqualTo(
            Problem.error(
                name,
                "1 of 2 hosts cannot be reached, so that it is not known whether there is a"
                    + " cluster",
                "is this machine in their network?"));
    assertThat(
            ShowStatus.status(
                    SPEC,
                    Fixture.facts(
                        List.of(FakeHost.of(SPEC, "m1").facts(), FakeHost.of(SPEC, "w1").facts()),
                        Optional.empty()),
                    Map.of(),
                    Instant.EPOCH)
                .problems())
        .containsExactly(Problem.error(name, "there is no cluster yet", "run mainstay apply"));
  }
}
