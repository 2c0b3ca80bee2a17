package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlanDrillTest {
  private static final ClusterSpec ONE = Fixture.spec(1, 1);
  private static final ClusterSpec THREE = Fixture.spec(3, 2);

  private final Bundle bundle;

  PlanDrillTest(@TempDir Path folder) {
    bundle = Fixture.bundle(folder);
  }

  private ClusterFacts facts(ClusterSpec spec, ClusterApi api) {
    Map<NodeName, HostFacts> hosts = new HashMap<>();
    spec.nodes()
        .forEach(node ->
            hosts.put(
                node.name(),
                FakeHost.of(spec, node.name().value())
                    .at(Stage.PROVISIONED, spec, bundle)
                    .facts()));
    return new ClusterFacts(hosts, Map.of(), Optional.of(api));
  }

  private Drill drill(ClusterSpec spec, Fault fault, String... target) {
    return drill(spec, facts(spec, Fixture.api(spec, bundle)), fault, target);
  }

  private static Drill drill(ClusterSpec spec, ClusterFacts facts, Fault fault, String... target) {
    return PlanDrill.of(
        spec,
        facts,
        new PlanDrill.Wish(
            fault,
            List.of(target).stream().map(NodeName::new).findFirst(),
            Duration.ofSeconds(20)));
  }

  private static List<String> targets(Drill drill) {
    return drill.targets().stream().map(NodeSpec::name).map(NodeName::value).toList();
  }

  @Test
  void whoIsStruck() {
    assertThat(targets(drill(THREE, Fault.MASTER_FROZEN, "m2"))).containsExactly("m2");
    assertThat(targets(drill(THREE, Fault.MASTER_DOWN))).containsExactly("m1", "m2", "m3");
    assertThat(targets(drill(THREE, Fault.PROXY_RESTART)))
        .containsExactly("m1", "m2", "m3", "w1", "w2");
    assertThat(targets(drill(THREE, Fault.ETCD_LEADER))).hasSize(1);
    assertThat(drill(THREE, Fault.MASTER_DOWN).watched()).hasSize(5);
  }

  @Test
  void aClusterOfOneMasterCannotAffordToLoseIt() {
    assertThatThrownBy(() -> drill(ONE, Fault.MASTER_BLACK_HOLE, "m1"))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining(
            "of etcd's 1 members 0 would be healthy without it, and 1 are needed");
    assertThatThrownBy(() -> drill(ONE, Fault.MASTER_FROZEN, "m1"))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("no other master's API is ready");
    assertThat(targets(drill(ONE, Fault.PROXY_RESTART, "w1"))).containsExactly("w1");
  }

  @Test
  void aClusterThatIsNotWellIsLeftAlone() {
    ClusterApi sick = Fixture.unhealthy(Fixture.api(THREE, bundle), "m3");
    assertThatThrownBy(() -> drill(THREE, facts(THREE, sick), Fault.PROXY_RESTART, "w1"))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("not healthy")
        .hasMessageContaining("m3");
  }

  @Test
  void aDrillThatIsNotHealedHoldsUpTheNext() {
    ClusterFacts facts = facts(THREE, Fixture.api(THREE, bundle));
    FakeHost broken = FakeHost.of(THREE, "m2").at(Stage.PROVISIONED, THREE, bundle);
    broken.traces.add("/run/mainstay/drill");
    Map<NodeName, HostFacts> hosts = new HashMap<>(facts.hosts());
    hosts.put(new NodeName("m2"), broken.facts());
    assertThatThrownBy(() ->
            drill(THREE, new ClusterFacts(hosts, Map.of(), facts.api()), Fault.PROXY_RESTART, "w1"))
        .isInstanceOf(Failure.Locked.class)
        .hasMessageContaining("m2 is in a drill");
  }

  @Test
  void onlyMastersDieAsMasters() {
    assertThatThrownBy(() -> drill(THREE, Fault.MASTER_DOWN, "w1"))
        .isInstanceOf(Failure.Usage.class)
        .hasMessageContaining("w1 is a worker");
    assertThatThrownBy(() -> drill(THREE, Fault.MASTER_DOWN, "m9"))
        .isInstanceOf(Failure.Usage.class)
        .hasMessageContaining("the file has no node m9");
  }
}
