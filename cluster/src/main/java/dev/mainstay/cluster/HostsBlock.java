package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Our part of /etc/hosts, the same on every node of a cluster and rendered once for all of them.
 *
 * @param cluster the cluster's name, which stands in the markers
 * @param lines without the markers
 * @param names every name that the lines give an address
 * @param addresses each node's address, by its short name
 */
record HostsBlock(
    String cluster, List<String> lines, Set<String> names, Map<String, String> addresses) {
  HostsBlock {
    lines = List.copyOf(lines);
    names = Set.copyOf(names);
    addresses = Map.copyOf(addresses);
  }

  /** The block of {@code spec} with the file's own addresses. */
  static HostsBlock of(ClusterSpec spec) {
    return of(spec, Map.of());
  }

  /**
   * The block for {@code spec} where some nodes did not answer at the file's address: a name leads
   * to a new address only once the machine there has proved to be the node, so these keep the
   * address that the newest block on the other hosts gives them, unless another node has it now.
   */
  static HostsBlock of(ClusterSpec spec, ClusterFacts facts) {
    Map<String, String> newest = Map.of();
    int generation = 0;
    for (HostFacts host : facts.hosts().values()) {
      HostsFile hosts = new HostsFile(host.hostsFile());
      if (!facts.unreachable().isEmpty() && hosts.generation() > generation) {
        generation = hosts.generation();
        newest = hosts.addresses();
      }
    }
    Set<String> given = new HashSet<>();
    spec.nodes().forEach(node -> given.add(node.address().value()));
    Map<NodeName, String> kept = new HashMap<>();
    for (NodeName silent : facts.unreachable().keySet()) {
      String address = newest.get(silent.value());
      if (address != null && !given.contains(address)) {
        kept.put(silent, address);
      }
    }
    return of(spec, kept);
  }

  private static HostsBlock of(ClusterSpec spec, Map<NodeName, String> kept) {
    List<String> lines = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Map<String, String> addresses = new HashMap<>();
    lines.add("127.0.0.1 " + spec.domain().endpointName());
    names.add(spec.domain().endpointName());
    for (NodeSpec node : spec.nodes()) {
      String fullName = spec.fullName(node);
      String address = kept.getOrDefault(node.name(), node.address().value());
      lines.add(address + " " + fullName + " " + node.name());
      names.add(fullName);
      names.add(node.name().value());
      addresses.put(node.name().value(), address);
    }
    return new HostsBlock(spec.name().value(), lines, names, addresses);
  }

  /** The lines with their markers. */
  List<String> marked(int generation) {
    List<String> marked = new ArrayList<>(lines.size() + 2);
    marked.add("# BEGIN mainstay " + cluster + " generation " + generation);
    marked.addAll(lines);
    marked.add("# END mainstay " + cluster);
    return marked;
  }
}
