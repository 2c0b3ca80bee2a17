package dev.mainstay.cluster;

import static dev.mainstay.cluster.Plans.ids;
import static dev.mainstay.cluster.Plans.step;
import static dev.mainstay.cluster.Plans.waits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.model.Cidr;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.ComponentSettings;
import dev.mainstay.model.Domain;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NetworkSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlannerTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 2);

  private final Bundle bundle;

  PlannerTest(@TempDir Path folder) {
    bundle = Fixture.bundle(folder);
  }

  private FakeHost host(String name) {
    return FakeHost.of(SPEC, name);
  }

  private FakeHost host(String name, Stage stage) {
    return host(name).at(stage, SPEC, bundle);
  }

  /** All hosts of {@code SPEC}, as apply leaves them. */
  private FakeHost[] allFinished() {
    return SPEC.nodes().stream()
        .map(node -> host(node.name().value(), Stage.PROVISIONED))
        .toArray(FakeHost[]::new);
  }

  private Plan<Action> plan(ClusterSpec spec, Optional<ClusterApi> api, FakeHost... hosts) {
    return Plans.planner(
            spec,
            Fixture.facts(java.util.Arrays.stream(hosts).map(FakeHost::facts).toList(), api),
            bundle)
        .plan();
  }

  /** A plan for a living cluster of {@code SPEC}. */
  private Plan<Action> change(FakeHost... hosts) {
    return plan(SPEC, Optional.of(Fixture.api(SPEC, bundle)), hosts);
  }

  /** A plan where no API answers. */
  private Plan<Action> found(FakeHost... hosts) {
    return plan(SPEC, Optional.empty(), hosts);
  }

  private static boolean has(Plan<Action> plan, String id) {
    return ids(plan).contains(id);
  }

  @Test
  void aWellClusterNeedsNothing() {
    Plan<Action> plan = change(allFinished());
    assertThat(plan.isEmpty()).describedAs("%s", plan.steps()).isTrue();
  }

  @Test
  void emptyHostsBecomeACluster() {
    Plan<Action> plan = found(host("m1"), host("m2"), host("m3"), host("w1"), host("w2"));
    assertThat(ids(plan))
        .containsExactly(
            "hosts/deliver/m1",
            "hosts/deliver/m2",
            "hosts/deliver/m3",
            "hosts/deliver/w1",
            "hosts/deliver/w2",
            "hosts/configure/m1",
            "hosts/configure/m2",
            "hosts/configure/m3",
            "hosts/configure/w1",
            "hosts/configure/w2",
            "hosts/images/m1",
            "hosts/images/m2",
            "hosts/images/m3",
            "hosts/images/w1",
            "hosts/images/w2",
            "masters/init/m1",
            "masters/init/m1/finish",
            "masters/join/m2",
            "masters/join/m2/finish",
            "masters/join/m3",
            "masters/join/m3/finish",
            "workers/join/w1",
            "workers/join/w2",
            "cluster/addons/making",
            "cluster/addons/network",
            "cluster/addons/dns-spread",
            "cluster/addons/description",
            "cluster/verify");
    assertThat(step(plan, "cluster/addons/dns-spread").after())
        .containsExactly("masters/join/m2/finish");
    assertThat(plan.steps().subList(0, 15)).allMatch(step -> step.disrupts() == Disruption.NONE);
    assertThat(waits(plan, "masters/init/m1", "hosts/images/m1")).isTrue();
    assertThat(waits(plan, "masters/init/m1", "hosts/configure/m2")).isFalse();
  }

  @Test
  void twoEtcdClustersAreNothingToGoOnWith() {
    ClusterApi api = Fixture.api(SPEC, bundle);
    ClusterApi recovered = Fixture.withMembers(api, api.members().subList(0, 1));
    ClusterApi old =
        new ClusterApi(
            api.nodes(),
            api.workloads(),
            api.members(),
            api.endpoints(),
            api.description(),
            api.dns(),
            Set.of("m1.demo.internal"),
            700,
            Set.of("m1.demo.internal"));
    assertThatThrownBy(() -> plan(SPEC, Optional.of(recovered), allFinished()))
        .as("as the survivor sees it")
        .isInstanceOf(Failure.Refused.class)
        .hasMessageStartingWith("m2, m3: the etcd there is another one");
    assertThatThrownBy(() -> plan(SPEC, Optional.of(old), allFinished()))
        .as("as those see it who were away")
        .isInstanceOf(Failure.Refused.class)
        .hasMessageStartingWith("m1: the etcd there is another one")
        .hasMessageContaining("has the newer data");
    assertThat(plan(SPEC, Optional.of(api), allFinished()).isEmpty()).isTrue();
    ClusterFacts facts =
        Fixture.facts(
            java.util.Arrays.stream(allFinished()).map(FakeHost::facts).toList(), Optional.of(old));
    Departure recoveredOne =
        new Departure(
            SPEC.masters().getFirst(),
            Departure.Cause.REBUILT,
            facts.host(SPEC.masters().getFirst().name()),
            Optional.empty(),
            true,
            Set.of());
    Map<NodeName, HostFacts> hosts = new HashMap<>(facts.hosts());
    hosts.computeIfPresent(new NodeName("m1"), (name, host) -> host.unfinished());
    assertThatThrownBy(
            () -> Plans.planner(SPEC, facts.leaving(hosts, List.of(recoveredOne)), bundle).plan())
        .as("--replace m1 would take the newer data away")
        .isInstanceOf(Failure.Refused.class)
        .hasMessageStartingWith("m1: the etcd there is another one");
  }

  @Test
  void whatAClusterWasMadeWithIsStoredWhileNobodyKnowsIt() {
    ClusterSpec one =
        Fixture.spec(
            List.of(Fixture.node("m1", Role.MASTER, "10.77.0.11")), ComponentSettings.NONE);
    ClusterApi api = Fixture.api(one, bundle);
    ClusterApi blank =
        new ClusterApi(api.nodes(), api.workloads(), api.members(), api.endpoints(), "", api.dns());
    FakeHost m1 = host("m1", Stage.PROVISIONED);
    Plan<Action> plan = plan(SPEC, Optional.of(blank), m1, host("m2"), host("m3"));
    assertThat(step(plan, "cluster/addons/making").after()).isEmpty();
    assertThat(waits(plan, "cluster/addons/description", "cluster/addons/making")).isTrue();
    assertThat(has(plan(SPEC, Optional.of(api), m1, host("m2")), "cluster/addons/making"))
        .as("it has one")
        .isFalse();
    assertThat(
            has(
                plan(SPEC, Optional.empty(), host("m1", Stage.JOINED), host("m2")),
                "cluster/addons/making"))
        .as("it may have one")
        .isFalse();
  }

  private Changes changes(Plan<Action> plan) {
    return new Changes(SPEC, Fixture.facts(List.of(), Optional.empty()), bundle, plan, List.of());
  }

  private Changes all() {
    return changes(found(host("m1"), host("m2"), host("m3"), host("w1"), host("w2")));
  }

  @Test
  void aPartOfThePlanIsWhatItsPhasesHold() {
    assertThat(all().only(List.of()))
        .extracting(part -> ids(part.plan()))
        .isEqualTo(ids(all().plan()));
    assertThat(ids(all().only(List.of("hosts/deliver")).plan()))
        .hasSize(5)
        .allMatch(id -> id.startsWith("hosts/deliver/"));
    Plan<Action> part = all().only(List.of("hosts", "masters/init")).plan();
    assertThat(ids(part)).contains("hosts/images/w2", "masters/init/m1/finish").hasSize(17);
    assertThat(waits(part, "masters/init/m1", "hosts/images/m1")).isTrue();
    assertThat(all().only(List.of("nodes")).plan().isEmpty()).isTrue();
    assertThat(all().only(List.of("host")).plan().isEmpty()).as("half a word").isTrue();
  }

  @Test
  void noPartLeavesOutWhatItWaitsFor() {
    assertThatThrownBy(() -> all().only(List.of("hosts", "masters/join")))
        .isInstanceOf(Failure.Refused.class)
        .hasMessage(
            "--only hosts, masters/join: masters/join/m2 waits for masters/init/m1/finish, which"
                + " would be left out");
  }

  @Test
  void theLookAtTheWholeBelongsToNoPart() {
    assertThat(ids(all().only(List.of("hosts", "masters", "workers", "cluster")).plan()))
        .isEqualTo(ids(all().plan()).subList(0, all().plan().steps().size() - 1));
  }

  @Test
  void mastersJoinOneAtATime() {
    Plan<Action> plan = found(host("m1"), host("m2"), host("m3"), host("w1"), host("w2"));
    assertThat(waits(plan, "masters/join/m2", "masters/init/m1/finish")).isTrue();
    assertThat(step(plan, "masters/join/m3").after())
        .contains("masters/join/m2/finish", "hosts/images/m3");
  }

  @Test
  void workersWaitForTheFirstFinishedMasterAlone() {
    Plan<Action> plan = found(host("m1"), host("m2"), host("m3"), host("w1"), host("w2"));
    assertThat(step(plan, "workers/join/w1").after())
        .contains("masters/init/m1/finish", "hosts/images/w1");
    assertThat(waits(plan, "workers/join/w1", "masters/join/m2")).isFalse();
    assertThat(waits(plan, "workers/join/w2", "workers/join/w1")).isFalse();
  }

  @Test
  void theLookAtTheWholeWaitsForEverything() {
    Plan<Action> plan = found(host("m1"), host("m2"), host("m3"), host("w1"), host("w2"));
    List<String> others = new ArrayList<>(ids(plan));
    others.remove("cluster/verify");
    assertThat(step(plan, "cluster/verify").after()).containsExactlyInAnyOrderElementsOf(others);
  }

  @Test
  void aNewClusterGetsAFreshIdAndAnOldOneKeepsIts() {
    Action.Configure fresh =
        (Action.Configure) step(found(host("m1")), "hosts/configure/m1").action();
    assertThat(fresh.drift().files())
        .anySatisfy(file -> assertThat(file.content()).contains(Fixture.FRESH_ID));
    FakeHost begun = host("m2");
    begun.identity = Optional.of(new NodeIdentity(Fixture.ID, "demo", "m2", "master", ""));
    Action.Configure old =
        (Action.Configure) step(found(host("m1"), begun), "hosts/configure/m1").action();
    assertThat(old.drift().files())
        .anySatisfy(file -> assertThat(file.content()).contains(Fixture.ID));
  }

  @Test
  void preparedHostsAreNotPreparedAgain() {
    Plan<Action> plan =
        found(
            host("m1").prepared(SPEC, bundle, ProxyConfig.Mode.BOOTSTRAP),
            host("m2", Stage.EMPTY),
            host("m3", Stage.EMPTY),
            host("w1", Stage.EMPTY),
            host("w2", Stage.EMPTY));
    assertThat(ids(plan)).noneMatch(id -> id.startsWith("hosts/")).startsWith("masters/init/m1");
  }

  @Test
  void onlyWhatIsMissingIsDelivered() {
    FakeHost half = host("m1", Stage.EMPTY);
    half.artifacts.remove("a".repeat(64));
    half.packages.remove("haproxy");
    Plan<Action> plan = found(half);
    Action.Deliver deliver = (Action.Deliver) step(plan, "hosts/deliver/m1").action();
    assertThat(deliver.artifacts())
        .extracting(artifact -> artifact.name())
        .containsExactlyInAnyOrder("kubeadm", "haproxy");
    assertThat(has(plan, "hosts/images/m1")).isFalse();
  }

  @Test
  void packagesOfAnotherDistributionAreNotDelivered() {
    FakeHost trixie = host("m1");
    trixie.distribution = "debian-13";
    Action.Deliver deliver = (Action.Deliver) step(found(trixie), "hosts/deliver/m1").action();
    assertThat(deliver.artifacts())
        .extracting(artifact -> artifact.name())
        .doesNotContain("haproxy");
  }

  // hosts at every stage

  @Test
  void anInitThatDidNotEndIsCleanedAndBegunAgain() {
    Plan<Action> plan = found(host("m1", Stage.STARTED), host("m2", Stage.EMPTY));
    assertThat(step(plan, "hosts/clean-up/m1").reason()).isEqualTo(Why.JOIN_UNFINISHED);
    assertThat(waits(plan, "masters/init/m1", "hosts/clean-up/m1")).isTrue();
    assertThat(step(plan, "hosts/clean-up/m1").disrupts()).isEqualTo(Disruption.NODE);
  }

  @Test
  void aFirstMasterThatIsOnlyJoinedIsOnlyFinished() {
    Plan<Action> plan = found(host("m1", Stage.JOINED), host("m2", Stage.EMPTY));
    assertThat(has(plan, "masters/init/m1")).isFalse();
    assertThat(has(plan, "hosts/clean-up/m1")).isFalse();
    assertThat(step(plan, "masters/init/m1/finish").action())
        .isEqualTo(new Action.FinishMaster(Fixture.node(SPEC, "m1")));
    assertThat(waits(plan, "masters/join/m2", "masters/init/m1/finish")).isTrue();
  }

  @Test
  void aFirstMasterThatBeganAnewJoinsTheOthersAndIsNeverInitialised() {
    Plan<Action> plan =
        change(
            host("m1", Stage.STARTED),
            host("m2", Stage.PROVISIONED),
            host("m3", Stage.PROVISIONED));
    assertThat(ids(plan)).noneMatch(id -> id.startsWith("masters/init"));
    assertThat(waits(plan, "masters/join/m1", "hosts/clean-up/m1")).isTrue();
    assertThat(waits(plan, "masters/join/m1/finish", "masters/join/m1")).isTrue();
    assertThat(step(plan, "masters/join/m1").action())
        .isEqualTo(new Action.JoinMaster(Fixture.node(SPEC, "m1")));
  }

  @Test
  void anEmptyFirstMasterJoinsTheOthersAndIsNeverInitialised() {
    Plan<Action> plan = found(host("m1"), host("m2", Stage.JOINED));
    assertThat(has(plan, "masters/init/m1")).isFalse();
    assertThat(has(plan, "masters/init/m2")).isFalse();
    assertThat(waits(plan, "masters/join/m1", "masters/init/m2/finish")).isTrue();
  }

  @Test
  void otherMastersGoOnFromTheirStage() {
    Plan<Action> empty = change(host("m1", Stage.PROVISIONED), host("m2", Stage.EMPTY));
    assertThat(ids(empty)).contains("masters/join/m2", "masters/join/m2/finish");
    assertThat(has(empty, "hosts/clean-up/m2")).isFalse();

    Plan<Action> started = change(host("m1", Stage.PROVISIONED), host("m2", Stage.STARTED));
    assertThat(waits(started, "masters/join/m2", "hosts/clean-up/m2")).isTrue();
    assertThat(has(started, "masters/join/m2/finish")).isTrue();

    Plan<Action> joined = change(host("m1", Stage.PROVISIONED), host("m2", Stage.JOINED));
    assertThat(ids(joined)).contains("masters/join/m2/finish");
    assertThat(ids(joined)).doesNotContain("masters/join/m2", "hosts/clean-up/m2");

    Plan<Action> finished =
        change(
            host("m1", Stage.PROVISIONED),
            host("m2", Stage.PROVISIONED),
            host("m3", Stage.PROVISIONED));
    assertThat(finished.isEmpty()).isTrue();
  }

  @Test
  void workersGoOnFromTheirStage() {
    Plan<Action> empty = change(host("m1", Stage.PROVISIONED), host("w1", Stage.EMPTY));
    assertThat(ids(empty)).containsExactly("workers/join/w1", "cluster/verify");

    Plan<Action> started = change(host("m1", Stage.PROVISIONED), host("w1", Stage.STARTED));
    assertThat(ids(started))
        .containsExactly("hosts/clean-up/w1", "workers/join/w1", "cluster/verify");
    assertThat(waits(started, "workers/join/w1", "hosts/clean-up/w1")).isTrue();

    // kubeadm ended well, but the worker was never marked: it begins again
    Plan<Action> joined = change(host("m1", Stage.PROVISIONED), host("w1", Stage.JOINED));
    assertThat(ids(joined))
        .containsExactly("hosts/clean-up/w1", "workers/join/w1", "cluster/verify");

    Plan<Action> finished = change(host("m1", Stage.PROVISIONED), host("w1", Stage.PROVISIONED));
    assertThat(finished.isEmpty()).isTrue();
  }

  @Test
  void whatAnUnfinishedJoinLeftGoesBeforeAnyOtherMasterJoins() {
    // a learner that was never promoted would hold up every other join
    Plan<Action> plan =
        change(host("m1", Stage.PROVISIONED), host("m2", Stage.EMPTY), host("m3", Stage.STARTED));
    assertThat(waits(plan, "masters/join/m2", "hosts/clean-up/m3")).isTrue();
    assertThat(waits(plan, "masters/join/m3", "masters/join/m2/finish")).isTrue();
    assertThat(waits(plan, "masters/join/m3", "hosts/clean-up/m3")).isTrue();
  }

  @Test
  void whatAnUnfinishedJoinLeftGoesOnlyOnceThereIsAFinishedMaster() {
    Plan<Action> plan =
        found(host("m1", Stage.JOINED), host("m2", Stage.STARTED), host("m3", Stage.STARTED));
    assertThat(waits(plan, "hosts/clean-up/m2", "masters/init/m1/finish")).isTrue();
    assertThat(waits(plan, "hosts/clean-up/m3", "masters/init/m1/finish")).isTrue();
  }

  @Test
  void oneMasterBecomesThree() {
    ClusterSpec one = Fixture.spec(1, 0);
    FakeHost m1 = FakeHost.of(one, "m1").at(Stage.PROVISIONED, one, bundle);
    Plan<Action> plan =
        plan(SPEC, Optional.of(Fixture.api(one, bundle)), m1, host("m2"), host("m3"));
    assertThat(ids(plan))
        .containsExactly(
            "hosts/deliver/m2",
            "hosts/deliver/m3",
            "hosts/configure/m1",
            "hosts/configure/m2",
            "hosts/configure/m3",
            "hosts/images/m2",
            "hosts/images/m3",
            "masters/snapshot/m1",
            "masters/join/m2",
            "masters/join/m2/finish",
            "masters/join/m3",
            "masters/join/m3/finish",
            "cluster/addons/description",
            "cluster/verify");
    assertThat(waits(plan, "masters/join/m3", "masters/join/m2/finish")).isTrue();
    assertThat(step(plan, "hosts/deliver/m2").after()).isEmpty();
    assertThat(step(plan, "hosts/deliver/m3").after()).containsExactly("hosts/deliver/m2");
    Action.Configure hosts = (Action.Configure) step(plan, "hosts/configure/m1").action();
    // its health port is open to the new nodes
    assertThat(hosts.drift().files()).extracting(HostFile::path).containsExactly(ProxyConfig.PATH);
    assertThat(hosts.drift().hosts().orElseThrow().content())
        .contains("generation 2")
        .contains(" m3\n");
    Action.Configure fresh = (Action.Configure) step(plan, "hosts/configure/m2").action();
    assertThat(fresh.drift().hosts().orElseThrow().content()).contains("generation 2");
  }

  // differences of finished nodes

  private List<String> after(java.util.function.Consumer<FakeHost> change) {
    FakeHost m2 = host("m2", Stage.PROVISIONED);
    change.accept(m2);
    Plan<Action> plan = change(host("m1", Stage.PROVISIONED), m2, host("m3", Stage.PROVISIONED));
    assertThat(ids(plan)).containsExactly("hosts/configure/m2", "cluster/verify");
    Step<Action> step = plan.steps().getFirst();
    assertThat(step.reason()).isEqualTo(Why.HOST_DIFFERS);
    return List.of(step.what(), step.disrupts().word());
  }

  @Test
  void aChangedProxyConfigurationIsPutRight() {
    assertThat(after(host -> host.files.put("/etc/mainstay/haproxy.cfg", "changed")))
        .containsExactly("put right /etc/mainstay/haproxy.cfg", "none");
  }

  @Test
  void whatTheProxyNeedsAndMayNotReadIsPutRight() {
    assertThat(after(host -> host.modes.put("/etc/mainstay/haproxy.cfg", "600")))
        .containsExactly("put right /etc/mainstay/haproxy.cfg", "none");
    assertThat(after(host -> host.fingerprints.put("/etc/kubernetes/pki/ca.crt", "ca")))
        .containsExactly("put right /etc/mainstay/ca.crt", "none");
  }

  private Plan<Action> withWorker(FakeHost w1) {
    return change(
        host("m1", Stage.PROVISIONED),
        host("m2", Stage.PROVISIONED),
        host("m3", Stage.PROVISIONED),
        w1,
        host("w2", Stage.PROVISIONED));
  }

  private static RoundTrips far(int millis) {
    return new RoundTrips(Optional.of(Duration.ofMillis(millis)), true, Optional.empty());
  }

  @Test
  void aWorkerThatIsFarFromAMasterGetsPatienceAndASecondRunChangesNothing() {
    FakeHost w1 = host("w1", Stage.PROVISIONED);
    w1.roundTrips = far(80);
    Plan<Action> plan = withWorker(w1);
    assertThat(ids(plan)).containsExactly("hosts/configure/w1", "cluster/verify");
    Step<Action> step = plan.steps().getFirst();
    assertThat(step.what())
        .isEqualTo(
            "put right /etc/mainstay/haproxy.cfg, for a round trip of up to 150 ms to the masters");
    assertThat(step.disrupts()).isEqualTo(Disruption.NONE);
    HostFile config = ((Action.Configure) step.action()).drift().files().getFirst();
    w1.files.put(config.path(), config.sha256());
    for (int millis : List.of(80, 13, 150)) {
      w1.roundTrips =
          new RoundTrips(
              Optional.of(Duration.ofMillis(millis)), true, Optional.of(Duration.ofMillis(150)));
      assertThat(withWorker(w1).isEmpty()).isTrue();
    }
  }

  @Test
  void aFinishedMasterLeadsToItselfHoweverFarTheOthersAre() {
    FakeHost m2 = host("m2", Stage.PROVISIONED);
    m2.roundTrips = far(200);
    assertThat(
            change(
                    host("m1", Stage.PROVISIONED),
                    m2,
                    host("m3", Stage.PROVISIONED),
                    host("w1", Stage.PROVISIONED),
                    host("w2", Stage.PROVISIONED))
                .isEmpty())
        .isTrue();
  }

  @Test
  void aMasterJoinsWithThePatienceThatItsWayToTheOthersNeeds() {
    FakeHost m2 = host("m2");
    m2.roundTrips = far(200);
    Plan<Action> plan = found(host("m1"), m2, host("m3"), host("w1"), host("w2"));
    Action.Configure fresh = (Action.Configure) step(plan, "hosts/configure/m2").action();
    assertThat(fresh.drift().files())
        .filteredOn(file -> file.path().equals(ProxyConfig.PATH))
        .singleElement()
        .satisfies(file -> assertThat(file.content()).contains("round trip class: 400 ms"));
  }

  @Test
  void theDnsOfTheClusterIsNotLeftOnOneNode() {
    String m1 = "m1.demo.internal";
    ClusterApi onOne = Fixture.withDnsOn(Fixture.api(SPEC, bundle), List.of(m1, m1));
    Plan<Action> plan = plan(SPEC, Optional.of(onOne), allFinished());
    assertThat(ids(plan)).containsExactly("cluster/addons/dns-spread", "cluster/verify");
    assertThat(step(plan, "cluster/addons/dns-spread").after()).isEmpty();
    // with nowhere to go it waits for who joins
    ClusterSpec one = Fixture.spec(1, 0);
    ClusterApi alone = Fixture.withDnsOn(Fixture.api(one, bundle), List.of(m1, m1));
    FakeHost only = FakeHost.of(one, "m1").at(Stage.PROVISIONED, one, bundle);
    assertThat(plan(one, Optional.of(alone), only).isEmpty()).isTrue();
    Plan<Action> growth =
        plan(
            SPEC,
            Optional.of(alone),
            FakeHost.of(one, "m1").at(Stage.PROVISIONED, one, bundle),
            host("m2"),
            host("m3"));
    assertThat(step(growth, "cluster/addons/dns-spread").after())
        .containsExactly("masters/join/m2/finish");
  }

  @Test
  void aRegistryThatTheFileNoLongerNamesLosesItsMirrors() {
    String path = RegistryMirrors.path("docker.io");
    assertThat(after(host -> host.files.put(path, "0".repeat(64))))
        .containsExactly("put right " + path, "none");
    Plan<Action> plan =
        change(
            host("m1", Stage.PROVISIONED),
            withMirror(host("m2", Stage.PROVISIONED), path),
            host("m3", Stage.PROVISIONED));
    Action.Configure configure = (Action.Configure) step(plan, "hosts/configure/m2").action();
    assertThat(configure.drift().files()).containsExactly(HostFile.absent(path));
  }

  private static FakeHost withMirror(FakeHost host, String path) {
    host.files.put(path, "0".repeat(64));
    return host;
  }

  @Test
  void aMissingHostsBlockIsPutRight() {
    assertThat(after(host -> host.hostsFile = "127.0.0.1 localhost\n"))
        .containsExactly("put right the hosts block", "none");
  }

  @Test
  void aStoppedUnitIsStarted() {
    assertThat(after(host -> host.units.put("mainstay-proxy", "inactive enabled")))
        .containsExactly("put right mainstay-proxy.service", "none");
    assertThat(after(host -> host.units.put("containerd", "failed enabled")))
        .containsExactly("put right containerd.service", "node");
    assertThat(after(host -> host.units.put("mainstay-proxy", "active disabled")))
        .containsExactly("put right mainstay-proxy.service", "none");
    for (String amiss : List.of("inactive enabled", "active disabled")) {
      assertThat(after(host -> host.units.put("kubelet", amiss)))
          .containsExactly("put right kubelet.service", "none");
    }
    FakeHost[] held = allFinished();
    held[0].units.put("kubelet", "inactive enabled");
    held[0].traces.add("/var/lib/mainstay/etcd-restore/hold");
    assertThat(change(held).steps()).noneMatch(step -> step.id().contains("configure"));
  }

  @Test
  void whatWasWrittenAndNotActedUponIsPutRight() {
    assertThat(after(host -> host.unsettled = true).getFirst()).contains("an earlier run");
  }

  @Test
  void aChangedUnitOfAFinishedNodeSaysThatItDisturbsTheNode() {
    assertThat(after(host -> host.files.remove("/etc/systemd/system/containerd.service")))
        .containsExactly("put right /etc/systemd/system/containerd.service", "node");
  }

  @Test
  void nodesThatAreDisturbedAreSoOneMasterAfterTheOtherAndWorkersAfterThem() {
    FakeHost[] hosts = allFinished();
    for (FakeHost host : hosts) {
      host.files.remove("/etc/systemd/system/containerd.service");
    }
    Plan<Action> plan = change(hosts);
    assertThat(step(plan, "hosts/configure/m1").after()).isEmpty();
    assertThat(step(plan, "hosts/configure/m2").after()).containsExactly("hosts/configure/m1");
    assertThat(step(plan, "hosts/configure/m3").after()).containsExactly("hosts/configure/m2");
    for (String worker : List.of("w1", "w2")) {
      assertThat(step(plan, "hosts/configure/" + worker).after())
          .containsExactly("hosts/configure/m3");
    }
    // who is down already waits for nobody, and nobody for him
    hosts[0].units.put("containerd", "failed enabled");
    hosts[1].files.put("/etc/systemd/system/containerd.service", "");
    hosts[1].units.put("containerd", "inactive enabled");
    Plan<Action> down = change(hosts);
    for (String master : List.of("m1", "m2", "m3")) {
      assertThat(step(down, "hosts/configure/" + master).after()).isEmpty();
    }
  }

  @Test
  void anotherSettingOfTheFileReachesFinishedNodes() {
    ClusterSpec mirrored =
        Fixture.spec(
            1,
            0,
            new ComponentSettings(
                Map.of(),
                Map.of(),
                new ComponentSettings.ContainerdSettings(
                    Map.of("docker.io", List.of("https://mirror")))));
    ClusterSpec plain = Fixture.spec(1, 0);
    Plan<Action> plan =
        plan(
            mirrored,
            Optional.of(Fixture.api(plain, bundle)),
            FakeHost.of(plain, "m1").at(Stage.PROVISIONED, plain, bundle));
    assertThat(ids(plan))
        .containsExactly("hosts/configure/m1", "cluster/addons/description", "cluster/verify");
  }

  private ClusterApi unwell() {
    ClusterApi well = Fixture.api(SPEC, bundle);
    List<ClusterApi.KubeNode> nodes = new ArrayList<>(well.nodes());
    nodes.set(
        0,
        new ClusterApi.KubeNode("m1.demo.internal", false, "v1.36.3", "10.77.0.11", "", "", false));
    return Fixture.withNodes(well, nodes);
  }

  @Test
  void anUnwellClusterIsOnlyLookedAt() {
    Plan<Action> plan = plan(SPEC, Optional.of(unwell()), allFinished());
    assertThat(ids(plan)).containsExactly("cluster/verify");
    assertThat(plan.steps().getFirst().reason()).isEqualTo(Why.CLUSTER_NOT_WELL);
    assertThat(plan.steps().getFirst().what()).startsWith("wait until it is well; now: ");
  }

  @Test
  void oneThatIsUnwellForAMomentIsLookedAtAgain() throws Exception {
    Duration minute = Duration.ofMinutes(1);
    Changes waits = changes(plan(SPEC, Optional.of(unwell()), allFinished()));
    Changes nothing = changes(plan(SPEC, Optional.of(Fixture.api(SPEC, bundle)), allFinished()));
    Changes work = changes(found(host("m1"), host("m2"), host("m3"), host("w1"), host("w2")));
    Iterator<Changes> looks = List.of(waits, nothing).iterator();
    assertThat(PlanChanges.patiently(waits, looks::next, minute, Duration.ZERO)).isSameAs(nothing);
    assertThat(looks.hasNext()).isFalse();
    assertThat(PlanChanges.patiently(waits, () -> work, minute, Duration.ZERO)).isSameAs(work);
    Iterator<Changes> none = List.<Changes>of().iterator();
    assertThat(PlanChanges.patiently(work, none::next, minute, Duration.ZERO)).isSameAs(work);
    assertThat(PlanChanges.patiently(nothing, none::next, minute, Duration.ZERO)).isSameAs(nothing);
    // for ever is not waited
    assertThat(
            PlanChanges.patiently(waits, () -> waits, Duration.ofMillis(20), Duration.ofMillis(1)))
        .isSameAs(waits);
  }

  @Test
  void aNodeThatTheClusterHasForgottenRegistersAgain() {
    ClusterApi well = Fixture.api(SPEC, bundle);
    ClusterApi api =
        new ClusterApi(
            well.nodes().stream().filter(node -> !node.name().startsWith("w2.")).toList(),
            well.workloads(),
            well.members(),
            well.endpoints(),
            well.description(),
            well.dns());
    Plan<Action> plan = plan(SPEC, Optional.of(api), allFinished());
    assertThat(ids(plan)).containsExactly("nodes/register/w2", "cluster/verify");
  }

  @Test
  void ofAClusterThatIsSilentForAMomentNothingIsPresumed() {
    Plan<Action> plan = plan(SPEC, Optional.empty(), allFinished());
    assertThat(ids(plan)).containsExactly("cluster/verify");
  }

  @Test
  void clusterDnsLearnsThatNoHostKnowsANameserver() {
    FakeHost m1 = host("m1");
    m1.nameservers = 0;
    Plan<Action> plan = plan(Fixture.spec(1, 0), Optional.empty(), m1);
    assertThat(waits(plan, "cluster/addons/dns", "masters/init/m1/finish")).isTrue();
  }

  // refusals

  private void refuses(String message, Optional<ClusterApi> api, FakeHost... hosts) {
    assertThatThrownBy(() -> plan(SPEC, api, hosts))
        .isInstanceOfSatisfying(
            Failure.Refused.class, refused -> assertThat(refused.exitCode()).isEqualTo(6))
        .hasMessageContaining(message);
  }

  @Test
  void refusesAHostOfAnotherClusterOfTheSameName() {
    FakeHost stranger = host("m2", Stage.EMPTY);
    stranger.identity = Optional.of(new NodeIdentity("other-id", "demo", "m2", "master", ""));
    refuses(
        "m2 belongs to another cluster called demo (id other-id, not " + Fixture.ID + ")",
        Optional.empty(),
        host("m1", Stage.PROVISIONED),
        stranger);
  }

  @Test
  void refusesANodeThatIsNotMainstays() {
    ClusterApi api = Fixture.api(SPEC, bundle);
    List<ClusterApi.KubeNode> nodes = new ArrayList<>(api.nodes());
    nodes.add(new ClusterApi.KubeNode("gpu-1", true, "v1.36.3", "10.77.0.99", "", "", false));
    refuses(
        "gpu-1 is a node of the cluster that Mainstay did not make",
        Optional.of(
            new ClusterApi(
                nodes,
                api.workloads(),
                api.members(),
                api.endpoints(),
                api.description(),
                api.dns())),
        host("m1", Stage.PROVISIONED));
  }

  @Test
  void refusesAnotherDomainAlsoOfAClusterThatIsSilent() {
    ClusterSpec spec =
        new ClusterSpec(
            SPEC.name(),
            new Domain("k8s.internal"),
            SPEC.kubernetes(),
            SPEC.nodes(),
            SPEC.network(),
            SPEC.settings(),
            SPEC.certificates());
    for (Optional<ClusterApi> api :
        List.of(Optional.<ClusterApi>empty(), Optional.of(Fixture.api(SPEC, bundle)))) {
      assertThatThrownBy(() -> plan(spec, api, host("m1", Stage.PROVISIONED)))
          .isInstanceOf(Failure.Refused.class)
          .hasMessage(
              "m1 is a node of the cluster in the domain demo.internal; the file says"
                  + " k8s.internal");
    }
  }

  @Test
  void refusesWhatCountsOnlyWhenAClusterIsMade() {
    ClusterSpec spec =
        Fixture.spec(
            3,
            2,
            new ComponentSettings(
                Map.of("maxPods", 77),
                Map.of("anonymous-auth", "false"),
                ComponentSettings.ContainerdSettings.NONE));
    assertThatThrownBy(() -> plan(spec, Optional.of(Fixture.api(SPEC, bundle)), allFinished()))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageEndingWith(
            ": kubelet: {maxPods=77} instead of {}; apiServer: {anonymous-auth=false} instead of"
                + " {}");
    assertThatThrownBy(() -> plan(SPEC, Optional.of(Fixture.api(spec, bundle)), allFinished()))
        .hasMessageContaining("kubelet: {} instead of {maxPods=77}");
    ClusterSpec network =
        new ClusterSpec(
            SPEC.name(),
            SPEC.domain(),
            SPEC.kubernetes(),
            SPEC.nodes(),
            new NetworkSpec(
                Cidr.parse("10.100.0.0/16").orElseThrow(),
                SPEC.network().services(),
                NetworkSpec.Plugin.NONE,
                List.of()),
            SPEC.settings(),
            SPEC.certificates());
    assertThatThrownBy(() -> plan(network, Optional.of(Fixture.api(SPEC, bundle)), allFinished()))
        .hasMessageEndingWith(
            ": network.pods: 10.100.0.0/16 instead of 10.244.0.0/16; network.plugin: none instead"
                + " of flannel");
  }

  @Test
  void refusesAnotherVersion() {
    FakeHost old = host("w1", Stage.PROVISIONED);
    old.kubelet = "v1.35.4";
    refuses(
        "w1 runs v1.35.4, the file says v1.36.3",
        Optional.empty(),
        host("m1", Stage.PROVISIONED),
        old);
  }

  @Test
  void aHostThatCannotBeReachedGetsNoStep() {
    ClusterFacts facts =
        new ClusterFacts(
            Map.of(
                new NodeName("m1"),
                host("m1", Stage.PROVISIONED).facts(),
                new NodeName("m3"),
                host("m3", Stage.EMPTY).facts()),
            Map.of(new NodeName("m2"), new Failure.Unreachable("m2 is off", "", true)),
            Optional.of(Fixture.api(SPEC, bundle)));
    Plan<Action> plan = Plans.planner(SPEC, facts, bundle).plan();
    assertThat(plan.steps()).noneMatch(step -> step.node().equals("m2"));
    assertThat(has(plan, "masters/join/m3")).isTrue();
  }

  @Test
  void everyPlanCanBeWalkedWhateverTheStages() {
    for (Stage first : Stage.values()) {
      for (Stage second : Stage.values()) {
        for (Stage third : Stage.values()) {
          for (Stage worker : Stage.values()) {
            FakeHost[] hosts = {
              host("m1", first), host("m2", second), host("m3", third), host("w1", worker)
            };
            List<Stage> masters = List.of(first, second, third);
            if (masters.stream().allMatch(stage -> stage.compareTo(Stage.JOINED) < 0)
                && worker.compareTo(Stage.JOINED) >= 0) {
              refuses("no master that can be reached is", Optional.empty(), hosts);
            } else {
              checkWalk(found(hosts), masters);
            }
          }
        }
      }
    }
  }

  /** What {@link Planner} promises to keep. */
  private static void checkWalk(Plan<Action> plan, List<Stage> masters) {
    List<String> inits = ids(plan).stream().filter(id -> id.matches("masters/init/m\\d")).toList();
    boolean exists = masters.contains(Stage.PROVISIONED) || masters.contains(Stage.JOINED);
    assertThat(inits).hasSize(exists ? 0 : 1);
    List<String> joins =
        ids(plan).stream().filter(id -> id.matches("masters/(join|init)/m\\d")).toList();
    for (String join : joins) {
      String node = join.substring(join.length() - 2);
      int index = Integer.parseInt(node.substring(1)) - 1;
      assertThat(has(plan, join + "/finish")).isTrue();
      assertThat(waits(plan, join + "/finish", join)).isTrue();
      if (masters.get(index) == Stage.STARTED) {
        assertThat(waits(plan, join, "hosts/clean-up/" + node)).isTrue();
      }
      for (String other : joins) {
        if (!join.equals(other)) {
          assertThat(waits(plan, join, other + "/finish") || waits(plan, other, join + "/finish"))
              .isTrue();
        }
      }
    }
    for (int i = 0; i < masters.size(); i++) {
      if (masters.get(i) == Stage.PROVISIONED) {
        String node = "m" + (i + 1);
        assertThat(ids(plan)).noneMatch(id -> id.matches("masters/.*" + node + ".*"));
      }
    }
  }

  @Test
  void aClusterOfOneMasterNeedsNoOther() {
    ClusterSpec alone =
        Fixture.spec(
            List.of(Fixture.node("m1", Role.MASTER, "10.77.0.11")), ComponentSettings.NONE);
    Plan<Action> plan = plan(alone, Optional.empty(), FakeHost.of(alone, "m1"));
    assertThat(ids(plan))
        .containsExactly(
            "hosts/deliver/m1",
            "hosts/configure/m1",
            "hosts/images/m1",
            "masters/init/m1",
            "masters/init/m1/finish",
            "cluster/addons/network",
            "cluster/addons/description",
            "cluster/verify");
  }
}
