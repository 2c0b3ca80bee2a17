package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.cluster.ClusterStatus.State;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  private ClusterStatus threeOfWhichTwoDoNotReachEachOther(Optional<ClusterApi> api) {
    ClusterSpec three = Fixture.spec(3, 0);
    Map<String, Set<String>> misses =
        Map.of("m1", Set.of(), "m2", Set.of("id-m3"), "m3", Set.of("id-m2"));
    List<HostFacts> hosts = new ArrayList<>();
    misses.forEach((name, others) -> {
      FakeHost host = FakeHost.of(three, name).at(Stage.PROVISIONED, three, Fixture.bundle(folder));
      host.peers = Optional.of(new Peers.Voice("id-" + name, others));
      hosts.add(host.facts());
    });
    return ShowStatus.status(three, Fixture.facts(hosts, api), Map.of(), Instant.EPOCH);
  }

  @Test
  void followersThatDoNotReachEachOtherAreNamedBeforeTheirLeaderDies() {
    ClusterStatus status =
        threeOfWhichTwoDoNotReachEachOther(
            Optional.of(Fixture.api(Fixture.spec(3, 0), Fixture.bundle(folder))));
    assertThat(status.state()).isEqualTo(State.DEGRADED);
    assertThat(status.etcd().healthy()).isEqualTo(3);
    assertThat(status.etcd().canLose()).isZero();
    assertThat(status.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.isError()).isTrue();
          assertThat(problem.where()).isEqualTo("m2");
          assertThat(problem.what()).isEqualTo("its etcd and that of m3 do not reach each other");
        });
  }

  @Test
  void whereNobodyLeadsWhoDoesNotReachWhomIsSaidToo() {
    ClusterStatus status = threeOfWhichTwoDoNotReachEachOther(Optional.empty());
    assertThat(status.state()).isEqualTo(State.DOWN);
    assertThat(status.problems())
        .extracting(Problem::what)
        .contains(
            "its etcd and that of m3 do not reach each other", "no master answers at its API");
  }

  @Test
  void whatADrillStoppedIsNotToBeRepaired() {
    worker.traces.add("/run/mainstay/drill");
    worker.units.put("kubelet", "inactive enabled");
    worker.units.put("mainstay-proxy", "inactive enabled");
    assertThat(status().problems())
        .containsExactly(
            Problem.warning(
                "w1",
                "is in a drill: what does not run there was stopped on purpose",
                "wait: it heals itself within minutes"));
  }

  @Test
  void anotherMachineAtANodesAddressIsToReplaceItOrNothing() {
    worker = FakeHost.of(SPEC, "w1");
    worker.machineId = "another";
    assertThat(status().problems())
        .containsExactly(
            Problem.error(
                "w1",
                "another machine answers at 10.77.0.21 than the cluster's w1",
                "mend the address in the file; or, if this one is to take its place: mainstay apply"
                    + " --replace w1"));
  }

  /** It was replaced while it was off, and came back. */
  @Test
  void aMachineThatRunsUnderTheNameOfAnotherIsNamedAndNothingThatFollows() {
    ClusterApi api = Fixture.api(SPEC, Fixture.bundle(folder));
    List<ClusterApi.KubeNode> nodes = new ArrayList<>(api.nodes());
    nodes.replaceAll(node ->
        node.name().startsWith("w1.")
            ? new ClusterApi.KubeNode(
                node.name(), true, node.kubelet(), "10.77.0.99", "old", "10.77.0.99", false)
            : node);
    ClusterApi doubled = Fixture.withNodes(api, nodes);
    assertThat(status(doubled).problems())
        .containsExactly(
            Problem.error(
                "w1",
                "another machine runs as w1 as well: one at 10.77.0.99, with the machine id old;"
                    + " that of 10.77.0.21 is id-of-w1",
                "if the file's address is the right one: power the other one off and wipe it, as"
                    + " both run the same pods; then mainstay apply. Else mend the file"));
    ClusterFacts facts =
        Fixture.facts(List.of(master.facts(), worker.facts()), Optional.of(doubled));
    assertThatThrownBy(() -> Plans.planner(SPEC, facts, Fixture.bundle(folder)).plan())
        .isInstanceOf(Failure.Refused.class)
        .hasMessageStartingWith("w1: another machine runs as w1 as well: one at 10.77.0.99");
  }

  @Test
  void aMasterOfAnotherEtcdClusterIsNothingForAnApply() {
    ClusterApi api = Fixture.api(SPEC, Fixture.bundle(folder));
    ClusterApi.Member member = api.members().getFirst();
    ClusterApi survivors =
        Fixture.withMembers(
            api,
            List.of(
                new ClusterApi.Member(
                    "7",
                    "m2.demo.internal",
                    List.of("https://m2.demo.internal:2380"),
                    member.learner(),
                    true,
                    true)));
    assertThat(status(survivors).problems())
        .filteredOn(problem -> problem.where().equals("m1"))
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.what()).startsWith("the etcd there is another one");
          assertThat(problem.advice()).contains("mainstay etcd members", "--replace NAME");
        });
  }

  @Test
  void whereMastersAreMissingForAQuorumThatIsSaid() {
    ClusterSpec three = Fixture.spec(3, 0);
    FakeHost alone = FakeHost.of(three, "m1").at(Stage.PROVISIONED, three, Fixture.bundle(folder));
    ClusterStatus status =
        ShowStatus.status(
            three,
            Fixture.facts(List.of(alone.facts()), Optional.empty()),
            Map.of(),
            Instant.EPOCH);
    assertThat(status.state()).isEqualTo(State.DOWN);
    assertThat(status.problems())
        .last()
        .isEqualTo(
            Problem.error(
                "demo",
                "no master answers at its API: of 3 masters 1 can be reached, and etcd needs 2",
                "bring masters back. If so many are gone for good: mainstay etcd members, then"
                    + " mainstay etcd recover"));
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
