package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that was observed, at one moment.
 *
 * @param hosts the hosts that answered
 * @param unreachable those that did not, and why
 * @param api what the cluster says; empty where there is none or it does not answer
 * @param certificates of those hosts that are nodes
 */
record ClusterFacts(
    Map<NodeName, HostFacts> hosts,
    Map<NodeName, Failure> unreachable,
    Optional<ClusterApi> api,
    Map<NodeName, HostCertificates> certificates) {
  ClusterFacts {
    hosts = Map.copyOf(hosts);
    unreachable = Map.copyOf(unreachable);
    certificates = Map.copyOf(certificates);
  }

  /** Facts of hosts whose certificates do not matter. */
  ClusterFacts(
      Map<NodeName, HostFacts> hosts,
      Map<NodeName, Failure> unreachable,
      Optional<ClusterApi> api) {
    this(hosts, unreachable, api, Map.of());
  }

  Optional<HostFacts> host(NodeName name) {
    return Optional.ofNullable(hosts.get(name));
  }
}
