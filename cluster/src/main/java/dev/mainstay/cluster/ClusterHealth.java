package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What a cluster lacks to be well, as its API and etcd tell it: a pure function. */
final class ClusterHealth {
  private static final Set<String> ADDONS = Set.of("coredns", "kube-proxy");

  private ClusterHealth() {}

  /**
   * What is not well, a phrase each, starting with where.
   *
   * @param facts the hosts that could be looked at; of others nothing is expected
   */
  static List<String> lacks(ClusterSpec spec, ClusterFacts facts, ClusterApi api) {
    Set<NodeName> serving = new HashSet<>();
    List<String> silent = new ArrayList<>();
    for (NodeSpec master : spec.masters()) {
      Optional<HostFacts> host = facts.host(master.name());
      if (host.map(HostFacts::ready).orElse(false)) {
        serving.add(master.name());
      } else if (host.map(HostFacts::isProvisioned).orElse(false)) {
        silent.add(master.name() + ": its API is not ready");
      }
    }
    List<String> lacks = lacks(spec, facts, api, serving);
    lacks.addAll(silent);
    return lacks;
  }

  /**
   * The same at a later moment than that of {@code facts}.
   *
   * @param serving the masters whose API is ready by now, or has to be
   */
  static List<String> lacks(
      ClusterSpec spec, ClusterFacts facts, ClusterApi api, Set<NodeName> serving) {
    List<String> lacks = new ArrayList<>();
    Set<String> memberNames = new HashSet<>();
    Set<String> silent = new HashSet<>();
    spec.nodes().stream()
        .filter(node -> facts.host(node.name()).isEmpty())
        .forEach(node -> silent.add(spec.fullName(node)));
    for (ClusterApi.Member member : api.members()) {
      memberNames.add(member.name());
      if (silent.contains(member.name())) {
        continue;
      }
      String name = member.name().isEmpty() ? "member " + member.id() : member.name();
      if (member.learner()) {
        lacks.add(name + ": its etcd member is still a learner");
      } else if (!member.healthy()) {
        lacks.add(name + ": its etcd member is not healthy");
      }
      if (!member.peerUrls().equals(List.of("https://" + member.name() + ":2380"))) {
        lacks.add(name + ": its etcd member is known by address: " + member.peerUrls());
      }
    }
    for (NodeSpec node : spec.nodes()) {
      Optional<HostFacts> host = facts.host(node.name());
      if (host.isEmpty()) {
        continue;
      }
      Optional<ClusterApi.KubeNode> seen = api.node(spec.fullName(node));
      if (seen.isEmpty()) {
        lacks.add(node.name() + ": is not a node of the cluster");
      } else if (!seen.get().ready()) {
        lacks.add(node.name() + ": is not Ready");
      } else if (host.get().bindings().local().contains(node.address().value())) {
        addresses(node, seen.get(), lacks);
      }
      if (node.isMaster() && !memberNames.contains(spec.fullName(node))) {
        lacks.add(node.name() + ": has no etcd member");
      }
    }
    endpoints(spec, facts, api, serving, lacks);
    Set<String> found = new HashSet<>();
    for (ClusterApi.Workload workload : api.workloads()) {
      found.add(workload.name());
      if (!workload.isReadyWithout(silent.size())) {
        lacks.add(
            "%s: %d of %d pods are ready"
                .formatted(workload.name(), workload.ready(), workload.wanted()));
      }
    }
    for (String addon : ADDONS) {
      if (!found.contains(addon)) {
        lacks.add(addon + ": is missing");
      }
    }
    return lacks;
  }

  private static void addresses(NodeSpec node, ClusterApi.KubeNode seen, List<String> lacks) {
    String address = node.address().value();
    if (!seen.internalIp().equals(address)) {
      lacks.add(node.name() + ": its Node has the address " + seen.internalIp());
    }
    if (!seen.flannelIp().isEmpty() && !seen.flannelIp().equals(address)) {
      lacks.add(node.name() + ": the pods' network looks for it at " + seen.flannelIp());
    }
  }

  /** default/kubernetes should lead to the masters' addresses and to no other. */
  private static void endpoints(
      ClusterSpec spec,
      ClusterFacts facts,
      ClusterApi api,
      Set<NodeName> serving,
      List<String> lacks) {
    Set<String> others = new TreeSet<>(api.endpoints());
    for (NodeSpec master : spec.masters()) {
      boolean there = others.remove(master.address().value());
      if (!there && serving.contains(master.name())) {
        lacks.add(master.name() + ": default/kubernetes does not lead to it");
      }
    }
    long silent =
        spec.masters().stream().filter(master -> facts.host(master.name()).isEmpty()).count();
    // a master that was not reached may well be alive at the address that it had
    if (others.size() > silent) {
      lacks.add("default/kubernetes: still leads to " + String.join(", ", others));
    }
  }
}
