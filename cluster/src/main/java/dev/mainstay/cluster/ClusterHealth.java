package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a cluster lacks to be well, as its API and etcd tell it: a pure function. */
final class ClusterHealth {
  private static final Set<String> ADDONS = Set.of("coredns", "kube-proxy");

  private ClusterHealth() {}

  static boolean isWell(ClusterSpec spec, ClusterFacts facts, ClusterApi api) {
    return lacks(spec, facts.hosts().keySet().stream().map(Object::toString).toList(), api)
        .isEmpty();
  }

  /**
   * What is not well, a phrase each, starting with where.
   *
   * @param expected the short names of the nodes that should be there
   */
  static List<String> lacks(ClusterSpec spec, List<String> expected, ClusterApi api) {
    List<String> lacks = new ArrayList<>();
    Set<String> memberNames = new HashSet<>();
    for (ClusterApi.Member member : api.members()) {
      memberNames.add(member.name());
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
      if (!expected.contains(node.name().value())) {
        continue;
      }
      Optional<ClusterApi.KubeNode> seen = api.node(spec.fullName(node));
      if (seen.isEmpty()) {
        lacks.add(node.name() + ": is not a node of the cluster");
      } else if (!seen.get().ready()) {
        lacks.add(node.name() + ": is not Ready");
      }
      if (node.isMaster() && !memberNames.contains(spec.fullName(node))) {
        lacks.add(node.name() + ": has no etcd member");
      }
    }
    Set<String> found = new HashSet<>();
    for (ClusterApi.Workload workload : api.workloads()) {
      found.add(workload.name());
      if (!workload.isReady()) {
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
}
