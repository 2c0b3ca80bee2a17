package dev.mainstay.cluster;

import dev.mainstay.model.NodeName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What one host was like when it was looked at.
 *
 * @param distribution {@code debian-12}
 * @param cgroup the version of the cgroup hierarchy, 1 or 2
 * @param nameservers how many nameservers it knows
 * @param clockAhead how far the host's clock is at least ahead of ours; negative where it is behind
 * @param listeners what listens on a TCP port, by port
 * @param hostsFile the whole of /etc/hosts, a character a byte
 * @param cpus how many processors it has
 * @param files the sha256 of managed files that are there, by path
 * @param modes their modes in octal digits, by path, as far as they are known
 * @param units {@code ACTIVE ENABLED} by unit, in systemd's words
 * @param unsettled whether files were written that nothing was done about yet
 * @param artifacts the sha256 of the artifacts that are installed and unchanged
 * @param traces paths of a cluster, ours or another's
 * @param bindings what ties it to names and addresses
 * @param etcdDataLost whether etcd is to run here, and what its member had is gone
 * @param peers whom its member of etcd does not reach; empty where it says nothing of that
 * @param ready whether the host's own apiserver is ready to serve
 * @param roundTrips how far it is from the other masters
 */
record HostFacts(
    NodeName node,
    String fingerprint,
    String distribution,
    String architecture,
    String init,
    int cgroup,
    String hostname,
    String machineId,
    int cpus,
    long memoryMib,
    long diskFreeMib,
    List<String> swaps,
    boolean capSysResource,
    boolean conntrackWritable,
    int nameservers,
    Duration clockAhead,
    Map<Integer, String> listeners,
    String hostsFile,
    Optional<NodeIdentity> identity,
    Stage stage,
    Map<String, String> files,
    Map<String, String> modes,
    Map<String, String> units,
    boolean unsettled,
    Set<String> artifacts,
    Set<String> packages,
    Set<String> traces,
    String clusterEndpoint,
    Bindings bindings,
    boolean etcdDataLost,
    Optional<Peers.Voice> peers,
    boolean ready,
    String kubelet,
    RoundTrips roundTrips) {

  /** Where the manifests of a master that is about to leave lie aside. */
  static final String RETIRED = "/var/lib/mainstay/retired";

  /** Whether a removal that did not end has stopped this master's static pods. */
  boolean isRetired() {
    return traces.contains(RETIRED);
  }

  private static final String DRILL = "/run/mainstay/drill";
  private static final String HOLD = "/var/lib/mainstay/etcd-restore/hold";
  private static final String RESTORE = "/var/lib/mainstay/etcd-restore/state";

  /** Whether a restore or recovery of etcd keeps kubelet from starting. */
  boolean isHeld() {
    return traces.contains(HOLD);
  }

  /** Whether a restore or recovery of etcd that stopped this master did not come to its end. */
  boolean isInRestore() {
    return isHeld() || traces.contains(RESTORE);
  }

  /** Whether what this finished master's etcd member had is gone, and no restore is why. */
  boolean hasLostItsMember() {
    return isProvisioned() && etcdDataLost && !isInRestore();
  }

  /** What to do then. */
  static String madeAnew(NodeName master) {
    return "if only its disk is not mounted: mount it and restart kubelet there. If the data is"
        + " gone, while the others are a quorum: mainstay apply --replace "
        + master
        + ", which makes it anew with their data. Where they are none: mainstay etcd recover. Where"
        + " no master has its data: mainstay etcd restore, with a backup and its .json";
  }

  /** Whether a drill has broken something here and not healed it yet. */
  boolean isInDrill() {
    return traces.contains(DRILL);
  }

  /** These facts of a host whose node has to be made anew. */
  HostFacts unfinished() {
    return new HostFacts(
        node,
        fingerprint,
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
        capSysResource,
        conntrackWritable,
        nameservers,
        clockAhead,
        listeners,
        hostsFile,
        identity,
        Stage.STARTED,
        files,
        modes,
        units,
        unsettled,
        artifacts,
        packages,
        traces,
        clusterEndpoint,
        bindings,
        etcdDataLost,
        peers,
        ready,
        kubelet,
        roundTrips);
  }

  boolean isProvisioned() {
    return stage == Stage.PROVISIONED;
  }

  /** Whether systemd says that {@code unit} is active. */
  boolean isActive(String unit) {
    return units.getOrDefault(unit, "").startsWith("active ");
  }

  boolean isEnabled(String unit) {
    return units.getOrDefault(unit, "").endsWith(" enabled");
  }

  /**
   * Reads what {@code observe.sh} printed.
   *
   * @param from our own clock when the observation began, milliseconds since the epoch
   * @param to our own clock when it was over
   * @throws IllegalArgumentException if the text is torn
   */
  static HostFacts parse(NodeName node, String fingerprint, String text, long from, long to) {
    Map<String, List<String>> all = new HashMap<>();
    for (String line : text.split("\n", -1)) {
      int space = line.indexOf(' ');
      if (space > 0) {
        all.computeIfAbsent(line.substring(0, space), key -> new ArrayList<>())
            .add(line.substring(space + 1).strip());
      }
    }
    if (!all.containsKey("end")) {
      throw new IllegalArgumentException("the observation broke off");
    }
    Map<Integer, String> listeners = new TreeMap<>();
    for (String listener : list(all, "listens")) {
      listeners.put(Integer.parseInt(before(listener)), after(listener));
    }
    Map<String, String> files = new TreeMap<>();
    list(all, "file").forEach(file -> files.put(after(file), before(file)));
    Map<String, String> modes = new TreeMap<>();
    list(all, "mode").forEach(mode -> modes.put(after(mode), before(mode)));
    String stage = decoded(all, "stage").replace("\0", "").strip();
    Set<String> traces = Set.copyOf(list(all, "trace"));
    return new HostFacts(
        node,
        fingerprint,
        one(all, "distribution"),
        one(all, "architecture"),
        one(all, "init"),
        Integer.parseInt(one(all, "cgroup")),
        one(all, "hostname"),
        one(all, "machine-id"),
        Integer.parseInt(one(all, "cpus")),
        Long.parseLong(one(all, "memory-mib")),
        Long.parseLong(one(all, "disk-free-mib")),
        List.copyOf(list(all, "swap")),
        one(all, "cap-sys-resource").equals("1"),
        one(all, "conntrack-writable").equals("1"),
        Integer.parseInt(one(all, "nameservers")),
        ahead(Long.parseLong(one(all, "clock")), from, to),
        Map.copyOf(listeners),
        new String(bytes(one(all, "hosts-file")), HostFile.BYTES),
        NodeIdentity.parse(decoded(all, "node-json")),
        stage.isEmpty() ? Stage.EMPTY : Stage.of(stage),
        Map.copyOf(files),
        Map.copyOf(modes),
        keyed(all, "unit"),
        one(all, "unsettled").equals("1"),
        Set.copyOf(new HashSet<>(list(all, "artifact"))),
        // a package of two architectures is there twice
        Set.copyOf(List.of(one(all, "packages").split(" +", -1))),
        traces,
        one(all, "cluster-endpoint"),
        bindings(all),
        one(all, "etcd-data-lost").equals("1"),
        Peers.Voice.find(text),
        one(all, "ready").equals("1"),
        one(all, "kubelet"),
        RoundTrips.parse(
            list(all, "master-asked"), list(all, "round-trip"), list(all, "round-trip-class")));
  }

  private static Bindings bindings(Map<String, List<String>> all) {
    Map<String, String> manifests = new TreeMap<>();
    keyed(all, "manifest").forEach((name, base64) -> manifests.put(name, text(base64)));
    return new Bindings(
        Set.copyOf(list(all, "local-address")),
        decoded(all, "settled").strip(),
        one(all, "advertises"),
        keyed(all, "kubeconfig"),
        manifests,
        Set.copyOf(list(all, "amending")),
        one(all, "etcd-sees-other-hosts").equals("1"),
        one(all, "cloud-init").equals("1"),
        keyed(all, "backend"),
        fingerprints(list(all, "fingerprint")));
  }

  /** Reads what {@code fingerprints.sh} printed: sha256 by file. */
  static Map<String, String> fingerprints(String text) {
    return fingerprints(
        text.lines()
            .filter(line -> line.startsWith("fingerprint "))
            .map(HostFacts::after)
            .toList());
  }

  private static Map<String, String> fingerprints(List<String> lines) {
    Map<String, String> fingerprints = new TreeMap<>();
    lines.forEach(line -> fingerprints.put(after(line), before(line)));
    return fingerprints;
  }

  private static Duration ahead(long theirs, long from, long to) {
    return Duration.ofMillis(theirs < from ? theirs - from : Math.max(0, theirs - to));
  }

  private static List<String> list(Map<String, List<String>> all, String key) {
    return all.getOrDefault(key, List.of());
  }

  private static String one(Map<String, List<String>> all, String key) {
    List<String> values = list(all, key);
    return values.isEmpty() ? "" : values.getFirst();
  }

  private static String decoded(Map<String, List<String>> all, String key) {
    return text(one(all, key));
  }

  private static String text(String base64) {
    return new String(bytes(base64), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String base64) {
    return Base64.getDecoder().decode(base64);
  }

  private static Map<String, String> keyed(Map<String, List<String>> all, String key) {
    Map<String, String> values = new TreeMap<>();
    list(all, key).forEach(value -> values.put(before(value), after(value)));
    return Map.copyOf(values);
  }

  private static String before(String pair) {
    int space = pair.indexOf(' ');
    return space < 0 ? pair : pair.substring(0, space);
  }

  private static String after(String pair) {
    int space = pair.indexOf(' ');
    return space < 0 ? "" : pair.substring(space + 1);
  }
}
