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
      "mainstay etcd members shows which masters are together. If mainstay etcd recover broke off,"
          + " run it again. Else those with the old data must be off at once; when they are, make"
          + " them anew: mainstay apply --replace NAME (docs/etcd.md)";

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
   * The finished masters whose etcd is not of the cluster that the API is of, as far as that is
   * known. Which of both is the right one it does not say: the API may be that of masters that were
   * away while the others were recovered, and came back with their old data.
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

  Optional<HostFacts> host(NodeName name) {
    return Optional.ofNullable(hosts.get(name));
  }
}
