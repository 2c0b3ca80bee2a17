package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.cluster.ClusterStatus.State;
import dev.mainstay.model.ClusterSpec;
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
}
