package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * How a prepared host differs from what it should be, in files, units, hosts block and proxy: a
 * pure look at facts.
 *
 * @param files those that are missing or changed, as they should be
 * @param hosts /etc/hosts as it should be, where it is not
 * @param staleAddresses what the host's own block gave nodes that have other addresses now
 * @param unitsDown units that should run, or start at boot, and do not
 * @param roundTrip the longest round trip to a master that the proxy's configuration should be made
 *     for, if it is made for another
 * @param proxyElsewhere where the running proxy leads to, if not where its configuration says
 * @param authorityLost whether a master's proxy does not find, or may not read, the authority by
 *     which it knows its apiserver: it would not start again
 * @param unsettled whether an earlier run wrote files and did not act upon them
 */
record HostDrift(
    List<HostFile> files,
    Optional<HostFile> hosts,
    Set<String> staleAddresses,
    List<String> unitsDown,
    Optional<Duration> roundTrip,
    Optional<String> proxyElsewhere,
    boolean authorityLost,
    boolean unsettled) {
  private static final String AUTHORITY = "/etc/kubernetes/pki/ca.crt";
  private static final String KUBELET = "kubelet";
  private static final List<String> UNITS = List.of("containerd", "mainstay-proxy");
  // by the file whose presence means that there should be one
  private static final Map<String, String> OPTIONAL_UNITS =
      Map.of(
          EtcdBackupFiles.TIMER,
          EtcdBackupFiles.TIMER_UNIT,
          MasterWatch.APISERVER.service(),
          MasterWatch.APISERVER.unit(),
          MasterWatch.ETCD.service(),
          MasterWatch.ETCD.unit());

  /**
   * Compares {@code host} with what it should be.
   *
   * @param wanted the files that {@code node} should have
   * @param generation the number that a new hosts block gets
   */
  static HostDrift of(
      ClusterSpec spec,
      NodeSpec node,
      HostFacts host,
      List<HostFile> wanted,
      HostsBlock block,
      int generation) {
    List<HostFile> differing =
        wanted.stream()
            .filter(file ->
                !file.isWhatIsThere(host.files().get(file.path()), host.modes().get(file.path())))
            .toList();
    HostsFile hosts = new HostsFile(host.hostsFile());
    Optional<HostFile> newHosts =
        hosts.isCurrent(block)
            ? Optional.empty()
            : Optional.of(HostFile.hosts(hosts.withBlock(block, generation).text()));
    Set<String> stale = new TreeSet<>();
    if (newHosts.isPresent()) {
      Map<String, String> now = block.addresses();
      hosts
          .addresses()
          .forEach((name, address) -> {
            if (!address.equals(now.getOrDefault(name, address))) {
              stale.add(address);
            }
          });
    }
    boolean proxyFileIsRight =
        differing.stream().noneMatch(file -> file.path().equals(ProxyConfig.PATH));
    return new HostDrift(
        differing,
        newHosts,
        stale,
        units(host, wanted).filter(unit -> !host.isActive(unit) || !host.isEnabled(unit)).toList(),
        roundTrip(host, differing),
        proxyFileIsRight && host.isActive("mainstay-proxy")
            ? proxyElsewhere(spec, node, host, block)
            : Optional.empty(),
        node.isMaster() && host.isProvisioned() && authorityLost(host),
        host.unsettled());
  }

  private static boolean authorityLost(HostFacts host) {
    String authority = host.bindings().fingerprints().get(AUTHORITY);
    // without that one there is none to lay
    return authority != null
        && !(authority.equals(host.files().get(ProxyConfig.AUTHORITY))
            && host.modes().getOrDefault(ProxyConfig.AUTHORITY, "644").equals("644"));
  }

  private static Optional<Duration> roundTrip(HostFacts host, List<HostFile> differing) {
    return differing.stream()
        .filter(
            file -> file.path().equals(ProxyConfig.PATH) && host.files().containsKey(file.path()))
        .map(file -> ProxyConfig.timeouts(file.content()))
        .filter(wanted -> wanted != ProxyTimeouts.inForce(host.roundTrips()))
        .map(ProxyTimeouts::limit)
        .findFirst();
  }

  private static Stream<String> units(HostFacts host, List<HostFile> wanted) {
    return Stream.of(
            UNITS.stream(),
            // before it is a node kubelet has nothing to run with
            Stream.of(KUBELET).filter(_ -> host.isProvisioned() && !host.isHeld()),
            wanted.stream()
                .filter(file -> !file.isAbsent())
                .flatMap(file -> Stream.ofNullable(OPTIONAL_UNITS.get(file.path()))))
        .flatMap(units -> units);
  }

  private static Optional<String> proxyElsewhere(
      ClusterSpec spec, NodeSpec node, HostFacts host, HostsBlock block) {
    Map<String, String> running = host.bindings().backends();
    if (running.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> addresses = block.addresses();
    Map<String, String> wanted = new HashMap<>();
    boolean serves = node.isMaster() && host.isProvisioned() && !host.isRetired();
    if (running.containsKey("self") || serves) {
      wanted.put("self", "127.0.0.1:6443");
    } else {
      for (NodeSpec master : spec.masters()) {
        if (!master.equals(node)) {
          String name = master.name().value();
          wanted.put(name, addresses.getOrDefault(name, master.address().value()) + ":6443");
        }
      }
    }
    return running.equals(wanted)
        ? Optional.empty()
        : Optional.of(
            running.entrySet().stream()
                .filter(backend -> !backend.getValue().equals(wanted.get(backend.getKey())))
                .map(backend -> backend.getKey() + " at " + backend.getValue())
                .sorted()
                .findFirst()
                .orElse("fewer masters than there are"));
  }

  boolean isEmpty() {
    return phrases().isEmpty();
  }

  /** What is not as it should be, a phrase each; the hosts block first. */
  List<String> phrases() {
    List<String> phrases = new ArrayList<>();
    hosts.ifPresent(file -> phrases.add("the hosts block"));
    files.forEach(file -> phrases.add(file.path() + suits(file).map(", "::concat).orElse("")));
    if (authorityLost) {
      phrases.add(ProxyConfig.AUTHORITY);
    }
    unitsDown.forEach(unit -> phrases.add(unit.contains(".") ? unit : unit + ".service"));
    // a new hosts block says as much
    proxyElsewhere
        .filter(_ -> hosts.isEmpty())
        .ifPresent(where -> phrases.add("the running local proxy, which leads to " + where));
    if (unsettled) {
      phrases.add("what an earlier run wrote and did not act upon");
    }
    return phrases;
  }

  /** What one of the files has to suit and does not; empty where it merely differs. */
  Optional<String> suits(HostFile file) {
    return roundTrip
        .filter(limit -> file.path().equals(ProxyConfig.PATH))
        .map(limit -> "for a round trip of up to %d ms to the masters".formatted(limit.toMillis()));
  }

  /** Whether putting it right restarts what pods depend on. */
  boolean disturbsNode() {
    // a kubelet that does not run, or not after the next boot, is disturbed by nothing
    return phrases().stream()
        .filter(phrase -> !phrase.equals(KUBELET + ".service"))
        .anyMatch(HostDrift::disturbs);
  }

  /** Whether what pods depend on is restarted with another configuration than it has now. */
  boolean changesNode() {
    return files.stream().anyMatch(file -> disturbs(file.path()));
  }

  private static boolean disturbs(String part) {
    // mirrors are read at each pull
    return !part.startsWith(RegistryMirrors.FOLDER)
        && (part.contains("containerd") || part.contains("kubelet"));
  }
}
