package dev.mainstay.cluster;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Mutable: a host's facts, made from those of an empty, fit Debian host. */
final class FakeHost {
  private static final String DEBIAN_HOSTS = "127.0.0.1 localhost\n";

  private final NodeSpec node;
  String distribution = "debian-12";
  String architecture = "x86_64";
  String init = "systemd";
  int cgroup = 2;
  String hostname;
  String machineId;
  int cpus = 2;
  long memoryMib = 2048;
  long diskFreeMib = 20_000;
  List<String> swaps = List.of();
  int nameservers = 1;
  Duration clockAhead = Duration.ZERO;
  final Map<Integer, String> listeners = new TreeMap<>();
  String hostsFile = DEBIAN_HOSTS;
  Optional<NodeIdentity> identity = Optional.empty();
  Stage stage = Stage.EMPTY;
  final Map<String, String> files = new HashMap<>();
  final Map<String, String> modes = new HashMap<>();
  final Map<String, String> units = new HashMap<>();
  boolean unsettled;
  final Set<String> artifacts = new HashSet<>();
  final Set<String> packages = new HashSet<>(Set.of("bash"));
  final Set<String> traces = new HashSet<>();
  String clusterEndpoint = "";
  final Set<String> local = new HashSet<>();
  String settled = "";
  String advertises = "";
  final Map<String, String> kubeconfigs = new HashMap<>();
  final Map<String, String> manifests = new HashMap<>();
  final Set<String> amending = new HashSet<>();
  boolean etcdSeesOtherHosts;
  boolean etcdDataLost;
  Optional<Peers.Voice> peers = Optional.empty();
  boolean cloudInit;
  final Map<String, String> backends = new HashMap<>();
  final Map<String, String> fingerprints = new HashMap<>();
  boolean ready;
  String kubelet = "";
  RoundTrips roundTrips = RoundTrips.NONE;

  FakeHost(NodeSpec node) {
    this.node = node;
    this.hostname = node.name().value();
    this.machineId = "id-of-" + node.name();
    local.add(node.address().value());
  }

  static FakeHost of(ClusterSpec spec, String name) {
    return new FakeHost(Fixture.node(spec, name));
  }

  /** Everything delivered, configured and running, with no cluster yet. */
  FakeHost prepared(ClusterSpec spec, Bundle bundle, ProxyConfig.Mode mode) {
    artifacts.addAll(Fixture.digests(bundle, node));
    packages.add("haproxy");
    units.put("containerd", "active enabled");
    units.put("mainstay-proxy", "active enabled");
    units.put("kubelet", "active enabled");
    hostsFile = new HostsFile(DEBIAN_HOSTS).withBlock(HostsBlock.of(spec), 1).text();
    identity =
        Optional.of(
            new NodeIdentity(
                Fixture.ID,
                spec.name().value(),
                node.name().value(),
                node.role().word(),
                machineId));
    HostFiles.of(spec, node, facts(), Fixture.ID, Optional.of(Fixture.PAUSE), mode).stream()
        .filter(file -> !file.isAbsent())
        .forEach(file -> files.put(file.path(), file.sha256()));
    for (MasterWatch watch : MasterWatch.values()) {
      if (files.containsKey(watch.service())) {
        units.put(watch.unit(), "active enabled");
      }
    }
    if (files.containsKey(EtcdBackupFiles.TIMER)) {
      units.put(EtcdBackupFiles.TIMER_UNIT, "active enabled");
    }
    return this;
  }

  /** Prepared, and kubeadm as far as {@code reached}. */
  FakeHost at(Stage reached, ClusterSpec spec, Bundle bundle) {
    prepared(
        spec,
        bundle,
        node.isMaster() && reached == Stage.PROVISIONED
            ? ProxyConfig.Mode.SELF
            : ProxyConfig.Mode.OTHERS);
    stage = reached;
    if (reached.compareTo(Stage.JOINED) >= 0) {
      kubelet = "v1.36.3";
      ready = node.isMaster();
      settled = reached == Stage.PROVISIONED ? node.address().value() : "";
      advertises = node.isMaster() ? node.address().value() : "";
      kubeconfigs.put(
          "kubelet", node.isMaster() ? "https://127.0.0.1:6443" : "https://" + spec.endpoint());
      traces.add("/etc/kubernetes/kubelet.conf");
    }
    return this;
  }

  HostFacts facts() {
    return new HostFacts(
        node.name(),
        "SHA256:" + node.name(),
        distribution,
        architecture,
        init,
        cgroup,
        hostname,
        machineId,
        cpus,
        memoryMib,
        diskFreeMib,
        swaps,
        true,
        true,
        nameservers,
        clockAhead,
        Map.copyOf(listeners),
        hostsFile,
        identity,
        stage,
        Map.copyOf(files),
        Map.copyOf(modes),
        Map.copyOf(units),
        unsettled,
        Set.copyOf(artifacts),
        Set.copyOf(packages),
        Set.copyOf(traces),
        clusterEndpoint,
        new Bindings(
            local,
            settled,
            advertises,
            kubeconfigs,
            manifests,
            amending,
            etcdSeesOtherHosts,
            cloudInit,
            backends,
            fingerprints),
        etcdDataLost,
        peers,
        ready,
        kubelet,
        roundTrips);
  }
}
