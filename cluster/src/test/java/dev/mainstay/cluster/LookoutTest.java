package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LookoutTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 1);
  private static final NodeSpec M1 = Fixture.node(SPEC, "m1");

  private final ClusterApi well;
  private final Lookout lookout = new Lookout();

  LookoutTest(@TempDir Path folder) {
    well = Fixture.api(SPEC, Fixture.bundle(folder));
  }

  private void saw(Optional<ClusterApi> answer) {
    lookout.saw(M1, answer);
  }

  @Test
  void aFaultLastsWhileAMajorityIsHealthy() {
    for (int look = 0; look < 5; look++) {
      saw(Optional.of(Fixture.unhealthy(well, "m2")));
    }
    assertThat(lookout.danger()).isEmpty();
  }

  @Test
  void anElectionIsNoDanger() {
    saw(Optional.of(Fixture.unhealthy(well, "m1", "m2", "m3")));
    saw(Optional.of(well));
    saw(Optional.empty());
    saw(Optional.of(well));
    assertThat(lookout.danger()).isEmpty();
  }

  @Test
  void anotherMasterThatDiesEndsTheFault() {
    saw(Optional.of(Fixture.unhealthy(well, "m2", "m3")));
    assertThat(lookout.danger()).isEmpty();
    saw(Optional.of(Fixture.unhealthy(well, "m2", "m3")));
    assertThat(lookout.danger().map(Failure::getMessage))
        .contains("etcd has lost its majority: more is gone than what was struck");
  }

  @Test
  void anApiThatIsSilentTwiceEndsTheFaultAndStaysTheReason() {
    saw(Optional.empty());
    saw(Optional.empty());
    saw(Optional.of(well));
    assertThat(lookout.danger().map(Failure::getMessage))
        .contains("m1, which was not struck, no longer answers at its API");
  }
}
