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
    ClusterFacts facts =
        Fixture.facts(
            List.of(master.facts(), worker.facts()),
            Optional.of(Fixture.api(SPEC, Fixture.bundle(folder))));
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
}
