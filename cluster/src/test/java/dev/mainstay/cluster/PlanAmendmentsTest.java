package dev.mainstay.cluster;

import static dev.mainstay.cluster.Plans.ids;
import static dev.mainstay.cluster.Plans.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.ComponentSettings;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans for a cluster of three masters and two workers, some of which moved or differ. */
final class PlanAmendmentsTest {
  private static final ClusterSpec BEFORE = Fixture.spec(3, 2);
  private static final List<String> ALL = List.of("m1", "m2", "m3", "w1", "w2");

  private final Bundle bundle;
  private final Map<String, FakeHost> hosts = new HashMap<>();

  PlanAmendmentsTest(@TempDir Path folder) {
    bundle = Fixture.bundle(folder);
    for (String name : ALL) {
      FakeHost host = FakeHost.of(BEFORE, name).at(Stage.PROVISIONED, BEFORE, bundle);
      if (name.startsWith("m")) {
        host.manifests.put(
            "kube-apiserver",
            StaticPodTest.APISERVER.replace("10.77.0.11", "10.77.0.1" + name.charAt(1)));
        host.manifests.put("etcd", StaticPodTest.ETCD.replace("m1.demo", name + ".demo"));
      }
      hosts.put(name, host);
    }
  }

  private FakeHost host(String name) {
    return java.util.Objects.requireNonNull(hosts.get(name));
  }

  /** The file with other last digits: {@code m1} at 10.77.0.111. */
  private static ClusterSpec moved(String... names) {
    List<NodeSpec> nodes = new ArrayList<>();
    for (NodeSpec node : BEFORE.nodes()) {
      nodes.add(
          List.of(names).contains(node.name().value())
              ? Fixture.node(node.name().value(), node.role(), newAddress(node.address().value()))
              : node);
    }
    return Fixture.spec(nodes, ComponentSettings.NONE);
  }

  private static String newAddress(String address) {
    return address.replace("10.77.0.", "10.77.0.1");
  }

  private Plan<Action> plan(ClusterSpec spec, Optional<ClusterApi> api, String... silent) {
    Map<NodeName, HostFacts> seen = new HashMap<>();
    Map<NodeName, Failure> unreachable = new HashMap<>();
    hosts.forEach((name, host) -> {
      if (List.of(silent).contains(name)) {
        unreachable.put(new NodeName(name), new Failure.Unreachable(name, "", true));
      } else {
        seen.put(new NodeName(name), host.facts());
      }
    });
    return Plans.planner(spec, new ClusterFacts(seen, unreachable, api), bundle).plan();
  }

  private Plan<Action> alive(ClusterSpec spec, String... silent) {
    return plan(spec, Optional.of(Fixture.api(BEFORE, bundle)), silent);
  }

  @Test
  void nothingMovedNothingToDo() {
    assertThat(alive(BEFORE).isEmpty()).isTrue();
  }

  @Test
  void aWorkerMovesBesideEveryHostsBlock() {
    Plan<Action> plan = alive(moved("w1"));
    assertThat(ids(plan))
        .containsExactly(
            "hosts/configure/m1",
            "hosts/configure/m2",
            "hosts/configure/m3",
            "hosts/configure/w1",
            "hosts/configure/w2",
            "workers/move/w1",
            "cluster/addons/description",
            "cluster/verify",
            "cluster/connections");
    assertThat(step(plan, "workers/move/w1").after()).containsExactly("hosts/configure/w1");
    assertThat(step(plan, "workers/move/w1").reason()).isEqualTo(Why.ADDRESS_CHANGED);
    assertThat(step(plan, "hosts/configure/w1").after()).isEmpty();
    Action.Configure hosts = (Action.Configure) step(plan, "hosts/configure/m1").action();
    assertThat(hosts.drift().staleAddresses()).containsExactly("10.77.0.21");
    assertThat(
            ((Action.CloseStaleConnections) step(plan, "cluster/connections").action()).addresses())
        .containsExactly("10.77.0.21");
  }

  @Test
  void workersLearnOfAMovedMasterWhenItIsDone() {
    Plan<Action> plan = alive(moved("m3"));
    Step<Action> amend = step(plan, "masters/amend/m3");
    assertThat(amend.after())
        .containsExactlyInAnyOrder(
            "hosts/configure/m1", "hosts/configure/m2", "hosts/configure/m3");
    assertThat(amend.disrupts()).isEqualTo(Disruption.NODE);
    Action.AmendMaster action = (Action.AmendMaster) amend.action();
    assertThat(action.containers()).containsExactly("kube-apiserver");
    assertThat(action.from()).contains("10.77.0.13");
    assertThat(action.quorumIsLost()).isFalse();
    assertThat(action.manifests())
        .singleElement()
        .satisfies(file -> {
          assertThat(file.path()).isEqualTo("/etc/kubernetes/manifests/kube-apiserver.yaml");
          assertThat(file.mode()).isEqualTo("600");
          assertThat(file.content()).contains("--advertise-address=10.77.0.113");
        });
    assertThat(step(plan, "hosts/configure/w1").after()).containsExactly("masters/amend/m3");
    assertThat(ids(plan)).doesNotContain("masters/amend/m1", "masters/amend/m2");
  }

  @Test
  void mastersThatMovedGoOneAfterTheOtherWhileTheApiAnswers() {
    Plan<Action> plan = alive(moved("m2", "m3"));
    assertThat(step(plan, "masters/amend/m3").after()).containsExactly("masters/amend/m2");
  }

  @Test
  void mastersGoAtOnceWhereNoQuorumCanStand() {
    Plan<Action> plan = plan(moved("m1", "m2", "m3", "w1", "w2"), Optional.empty());
    for (String master : List.of("m1", "m2", "m3")) {
      Step<Action> amend = step(plan, "masters/amend/" + master);
      assertThat(amend.after()).containsExactly("hosts/configure/" + master);
      assertThat(amend.disrupts()).isEqualTo(Disruption.CONTROL_PLANE);
      assertThat(((Action.AmendMaster) amend.action()).quorumIsLost()).isTrue();
    }
    assertThat(step(plan, "hosts/configure/w1").after()).isEmpty();
    // nothing is known of add-ons: they are not applied on suspicion
    assertThat(ids(plan)).doesNotContain("cluster/addons/network", "cluster/addons/dns");
    assertThat(step(plan, "cluster/addons/description").after())
        .containsExactlyInAnyOrder("masters/amend/m1", "masters/amend/m2", "masters/amend/m3");
  }

  @Test
  void oneOfThreeMovedAndASilentApiIsNoLostQuorum() {
    Plan<Action> plan = plan(moved("m3"), Optional.empty());
    assertThat(((Action.AmendMaster) step(plan, "masters/amend/m3").action()).quorumIsLost())
        .isFalse();
  }

  @Test
  void aNodeThatDidNotAnswerKeepsItsAddressOnTheOthers() {
    Plan<Action> plan = alive(moved("w1", "w2"), "w2");
    String block =
        ((Action.Configure) step(plan, "hosts/configure/m1").action())
            .drift()
            .hosts()
            .orElseThrow()
            .content();
    assertThat(block).contains("10.77.0.121 w1.demo.internal w1\n10.77.0.22 w2.demo.internal w2\n");
    assertThat(ids(plan)).doesNotContain("workers/move/w2", "hosts/configure/w2");
  }

  @Test
  void anAddressThatAnotherNodeHasNowIsNotKept() {
    // w1 has what was w2's, and w2 is silent
    List<NodeSpec> nodes = new ArrayList<>(moved("w2").nodes());
    nodes.set(3, Fixture.node("w1", nodes.get(3).role(), "10.77.0.22"));
    ClusterSpec spec = Fixture.spec(nodes, ComponentSettings.NONE);
    String block =
        ((Action.Configure) step(alive(spec, "w2"), "hosts/configure/m1").action())
            .drift()
            .hosts()
            .orElseThrow()
            .content();
    assertThat(block).contains("10.77.0.22 w1.demo.internal w1\n10.77.0.122 w2.demo.internal w2\n");
  }

  @Test
  void aMoveThatDidNotEndIsKnownByTheAddressThatWasSettled() {
    ClusterSpec spec = moved("w1");
    ALL.forEach(
        name -> host(name).hostsFile = new HostsFile("").withBlock(HostsBlock.of(spec), 2).text());
    host("w1").local.add("10.77.0.121");
    assertThat(ids(alive(spec))).contains("workers/move/w1").doesNotContain("hosts/configure/m1");
  }

  @Test
  void kubeletsOwnReportTellsOfAMoveUnlessTheAddressIsATranslatedOne() {
    host("w1").settled = "";
    ClusterSpec spec = moved("w1");
    ALL.forEach(
        name -> host(name).hostsFile = new HostsFile("").withBlock(HostsBlock.of(spec), 2).text());
    assertThat(ids(alive(spec))).doesNotContain("workers/move/w1");
    host("w1").local.add("10.77.0.121");
    assertThat(ids(alive(spec))).contains("workers/move/w1");
  }

  @Test
  void etcdThatSeesAnotherHostsFileBeginsAnew() {
    host("m2").etcdSeesOtherHosts = true;
    Step<Action> amend = step(alive(BEFORE), "masters/amend/m2");
    assertThat(amend.reason()).isEqualTo(Why.STATIC_POD_DIFFERS);
    assertThat(((Action.AmendMaster) amend.action()).containers())
        .containsExactly("etcd", "kube-apiserver");
    assertThat(((Action.AmendMaster) amend.action()).manifests()).isEmpty();
  }

  @Test
  void anEtcdThatWouldFoundAClusterIsToldOfThisOneWhileAllMastersServe() {
    ALL.forEach(name -> host(name).ready = true);
    host("m1")
        .manifests
        .put("etcd", StaticPodTest.ETCD.replace("    - --initial-cluster-state=existing\n", ""));
    Step<Action> amend = step(alive(BEFORE), "masters/amend/m1");
    assertThat(amend.reason()).isEqualTo(Why.STATIC_POD_DIFFERS);
    assertThat(amend.what()).contains("would have it begin an empty cluster if its data were lost");
    Action.AmendMaster amendment = (Action.AmendMaster) amend.action();
    assertThat(amendment.containers()).containsExactly("etcd", "kube-apiserver");
    assertThat(amendment.manifests())
        .singleElement()
        .satisfies(file -> assertThat(file.content()).contains("cluster-state=existing"));
    // a restart of etcd is not risked for it
    Optional<ClusterApi> api = Optional.of(Fixture.api(BEFORE, bundle));
    assertThat(ids(plan(BEFORE, api, "m3"))).doesNotContain("masters/amend/m1");
    assertThat(ids(plan(BEFORE, Optional.of(Fixture.unhealthy(Fixture.api(BEFORE, bundle), "m3")))))
        .doesNotContain("masters/amend/m1");
    host("m2").ready = false;
    assertThat(ids(alive(BEFORE))).doesNotContain("masters/amend/m1");
    // but what has to be done anyhow does it, too
    host("m1").etcdSeesOtherHosts = true;
    assertThat(((Action.AmendMaster) step(alive(BEFORE), "masters/amend/m1").action()).manifests())
        .hasSize(1);
  }

  @Test
  void aMasterThatDoesNotServeHasItsTurnFirst() {
    ALL.forEach(name -> host(name).ready = true);
    host("m1").amending.add("kube-apiserver");
    host("m3").etcdSeesOtherHosts = true;
    host("m3").ready = false;
    Plan<Action> plan = alive(BEFORE);
    assertThat(step(plan, "masters/amend/m3").after()).isEmpty();
    assertThat(step(plan, "masters/amend/m1").after()).containsExactly("masters/amend/m3");
  }

  @Test
  void mastersThatAreYetToJoinAreNoMembersAndNobodyWaitsForThem() {
    ClusterSpec five = Fixture.spec(5, 2);
    List<NodeSpec> nodes = new ArrayList<>(moved("m1").masters());
    nodes.addAll(five.masters().subList(3, 5));
    nodes.addAll(five.workers());
    ClusterSpec spec = Fixture.spec(nodes, ComponentSettings.NONE);
    for (String name : List.of("m4", "m5")) {
      hosts.put(name, FakeHost.of(five, name));
    }
    Plan<Action> plan = plan(spec, Optional.empty());
    Step<Action> amend = step(plan, "masters/amend/m1");
    // two of three stand, not two of five
    assertThat(((Action.AmendMaster) amend.action()).quorumIsLost()).isFalse();
    assertThat(amend.after())
        .containsExactlyInAnyOrder(
            "hosts/configure/m1", "hosts/configure/m2", "hosts/configure/m3");
  }

  @Test
  void whatAnEarlierRunWantedToRestartIsRestarted() {
    host("m2").amending.add("kube-apiserver");
    assertThat(((Action.AmendMaster) step(alive(BEFORE), "masters/amend/m2").action()).containers())
        .containsExactly("kube-apiserver");
  }

  /** As another machine that ran under its name left it. */
  @Test
  void aNodeWhosePodsNetworkIsLookedForElsewhereSaysAnewWhereItIs() {
    ClusterApi well = Fixture.api(BEFORE, bundle);
    List<ClusterApi.KubeNode> nodes = new ArrayList<>(well.nodes());
    nodes.replaceAll(node ->
        node.name().startsWith("w1.")
            ? new ClusterApi.KubeNode(
                node.name(),
                true,
                node.kubelet(),
                node.internalIp(),
                node.machineId(),
                "10.77.0.99",
                false)
            : node);
    ClusterApi api = Fixture.withNodes(well, nodes);
    host("w1").local.add("10.77.0.21");
    assertThat(step(plan(BEFORE, Optional.of(api)), "workers/move/w1").reason())
        .isEqualTo(Why.ADDRESS_CHANGED);
  }

  @Test
  void kubeconfigsThatLeadElsewhereAreFound() {
    host("m1").kubeconfigs.put("scheduler", "https://10.77.0.11:6443");
    host("m3").kubeconfigs.put("admin", "https://10.77.0.11:6443");
    host("w1").kubeconfigs.put("kubelet", "https://m1.demo.internal:6443");
    Plan<Action> plan = alive(BEFORE);
    assertThat(step(plan, "masters/kubeconfigs/m1").reason()).isEqualTo(Why.KUBECONFIG_DIFFERS);
    assertThat(step(plan, "masters/kubeconfigs/m3").after())
        .containsExactly("masters/kubeconfigs/m1");
    assertThat(step(plan, "workers/kubeconfig/w1").action())
        .isEqualTo(new Action.PointKubelet(Fixture.node(BEFORE, "w1")));
  }

  @Test
  void aProxyThatLeadsElsewhereThanItsFileIsReloaded() {
    host("w1")
        .backends
        .putAll(Map.of("m1", "10.77.0.99:6443", "m2", "10.77.0.12:6443", "m3", "10.77.0.13:6443"));
    host("w2")
        .backends
        .putAll(Map.of("m1", "10.77.0.11:6443", "m2", "10.77.0.12:6443", "m3", "10.77.0.13:6443"));
    host("m1").backends.put("self", "127.0.0.1:6443");
    Plan<Action> plan = alive(BEFORE);
    assertThat(ids(plan)).containsExactly("hosts/configure/w1", "cluster/verify");
    assertThat(step(plan, "hosts/configure/w1").what())
        .isEqualTo("put right the running local proxy, which leads to m1 at 10.77.0.99:6443");
    host("w2").backends.remove("m3");
    assertThat(ids(alive(BEFORE))).contains("hosts/configure/w2");
    // what serve.sh could not load: a finished master has to lead to itself
    host("m1").backends.clear();
    host("m1").backends.putAll(Map.of("m2", "10.77.0.12:6443", "m3", "10.77.0.13:6443"));
    assertThat(ids(alive(BEFORE))).contains("hosts/configure/m1");
  }

  @Test
  void cloudInitIsTold() {
    host("w1").cloudInit = true;
    Action.Configure configure =
        (Action.Configure) step(alive(BEFORE), "hosts/configure/w1").action();
    assertThat(configure.drift().files())
        .singleElement()
        .satisfies(file -> assertThat(file.content()).contains("manage_etc_hosts: false"));
  }

  @Test
  void anEmptyMachineThatShowsANodesKeyIsAnotherMachine() {
    FakeHost clone = FakeHost.of(BEFORE, "m3");
    clone.machineId = "another";
    hosts.put("m3", clone);
    assertThatThrownBy(() -> alive(BEFORE))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("its machine id is another, that of the cluster's m3 is id-of-m3")
        .hasMessageContaining("its host key is SHA256:m3");
  }
}
