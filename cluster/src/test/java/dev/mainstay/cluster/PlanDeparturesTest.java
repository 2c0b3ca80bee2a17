package dev.mainstay.cluster;

import static dev.mainstay.cluster.Plans.ids;
import static dev.mainstay.cluster.Plans.step;
import static dev.mainstay.cluster.Plans.waits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.cluster.Departure.Cause;
import dev.mainstay.engine.Plan;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.ComponentSettings;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import dev.mainstay.model.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlanDeparturesTest {
  private static final ClusterSpec FIVE = Fixture.spec(5, 2);
  private static final ClusterSpec THREE = Fixture.spec(3, 2);
  private static final ClusterSpec TWO = without(THREE, "m3");

  private final Bundle bundle;

  PlanDeparturesTest(@TempDir Path folder) {
    bundle = Fixture.bundle(folder);
  }

  private static ClusterSpec without(ClusterSpec spec, String... names) {
    return Fixture.spec(
        spec.nodes().stream()
            .filter(node -> !List.of(names).contains(node.name().value()))
            .toList(),
        ComponentSettings.NONE);
  }

  private Map<NodeName, HostFacts> finished(ClusterSpec spec) {
    Map<NodeName, HostFacts> hosts = new HashMap<>();
    spec.nodes()
        .forEach(node ->
            hosts.put(
                node.name(),
                FakeHost.of(spec, node.name().value())
                    .at(Stage.PROVISIONED, spec, bundle)
                    .facts()));
    return hosts;
  }

  /** What {@code before}'s cluster looks like to the file {@code now}; all hosts answer. */
  private ClusterFacts facts(ClusterSpec before, ClusterSpec now, String... silent) {
    return facts(before, now, Fixture.api(before, bundle), silent);
  }

  private ClusterFacts facts(
      ClusterSpec before, ClusterSpec now, ClusterApi api, String... silent) {
    Map<NodeName, HostFacts> all = finished(before);
    Map<NodeName, HostFacts> kept = new HashMap<>(all);
    kept.keySet().removeIf(name -> now.node(name).isEmpty());
    ClusterFacts facts = new ClusterFacts(kept, Map.of(), Optional.of(api));
    List<Departure> departures = new ArrayList<>();
    for (Departure one : FindDepartures.expected(now, facts, Set.of(), new ArrayList<>())) {
      boolean answers = !List.of(silent).contains(one.node().name().value());
      departures.add(
          new Departure(
              one.node(),
              one.cause(),
              answers ? Optional.ofNullable(all.get(one.node().name())) : Optional.empty(),
              Optional.empty(),
              one.hasNode(),
              one.memberIds()));
    }
    return facts.leaving(kept, departures);
  }

  private Plan<Action> plan(ClusterSpec spec, ClusterFacts facts) {
    return Plans.planner(spec, facts, bundle).plan();
  }

  @Test
  void aLivingMasterLeavesInTheOrderThatLosesNoRequest() {
    Plan<Action> plan = plan(TWO, facts(THREE, TWO));
    assertThat(ids(plan))
        .containsExactly(
            "nodes/drain/m3",
            "hosts/configure/w1",
            "hosts/configure/w2",
            "masters/retire/m3",
            "masters/remove/m3",
            "nodes/reset/m3",
            "nodes/delete/m3",
            "hosts/configure/m1",
            "hosts/configure/m2",
            "cluster/addons/description",
            "cluster/verify");
    assertThat(waits(plan, "hosts/configure/w1", "nodes/drain/m3")).isTrue();
    assertThat(waits(plan, "masters/retire/m3", "hosts/configure/w2")).isTrue();
    assertThat(waits(plan, "masters/remove/m3", "masters/retire/m3")).isTrue();
    assertThat(waits(plan, "nodes/reset/m3", "masters/remove/m3")).isTrue();
    assertThat(waits(plan, "nodes/delete/m3", "nodes/reset/m3")).isTrue();
    assertThat(waits(plan, "hosts/configure/m1", "masters/remove/m3")).isTrue();
    assertThat(waits(plan, "cluster/addons/description", "nodes/delete/m3")).isTrue();
  }

  @Test
  void aMasterThatLeavesWaitsForTheOthersAsLongAsItsWayToThemNeeds() {
    FakeHost m3 = FakeHost.of(THREE, "m3").at(Stage.PROVISIONED, THREE, bundle);
    m3.roundTrips = new RoundTrips(Optional.of(Duration.ofMillis(80)), true, Optional.empty());
    ClusterFacts facts = facts(THREE, TWO);
    Departure near = facts.departures().getFirst();
    Departure far =
        new Departure(
            near.node(),
            near.cause(),
            Optional.of(m3.facts()),
            near.silence(),
            near.hasNode(),
            near.memberIds());
    Plan<Action> plan = plan(TWO, facts.leaving(facts.hosts(), List.of(far)));
    assertThat(step(plan, "masters/retire/m3").action())
        .isEqualTo(new Action.RetireMaster(near.node(), near.memberIds(), ProxyTimeouts.FAR));
  }

  @Test
  void aDeadMasterIsOnlyForgotten() {
    ClusterApi api = Fixture.unhealthy(Fixture.api(THREE, bundle), "m1");
    ClusterSpec rest = without(THREE, "m1");
    Plan<Action> plan = plan(rest, facts(THREE, rest, api, "m1"));
    assertThat(ids(plan))
        .containsExactly(
            "masters/remove/m1",
            "nodes/delete/m1",
            "hosts/configure/m2",
            "hosts/configure/m3",
            "hosts/configure/w1",
            "hosts/configure/w2",
            "cluster/addons/description",
            "cluster/verify");
    assertThat(plan.steps().getFirst().action())
        .isEqualTo(new Action.RemoveMember(Fixture.node(THREE, "m1"), Set.of("1")));
  }

  @Test
  void aWorkerIsDrainedBeforeItIsResetAndItsNodeGoesLast() {
    ClusterSpec rest = without(THREE, "w2");
    Plan<Action> plan = plan(rest, facts(THREE, rest));
    assertThat(ids(plan))
        .containsExactly(
            "nodes/drain/w2",
            "nodes/reset/w2",
            "nodes/delete/w2",
            "hosts/configure/m1",
            "hosts/configure/m2",
            "hosts/configure/m3",
            "hosts/configure/w1",
            "cluster/addons/description",
            "cluster/verify");
    assertThat(waits(plan, "nodes/reset/w2", "nodes/drain/w2")).isTrue();
    // pods that do not go hold up nobody else
    assertThat(waits(plan, "hosts/configure/w1", "nodes/drain/w2")).isFalse();
    assertThat(waits(plan, "hosts/configure/m1", "nodes/drain/w2"))
        .as("its proxy may ask m1 how it is as long as there are pods")
        .isTrue();
    ClusterFacts facts = facts(THREE, rest);
    Map<NodeName, HostFacts> hosts = new HashMap<>(facts.hosts());
    hosts.put(new NodeName("w1"), FakeHost.of(rest, "w1").facts());
    assertThat(
            waits(
                plan(rest, facts.leaving(hosts, facts.departures())),
                "hosts/configure/m1",
                "nodes/drain/w2"))
        .as("a node that joins has to be let in")
        .isFalse();
  }

  @Test
  void fiveBecomeThreeOneAfterTheOtherTheDeadOneFirst() {
    ClusterApi api = Fixture.unhealthy(Fixture.api(FIVE, bundle), "m5");
    Plan<Action> plan = plan(THREE, facts(FIVE, THREE, api, "m5"));
    assertThat(waits(plan, "masters/retire/m4", "masters/remove/m5")).isTrue();
    assertThat(waits(plan, "masters/remove/m4", "masters/retire/m4")).isTrue();
    assertThat(ids(plan)).doesNotContain("masters/retire/m5", "nodes/reset/m5", "nodes/drain/m5");
  }

  @Test
  void refusesWithTheArithmeticWhatWouldCostTheQuorum() {
    ClusterApi api = Fixture.unhealthy(Fixture.api(THREE, bundle), "m2");
    assertThatThrownBy(() -> plan(TWO, facts(THREE, TWO, api)))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("m3 is not taken out, to protect quorum: without m3")
        .hasMessageContaining("2 members, of which 1 are healthy (m1.demo.internal); 2 are needed");
    // the arithmetic goes on from one to the next
    ClusterSpec one = without(THREE, "m2", "m3");
    assertThat(ids(plan(one, facts(THREE, one))))
        .contains("masters/remove/m2", "masters/remove/m3");
  }

  @Test
  void whoIsTheOnlyOneThatTheOthersReachStays() {
    ClusterSpec rest = without(THREE, "m1");
    ClusterFacts facts = facts(THREE, rest);
    Map<NodeName, HostFacts> hosts = new HashMap<>(facts.hosts());
    hosts.put(new NodeName("m2"), missing("m2", "id-m3"));
    hosts.put(new NodeName("m3"), missing("m3", "id-m2"));
    assertThatThrownBy(() -> plan(rest, facts.leaving(hosts, facts.departures())))
        .isInstanceOf(Failure.Refused.class)
        .hasMessage(
            "m1 is not taken out, to protect quorum: none of the rest would reach a majority: m2:"
                + " its etcd and that of m3 do not reach each other")
        .satisfies(refused ->
            assertThat(((Failure) refused).advice()).contains("let m2 and m3 reach each other"));
    // one way round is enough for etcd
    hosts.put(new NodeName("m3"), missing("m3"));
    assertThat(ids(plan(rest, facts.leaving(hosts, facts.departures()))))
        .contains("masters/remove/m1");
  }

  private HostFacts missing(String name, String... others) {
    FakeHost host = FakeHost.of(THREE, name).at(Stage.PROVISIONED, THREE, bundle);
    host.peers = Optional.of(new Peers.Voice("id-" + name, Set.of(others)));
    return host.facts();
  }

  @Test
  void whatAFailedJoinLeftIsFoundThoughTheDescriptionDoesNotKnowIt() {
    // m4 was in the file, its join was killed while its member was a learner without a name, and
    // its line was taken out again: only the others' hosts blocks know where it was
    ClusterSpec four =
        Fixture.spec(
            java.util.stream.Stream.concat(
                    THREE.nodes().stream(),
                    java.util.stream.Stream.of(Fixture.node("m4", Role.MASTER, "10.77.0.14")))
                .toList(),
            ComponentSettings.NONE);
    ClusterApi three = Fixture.api(THREE, bundle);
    List<ClusterApi.Member> members = new ArrayList<>(three.members());
    members.add(
        new ClusterApi.Member("9", "", List.of("https://10.77.0.14:2380"), true, false, false));
    ClusterApi api =
        new ClusterApi(
            three.nodes(),
            three.workloads(),
            members,
            three.endpoints(),
            three.description(),
            three.dns());
    Map<NodeName, HostFacts> hosts = finished(four);
    hosts.remove(new NodeName("m4"));
    List<Departure> found =
        FindDepartures.expected(
            THREE,
            new ClusterFacts(hosts, Map.of(), Optional.of(api)),
            Set.of(),
            new ArrayList<>());
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().node().address().value()).isEqualTo("10.77.0.14");
    assertThat(found.getFirst().memberIds()).containsExactly("9");
    assertThat(found.getFirst().hasNode()).isFalse();
    hosts.keySet().retainAll(Set.of(new NodeName("m1"), new NodeName("m2"), new NodeName("m3")));
    assertThat(
            ids(plan(THREE, new ClusterFacts(hosts, Map.of(), Optional.of(api), Map.of(), found))))
        .startsWith("masters/remove/m4");
  }

  @Test
  void whatOnlyTheBlockOfAHostThatWasOffStillNamesLeftLongAgo() {
    ClusterSpec before = Fixture.spec(3, 3);
    Map<NodeName, HostFacts> hosts = finished(THREE);
    FakeHost back = FakeHost.of(before, "m3").at(Stage.PROVISIONED, before, bundle);
    hosts.put(new NodeName("m3"), back.facts());
    FakeHost kept = FakeHost.of(THREE, "m1").at(Stage.PROVISIONED, THREE, bundle);
    kept.hostsFile =
        new HostsFile("127.0.0.1 localhost\n").withBlock(HostsBlock.of(THREE), 2).text();
    hosts.put(new NodeName("m1"), kept.facts());
    ClusterFacts facts = new ClusterFacts(hosts, Map.of(), Optional.of(Fixture.api(THREE, bundle)));
    assertThat(FindDepartures.expected(THREE, facts, Set.of(), new ArrayList<>()))
        .allMatch(Departure::isForgotten);
    // nor does it matter where no API says so
    FindDepartures.refuseWithoutApi(
        THREE, new ClusterFacts(hosts, Map.of(), Optional.empty()), Set.of());
    // while its Node is there, it is a node that leaves
    facts = new ClusterFacts(hosts, Map.of(), Optional.of(Fixture.api(before, bundle)));
    assertThat(FindDepartures.expected(THREE, facts, Set.of(), new ArrayList<>()))
        .extracting(one -> one.node().name().value())
        .containsExactly("w3");
  }

  @Test
  void whatOnlyADescriptionStillNamesLeftInARunThatDidNotComeToIt() {
    ClusterSpec before = Fixture.spec(3, 3);
    ClusterApi now = Fixture.api(THREE, bundle);
    ClusterApi api =
        new ClusterApi(
            now.nodes(),
            now.workloads(),
            now.members(),
            now.endpoints(),
            Fixture.api(before, bundle).description(),
            now.dns());
    assertThat(ClusterDescription.nodesIn(api.description(), THREE.masters().getFirst().ssh()))
        .extracting(node -> node.name().value())
        .contains("w3");
    ClusterFacts facts = new ClusterFacts(finished(THREE), Map.of(), Optional.of(api));
    assertThat(FindDepartures.expected(THREE, facts, Set.of(), new ArrayList<>()))
        .allMatch(Departure::isForgotten);
  }

  @Test
  void aMasterWhoseMemberLivesIsNotForgottenWhateverAnswersAtItsAddress() {
    Departure departure =
        new Departure(
            Fixture.node(THREE, "m3"),
            Cause.REMOVED,
            Optional.empty(),
            Optional.of(Failure.Unreachable.provenOther("m3: another machine answers", "")),
            true,
            Set.of("3"));
    ClusterApi api = Fixture.api(THREE, bundle);
    assertThat(api.members()).anyMatch(member -> member.id().equals("3") && member.healthy());
    ClusterFacts facts = new ClusterFacts(finished(TWO), Map.of(), Optional.of(api));
    assertThatThrownBy(() -> FindDepartures.refuseTheLiving(TWO, facts, departure))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("m3 is to leave, lives (the cluster sees it healthy)");
    ClusterFacts dead =
        new ClusterFacts(finished(TWO), Map.of(), Optional.of(Fixture.unhealthy(api, "m3")));
    FindDepartures.refuseTheLiving(TWO, dead, departure);
  }

  @Test
  void aMachineThatAnEarlierRunResetIsNotOneThatCouldNotBeReached() {
    Departure departure = facts(THREE, without(THREE, "w2"), "w2").departures().getFirst();
    ClusterFacts facts =
        new ClusterFacts(finished(THREE), Map.of(), Optional.of(Fixture.api(THREE, bundle)));
    FakeHost empty = FakeHost.of(THREE, "w2");
    assertThat(FindDepartures.wasReset(THREE, facts, departure, empty.facts())).isTrue();
    empty.machineId = "another";
    assertThat(FindDepartures.wasReset(THREE, facts, departure, empty.facts())).isFalse();
  }

  // replacements

  private List<Departure> replacing(
      ClusterSpec spec, FakeHost host, ClusterApi api, List<Problem> notes) {
    Map<NodeName, HostFacts> hosts = finished(spec);
    hosts.put(host.facts().node(), host.facts());
    return FindDepartures.expected(
        spec,
        new ClusterFacts(hosts, Map.of(), Optional.of(api)),
        Set.of(host.facts().node()),
        notes);
  }

  @Test
  void anotherMachineTakesTheNameOnceTheOldOneIsForgotten() {
    ClusterApi api = Fixture.unhealthy(Fixture.api(THREE, bundle), "m1");
    NodeSpec elsewhere = Fixture.node("m1", Role.MASTER, "10.77.0.99");
    List<NodeSpec> nodes = new ArrayList<>(THREE.nodes());
    nodes.set(0, elsewhere);
    ClusterSpec spec = Fixture.spec(nodes, ComponentSettings.NONE);
    FakeHost fresh = FakeHost.of(spec, "m1");
    fresh.machineId = "another";
    List<Problem> notes = new ArrayList<>();
    List<Departure> found = replacing(spec, fresh, api, notes);
    assertThat(notes).isEmpty();
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().cause()).isEqualTo(Cause.REPLACED);
    assertThat(found.getFirst().node().address().value()).isEqualTo("10.77.0.11");
    Map<NodeName, HostFacts> hosts = finished(THREE);
    hosts.put(fresh.facts().node(), fresh.facts());
    Plan<Action> plan =
        plan(
            spec,
            new ClusterFacts(
                hosts, Map.of(), Optional.of(api), Map.of(), List.of(found.getFirst())));
    assertThat(waits(plan, "masters/join/m1", "masters/remove/m1")).isTrue();
    assertThat(waits(plan, "masters/join/m1", "nodes/delete/m1")).isTrue();
    assertThat(waits(plan, "hosts/configure/m2", "masters/remove/m1")).isTrue();
    // artifacts are on their way meanwhile
    assertThat(waits(plan, "hosts/deliver/m1", "masters/remove/m1")).isFalse();
  }

  @Test
  void aBrokenNodeIsMadeAnewOnItsOwnMachine() {
    ClusterApi api = Fixture.unhealthy(Fixture.api(THREE, bundle), "m2");
    FakeHost broken = FakeHost.of(THREE, "m2").at(Stage.PROVISIONED, THREE, bundle);
    List<Departure> found = replacing(THREE, broken, api, new ArrayList<>());
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().cause()).isEqualTo(Cause.REBUILT);
    Map<NodeName, HostFacts> hosts = finished(THREE);
    hosts.computeIfPresent(new NodeName("m2"), (name, host) -> host.unfinished());
    ClusterFacts facts = new ClusterFacts(hosts, Map.of(), Optional.of(api), Map.of(), found);
    // the host itself knows nothing of that, and refuses who thinks it is elsewhere
    assertThat(facts.stageSeen(new NodeName("m2"))).isEqualTo(Stage.PROVISIONED);
    assertThat(facts.stageSeen(new NodeName("m1"))).isEqualTo(Stage.PROVISIONED);
    Plan<Action> plan = plan(THREE, facts);
    assertThat(ids(plan)).doesNotContain("nodes/reset/m2", "nodes/delete/m2");
    assertThat(waits(plan, "masters/retire/m2", "nodes/drain/m2")).isTrue();
    assertThat(waits(plan, "hosts/configure/m2", "masters/remove/m2")).isTrue();
    assertThat(waits(plan, "hosts/clean-up/m2", "masters/remove/m2")).isTrue();
    assertThat(waits(plan, "masters/join/m2", "hosts/clean-up/m2")).isTrue();
  }

  @Test
  void aNodeThatIsWellIsNotReplaced() {
    List<Problem> notes = new ArrayList<>();
    FakeHost well = FakeHost.of(THREE, "m2").at(Stage.PROVISIONED, THREE, bundle);
    assertThat(replacing(THREE, well, Fixture.api(THREE, bundle), notes)).isEmpty();
    assertThat(notes).singleElement().asString().contains("m2", "is not replaced", "well");
  }

  // removals that were given up

  @Test
  void aNodeThatIsInTheFileAgainIsPutBack() {
    ClusterApi api = Fixture.api(THREE, bundle);
    List<ClusterApi.KubeNode> nodes =
        api.nodes().stream()
            .map(node ->
                new ClusterApi.KubeNode(
                    node.name(),
                    node.ready(),
                    node.kubelet(),
                    node.internalIp(),
                    node.machineId(),
                    node.flannelIp(),
                    node.name().startsWith("m3")))
            .toList();
    Map<NodeName, HostFacts> hosts = finished(THREE);
    FakeHost retired = FakeHost.of(THREE, "m3").at(Stage.PROVISIONED, THREE, bundle);
    retired.traces.add(HostFacts.RETIRED);
    retired.files.put(ProxyConfig.PATH, "leads to the others");
    hosts.put(new NodeName("m3"), retired.facts());
    Plan<Action> plan =
        plan(
            THREE,
            new ClusterFacts(
                hosts,
                Map.of(),
                Optional.of(
                    new ClusterApi(
                        nodes,
                        api.workloads(),
                        api.members(),
                        api.endpoints(),
                        api.description(),
                        api.dns()))));
    assertThat(ids(plan))
        .containsExactly("nodes/return/m3", "hosts/configure/m3", "cluster/verify");
    assertThat(waits(plan, "hosts/configure/m3", "nodes/return/m3")).isTrue();
  }

  @Test
  void aMasterWithoutItsMemberIsNotStartedAgain() {
    Map<NodeName, HostFacts> hosts = finished(THREE);
    FakeHost retired = FakeHost.of(THREE, "m3").at(Stage.PROVISIONED, THREE, bundle);
    retired.traces.add(HostFacts.RETIRED);
    hosts.put(new NodeName("m3"), retired.facts());
    ClusterApi api = Fixture.api(THREE, bundle);
    ClusterApi gone =
        Fixture.withMembers(
            api, api.members().stream().filter(member -> !member.name().startsWith("m3")).toList());
    assertThatThrownBy(() -> plan(THREE, new ClusterFacts(hosts, Map.of(), Optional.of(gone))))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("its etcd member is gone already")
        .extracting(failure -> ((Failure) failure).advice())
        .asString()
        .contains("apply --replace m3", "apply --remove m3");
  }

  @Test
  void aDeadMasterIsForgottenBeforeALivingOneIsDrained() {
    ClusterSpec now = without(FIVE, "m4", "m5");
    ClusterApi api = Fixture.unhealthy(Fixture.api(FIVE, bundle), "m5");
    Plan<Action> plan = plan(now, facts(FIVE, now, api, "m5"));
    assertThat(waits(plan, "masters/remove/m5", "nodes/drain/m4")).isFalse();
    assertThat(waits(plan, "masters/remove/m5", "hosts/configure/w1")).isFalse();
    assertThat(waits(plan, "masters/retire/m4", "masters/remove/m5")).isTrue();
    assertThat(waits(plan, "masters/retire/m4", "hosts/configure/w1")).isTrue();
  }

  @Test
  void whatEtcdHoldsIsKeptBeforeOneMemberBecomesTwo() {
    ClusterSpec one = Fixture.spec(1, 0);
    ClusterSpec grown = Fixture.spec(3, 0);
    Map<NodeName, HostFacts> hosts = finished(one);
    for (String name : List.of("m2", "m3")) {
      hosts.put(new NodeName(name), FakeHost.of(grown, name).facts());
    }
    Plan<Action> plan =
        plan(grown, new ClusterFacts(hosts, Map.of(), Optional.of(Fixture.api(one, bundle))));
    assertThat(waits(plan, "masters/join/m2", "masters/snapshot/m1")).isTrue();
  }

  @Test
  void whatEtcdHoldsIsKeptAlsoWhereTheSecondOfTwoMembersMakesRoomForAnother() {
    ClusterSpec two = Fixture.spec(2, 0);
    ClusterSpec other =
        Fixture.spec(
            List.of(Fixture.node(two, "m1"), Fixture.node("m3", Role.MASTER, "10.77.0.13")),
            ComponentSettings.NONE);
    ClusterFacts seen = facts(two, other);
    Map<NodeName, HostFacts> hosts = new HashMap<>(seen.hosts());
    hosts.put(new NodeName("m3"), FakeHost.of(other, "m3").facts());
    Plan<Action> plan =
        plan(other, new ClusterFacts(hosts, Map.of(), seen.api(), Map.of(), seen.departures()));
    assertThat(waits(plan, "masters/join/m3", "masters/snapshot/m1")).isTrue();
    assertThat(waits(plan, "masters/join/m3", "masters/remove/m2")).isTrue();
  }
}
