package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which hosts are given back, and which never. */
final class ResetClusterTest {
  private static final ClusterSpec SPEC = Fixture.spec(1, 1);

  private final Bundle bundle;

  ResetClusterTest(@TempDir Path folder) {
    bundle = Fixture.bundle(folder);
  }

  private FakeHost finished(String node) {
    return FakeHost.of(SPEC, node).at(Stage.PROVISIONED, SPEC, bundle);
  }

  private static NodeIdentity identity(String clusterId, String cluster, String node) {
    return new NodeIdentity(clusterId, cluster, node, "worker", "id-of-" + node);
  }

  private static List<Step<Action>> steps(FakeHost... hosts) {
    return ResetCluster.plan(
            SPEC,
            Fixture.facts(List.of(hosts).stream().map(FakeHost::facts).toList(), Optional.empty()))
        .plan()
        .steps();
  }

  @Test
  void hostsOfTheClusterAreGivenBackAsWhatTheyWereSeenToBe() {
    List<Step<Action>> steps = steps(finished("m1"), FakeHost.of(SPEC, "w1"));
    assertThat(steps).extracting(Step::id).containsExactly("hosts/reset/m1");
    assertThat(steps.getFirst().action())
        .isInstanceOfSatisfying(
            Action.Reset.class, reset -> assertThat(reset.clusterId()).isEqualTo(Fixture.ID));
  }

  @Test
  void hostsOfOthersNever() {
    FakeHost other = finished("w1");
    other.identity = Optional.of(identity(Fixture.ID, "prod", "w1"));
    assertThatThrownBy(() -> steps(finished("m1"), other))
        .isInstanceOf(Failure.Refused.class)
        .hasMessage("the host of w1 (10.77.0.21) is w1 of cluster prod");
    other.identity = Optional.of(identity(Fixture.ID, "demo", "w7"));
    assertThatThrownBy(() -> steps(finished("m1"), other))
        .hasMessage("the host of w1 (10.77.0.21) is w7 of cluster demo");
    other.identity = Optional.of(identity(Fixture.FRESH_ID, "demo", "w1"));
    assertThatThrownBy(() -> steps(finished("m1"), other))
        .isInstanceOf(Failure.Refused.class)
        .hasMessage("the hosts belong to 2 clusters of the same name: m1; w1");
  }
}
