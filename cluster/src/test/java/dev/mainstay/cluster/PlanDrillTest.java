package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.cluster.ShowStatus.Look;
import dev.mainstay.model.Address;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.ComponentSettings;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  private static Look look(
      ClusterSpec spec, ClusterFacts facts, Map<NodeName, HostHealth> healths) {
    return new Look(facts, ShowStatus.status(spec, facts, healths, Instant.EPOCH));
  }

  private Drill drill(ClusterSpec spec, Fault fault, String... target) {
    return drill(spec, facts(spec, Fixture.api(spec, bundle)), fault, target);
  }

  private static Drill drill(ClusterSpec spec, ClusterFacts facts, Fault fault, String... target) {
    return drill(spec, look(spec, facts, Map.of()), fault, target);
  }

  private static Drill drill(ClusterSpec spec, Look look, Fault fault, String... target) {
    return PlanDrill.of(
        spec,
        look,
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
  }

  private List<String> watched(ClusterSpec spec, Fault fault, String target) {
    return PlanDrill.turn(
            drill(spec, fault, target),
            Fixture.node(spec, target),
            look(spec, facts(spec, Fixture.api(spec, bundle)), Map.of()))
        .watched()
        .stream()
        .map(node -> node.name().value())
        .toList();
  }

  @Test
  void whoWatches() {
    ClusterSpec wide = Fixture.spec(3, 12);
    assertThat(watched(wide, Fault.MASTER_FROZEN, "m2"))
        .startsWith("m1", "m3", "w1")
        .endsWith("w10")
        .hasSize(12);
    // whose proxy it is sees most of it
    assertThat(watched(wide, Fault.PROXY_RESTART, "w12")).contains("m2", "w12").hasSize(14);
  }

  @Test
  void whoLeadsEtcdByNowIsStruckAsItsLeader() {
    ClusterApi before = Fixture.api(THREE, bundle);
    Drill agreed = drill(THREE, facts(THREE, before), Fault.ETCD_LEADER);
    assertThat(targets(agreed)).containsExactly("m1");
    ClusterApi now =
        Fixture.withMembers(
            before,
            before.members().stream()
                .map(member ->
                    new ClusterApi.Member(
                        member.id(),
                        member.name(),
                        member.peerUrls(),
                        member.learner(),
                        member.healthy(),
                        member.name().startsWith("m3")))
                .toList());
    PlanDrill.Turn turn =
        PlanDrill.turn(agreed, Fixture.node(THREE, "m1"), look(THREE, facts(THREE, now), Map.of()));
    assertThat(turn.target().name().value()).isEqualTo("m3");
    assertThat(turn.through().name().value()).isEqualTo("m1");
  }

  @Test
  void whomTheOthersNeedToReachEachOtherIsLeftAlone() {
    Map<NodeName, HostFacts> hosts =
        new HashMap<>(facts(THREE, Fixture.api(THREE, bundle)).hosts());
    Map.of("m1", Set.<String>of(), "m2", Set.of("id-m3"), "m3", Set.of("id-m2"))
        .forEach((name, others) -> {
          FakeHost host = FakeHost.of(THREE, name).at(Stage.PROVISIONED, THREE, bundle);
          host.peers = Optional.of(new Peers.Voice("id-" + name, others));
          hosts.put(new NodeName(name), host.facts());
        });
    ClusterApi api = Fixture.api(THREE, bundle);
    ClusterFacts severed = new ClusterFacts(hosts, Map.of(), Optional.of(api));
    assertThatThrownBy(() ->
            PlanDrill.ensureAffordable(
                THREE, severed, api, Fault.MASTER_DOWN, Fixture.node(THREE, "m1")))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("these do not reach each other: m2 and m3");
    PlanDrill.ensureAffordable(THREE, severed, api, Fault.MASTER_DOWN, Fixture.node(THREE, "m2"));
  }

  @Test
  void aMasterThatAProxyWouldMissIsLeftAlone() {
    Map<NodeName, HostHealth> healths = new HashMap<>();
    for (String master : List.of("m1", "m2", "m3")) {
      healths.put(new NodeName(master), HostHealth.parse("backend ready self UP 60\n"));
    }
    healths.put(
        new NodeName("w1"),
        HostHealth.parse(
            "backend masters m1 DOWN 60\nbackend masters m2 UP 60\nbackend masters m3 DOWN 60\n"));
    Look look = look(THREE, facts(THREE, Fixture.api(THREE, bundle)), healths);
    assertThatThrownBy(() -> drill(THREE, look, Fault.MASTER_DOWN, "m2"))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("w1: its local proxy holds m1, m3 down, which serve");
  }

  @Test
  void aNodeWhoseProxyDoesNotRunHoldsItUp() {
    ClusterFacts facts = facts(THREE, Fixture.api(THREE, bundle));
    FakeHost stopped = FakeHost.of(THREE, "w2").at(Stage.PROVISIONED, THREE, bundle);
    stopped.units.put("mainstay-proxy", "inactive enabled");
    Map<NodeName, HostFacts> hosts = new HashMap<>(facts.hosts());
    hosts.put(new NodeName("w2"), stopped.facts());
    assertThatThrownBy(() ->
            drill(THREE, new ClusterFacts(hosts, Map.of(), facts.api()), Fault.MASTER_DOWN, "m2"))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("w2: its local proxy does not run");
  }

  @Test
  void aJumpHostIsNotCutOff() {
    List<NodeSpec> nodes = new ArrayList<>(THREE.nodes());
    nodes.set(
        4,
        new NodeSpec(
            new NodeName("w2"),
            Role.WORKER,
            new Address("10.77.0.22"),
            new SshSpec(
                "root",
                Optional.empty(),
                22,
                Optional.of(new SshSpec.Jump("10.77.0.12", "root", 22, Optional.empty())),
                Optional.empty())));
    ClusterSpec spec = Fixture.spec(nodes, ComponentSettings.NONE);
    assertThatThrownBy(() -> drill(spec, Fault.MASTER_BLACK_HOLE, "m2"))
        .isInstanceOf(Failure.Usage.class)
        .hasMessageContaining("m2 is the jump host of others");
    assertThat(targets(drill(spec, Fault.MASTER_BLACK_HOLE, "m1"))).containsExactly("m1");
    assertThat(targets(drill(spec, Fault.MASTER_DOWN, "m2"))).containsExactly("m2");
  }

  @Test
  void mastersInTurnAreCalledSo() {
    assertThat(drill(THREE, Fault.MASTER_DOWN).word()).isEqualTo("all-masters-in-turn");
    assertThat(drill(THREE, Fault.MASTER_DOWN, "m2").word()).isEqualTo("master-down");
    assertThat(drill(THREE, Fault.PROXY_RESTART).word()).isEqualTo("proxy-restart");
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
