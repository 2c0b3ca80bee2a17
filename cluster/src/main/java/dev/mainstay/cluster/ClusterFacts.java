package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Everything that was observed, at one moment.
 *
 * @param hosts the hosts that answered
 * @param unreachable those that did not, and why
 * @param api what the cluster says; empty where there is none or it does not answer
 * @param certificates of those hosts that are nodes
 * @param departures machines that the cluster has and is to lose
 */
record ClusterFacts(
    Map<NodeName, HostFacts> hosts,
    Map<NodeName, Failure> unreachable,
    Optional<ClusterApi> api,
    Map<NodeName, HostCertificates> certificates,
    List<Departure> departures) {
  /** What is said of those whom {@link #estranged} names. */
  static final String ESTRANGED =
      "the etcd there is another one than that of the API that answers: masters that were away"
          + " during a recovery or a restore came back with their old data, or a recovery broke"
          + " off";

  static final String ESTRANGED_ADVICE =
      "if mainstay etcd recover broke off, run it again. Else nodes are led to old data. mainstay"
          + " etcd members shows which masters are together, and how far the data of each reaches:"
          + " those with the lower revision are the old ones. Power these off, or make them anew at"
          + " once, as long as they are on: mainstay apply --replace NAME, for each (docs/etcd.md)";

  /** What is said of those of them that have the newer data. */
  static final String NEWER =
      "the etcd there is another one than that of the API that answers, and has the newer data: the"
          + " other masters came back with what they had before a recovery or a restore";

  static final String NEWER_ADVICE =
      "keep it. Power off at once, and wipe, those whose revision is the lower one in mainstay etcd"
          + " members: nodes are led to their old data. Then see that its API answers"
          + " (docs/etcd.md)";

  /** What to do where {@link #doubled} says something. */
  static final String DOUBLED_ADVICE =
      "if the file's address is the right one: power the other one off and wipe it, as both run the"
          + " same pods; then mainstay apply. Else mend the file";

  ClusterFacts {
    hosts = Map.copyOf(hosts);
    unreachable = Map.copyOf(unreachable);
    certificates = Map.copyOf(certificates);
    departures = List.copyOf(departures);
  }

  /** Facts of hosts whose certificates do not matter. */
  ClusterFacts(
      Map<NodeName, HostFacts> hosts,
      Map<NodeName, Failure> unreachable,
      Optional<ClusterApi> api) {
    this(hosts, unreachable, api, Map.of(), List.of());
  }

  /** These facts, with {@code departures} and the hosts that these leave. */
  ClusterFacts leaving(Map<NodeName, HostFacts> hosts, List<Departure> departures) {
    Map<NodeName, HostCertificates> kept = new HashMap<>(certificates);
    departures.stream()
        .filter(one -> one.cause() == Departure.Cause.REBUILT)
        // they end with the node
        .forEach(one -> kept.put(one.node().name(), HostCertificates.NONE));
    return new ClusterFacts(hosts, unreachable, api, kept, departures);
  }

  /** How far its host is, also where {@link #leaving} says that it has to begin anew. */
  Stage stageSeen(NodeName name) {
    return departures.stream()
        .filter(one -> one.cause() == Departure.Cause.REBUILT && one.node().name().equals(name))
        .flatMap(one -> one.host().stream())
        .findFirst()
        .or(() -> host(name))
        .map(HostFacts::stage)
        .orElse(Stage.EMPTY);
  }

  /**
   * That another machine than {@code node}'s host runs under its name, as one does that was
   * replaced while it was off and came back: the Node is reported from elsewhere, by somebody else.
   * Both report in turn, so that it is not seen at each look. One that merely moved is the same
   * machine.
   */
  Optional<String> doubled(ClusterSpec spec, NodeSpec node) {
    return host(node.name())
        .filter(Observe::isNode)
        .flatMap(host ->
            api.flatMap(seen -> seen.node(spec.fullName(node)))
                .filter(kube ->
                    !kube.machineId().isEmpty() && !kube.machineId().equals(host.machineId()))
                // of one that nobody reports any more it is merely old
                .filter(ClusterApi.KubeNode::ready)
                .filter(kube -> !host.bindings().local().contains(kube.internalIp()))
                .filter(kube -> !kube.internalIp().equals(node.address().value()))
                .map(kube ->
                    "another machine runs as %s as well: one at %s, with the machine id %s; that of %s is %s"
                        .formatted(
                            node.name(),
                            kube.internalIp(),
                            kube.machineId(),
                            node.address(),
                            host.machineId())));
  }

  /**
   * The finished masters whose etcd is not of the cluster that the API is of, as far as that is
   * known. Of those that are {@link ClusterApi#newer} the API is the old one's.
   */
  List<NodeName> estranged(ClusterSpec spec) {
    if (api.isEmpty()) {
      return List.of();
    }
    Set<String> members =
        api.get().members().stream().map(ClusterApi.Member::name).collect(Collectors.toSet());
    return spec.masters().stream()
        .filter(master ->
            host(master.name())
                .filter(host -> host.isProvisioned() && !host.isRetired() && !host.isHeld())
                .isPresent())
        .filter(master ->
            !members.contains(spec.fullName(master))
                || api.get().strangers().contains(spec.fullName(master)))
        .map(NodeSpec::name)
        .toList();
  }

  /** Whether one of those has newer data than the masters whose API answers. */
  boolean isNewer(ClusterSpec spec, NodeName master) {
    return api.isPresent()
        && spec.node(master)
            .filter(node -> api.get().newer().contains(spec.fullName(node)))
            .isPresent();
  }

  Optional<HostFacts> host(NodeName name) {
    return Optional.ofNullable(hosts.get(name));
  }
}
