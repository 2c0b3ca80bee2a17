package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClusterHealthTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 1);
  private static final List<String> ALL = List.of("m1", "m2", "m3", "w1");

  private final List<ClusterApi.KubeNode> nodes = new ArrayList<>();
  private static final ClusterApi.Dns DNS = new ClusterApi.Dns("", List.of(), Set.of());
  private final List<ClusterApi.Workload> workloads = new ArrayList<>();
  private final List<ClusterApi.Member> members = new ArrayList<>();
  private final Set<String> endpoints = new TreeSet<>();

  private final Bundle bundle;

  ClusterHealthTest(@TempDir Path folder) {
    bundle = Fixture.bundle(folder);
    ClusterApi api = Fixture.api(SPEC, bundle);
    nodes.addAll(api.nodes());
    workloads.addAll(api.workloads());
    members.addAll(api.members());
    endpoints.addAll(api.endpoints());
  }

  private List<String> lacks(List<String> expected) {
    List<HostFacts> hosts =
        expected.stream()
            .map(name -> FakeHost.of(SPEC, name).at(Stage.PROVISIONED, SPEC, bundle).facts())
            .toList();
    return ClusterHealth.lacks(
        SPEC,
        Fixture.facts(hosts, Optional.empty()),
        new ClusterApi(nodes, workloads, members, endpoints, "", DNS));
  }

  @Test
  void aWellClusterLacksNothing() {
    assertThat(lacks(ALL)).isEmpty();
  }

  @Test
  void namesNodesThatAreMissingOrNotReady() {
    nodes.set(1, new ClusterApi.KubeNode("m2.demo.internal", false, "v1.36.3", "", "", "", false));
    nodes.removeLast();
    assertThat(lacks(ALL)).containsExactly("m2: is not Ready", "w1: is not a node of the cluster");
  }

  @Test
  void namesAMasterWhoseApiIsNotReadyAndExpectsItsEndpointOnceItHasToServe() {
    FakeHost booting = FakeHost.of(SPEC, "m1").at(Stage.PROVISIONED, SPEC, bundle);
    booting.ready = false;
    ClusterFacts facts = Fixture.facts(List.of(booting.facts()), Optional.empty());
    endpoints.remove("10.77.0.11");
    ClusterApi api = new ClusterApi(nodes, workloads, members, endpoints, "", DNS);
    assertThat(ClusterHealth.lacks(SPEC, facts, api)).contains("m1: its API is not ready");
    assertThat(ClusterHealth.lacks(SPEC, facts, api, Set.of(new NodeName("m1"))))
        .contains("m1: default/kubernetes does not lead to it")
        .doesNotContain("m1: its API is not ready");
  }

  @Test
  void doesNotMissWhatIsNotExpected() {
    nodes.removeLast();
    assertThat(lacks(List.of("m1", "m2", "m3"))).isEmpty();
  }

  @Test
  void namesMembersThatAreLearnersOrUnhealthyOrMissing() {
    ClusterApi.Member second = members.get(1);
    members.set(
        1, new ClusterApi.Member(second.id(), second.name(), second.peerUrls(), true, true, false));
    ClusterApi.Member third = members.get(2);
    members.set(
        2, new ClusterApi.Member(third.id(), third.name(), third.peerUrls(), false, false, false));
    members.removeFirst();
    assertThat(lacks(ALL))
        .containsExactly(
            "m2.demo.internal: its etcd member is still a learner",
            "m3.demo.internal: its etcd member is not healthy",
            "m1: has no etcd member");
  }

  @Test
  void namesMembersThatAreKnownByAddress() {
    members.set(
        0,
        new ClusterApi.Member(
            "1", "m1.demo.internal", List.of("https://10.77.0.11:2380"), false, true, true));
    assertThat(lacks(ALL))
        .containsExactly(
            "m1.demo.internal: its etcd member is known by address: [https://10.77.0.11:2380]");
  }

  @Test
  void namesAMemberThatWasNeverStartedByItsId() {
    members.add(
        new ClusterApi.Member("77", "", List.of("https://10.77.0.14:2380"), false, false, false));
    assertThat(lacks(ALL)).contains("member 77: its etcd member is not healthy");
  }

  @Test
  void namesAddOnsThatAreMissingOrNotReady() {
    workloads.set(0, new ClusterApi.Workload("Deployment", "coredns", 2, 1));
    workloads.remove(1);
    assertThat(lacks(ALL))
        .containsExactly("coredns: 1 of 2 pods are ready", "kube-proxy: is missing");
  }

  @Test
  void everyLackSaysWhereFirst() {
    nodes.clear();
    workloads.clear();
    members.clear();
    assertThat(lacks(ALL)).isNotEmpty().allMatch(lack -> lack.indexOf(": ") > 0);
  }
}
