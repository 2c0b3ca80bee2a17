package dev.mainstay.model;

import dev.mainstay.model.ComponentSettings.ContainerdSettings;
import dev.mainstay.model.YamlFile.Value;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads cluster files: all problems in one go, each with its line and column, and a cluster only
 * where none of them is an error.
 */
public final class ClusterFile {
  /** The value of {@code apiVersion}. */
  public static final String API_VERSION = "mainstay.dev/v1";

  static final List<String> TOP_KEYS =
      List.of(
          "apiVersion",
          "kind",
          "name",
          "domain",
          "kubernetes",
          "ssh",
          "masters",
          "workers",
          "network",
          "kubelet",
          "apiServer",
          "containerd",
          "certificates",
          "etcd");
  static final List<String> SSH_KEYS = List.of("user", "key", "port", "jump");
  static final List<String> JUMP_KEYS = List.of("address", "user", "port", "key");
  static final List<String> NODE_KEYS = List.of("address", "ssh", "hostKey");
  static final List<String> NETWORK_KEYS = List.of("pods", "services", "plugin", "manifests");

  // kubeadm: PodSubnetNodeMaskMaxDiff, MaximumBitsForServiceSubnet, MinimumAddressesInServiceSubnet
  private static final int WIDEST_PODS = 8;
  // four nodes: their number grows, the network does not
  private static final int NARROWEST_PODS = 22;
  private static final int WIDEST_SERVICES = 12;
  private static final int NARROWEST_SERVICES = 28;

  // what proxies, probes, certificates and the control groups of containerd are made to match
  private static final Set<String> KUBELET_OWN =
      Set.of("apiVersion", "kind", "cgroupDriver", "staticPodPath", "clusterDomain");
  private static final Set<String> API_SERVER_OWN =
      Set.of(
          "advertise-address",
          "bind-address",
          "client-ca-file",
          "etcd-cafile",
          "etcd-certfile",
          "etcd-keyfile",
          "etcd-prefix",
          "etcd-servers",
          "kubelet-client-certificate",
          "kubelet-client-key",
          "proxy-client-cert-file",
          "proxy-client-key-file",
          "requestheader-client-ca-file",
          "secure-port",
          "service-account-key-file",
          "service-account-signing-key-file",
          "service-cluster-ip-range",
          "tls-cert-file",
          "tls-private-key-file");
  static final List<String> CONTAINERD_KEYS = List.of("registryMirrors");
  private static final Pattern REGISTRY =
      Pattern.compile("_default|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?");
  private static final Pattern MIRROR = Pattern.compile("https?://[^\\s\"\\\\]+");
  static final List<String> CERTIFICATE_KEYS = List.of("validity", "caValidity");
  static final List<String> ETCD_KEYS = List.of("backup");
  static final List<String> ETCD_BACKUP_KEYS = List.of("every", "keep");

  /**
   * What a file came to.
   *
   * @param spec present where no problem is an error
   * @param problems in the file's order
   */
  public record Decoded(Optional<ClusterSpec> spec, List<Problem> problems) {
    public Decoded {
      problems = List.copyOf(problems);
    }
  }

  private final YamlFile yaml;
  private final Path folder;
  private final Path home;
  private final Map<NodeName, Value> nodeValues = new LinkedHashMap<>();

  private ClusterFile(YamlFile yaml, Path folder, Path home) {
    this.yaml = yaml;
    this.folder = folder;
    this.home = home;
  }

  /**
   * Reads {@code file}.
   *
   * @param home the user's home, which {@code ~} in paths stands for
   * @throws Failure.InvalidFile if the file cannot be read at all
   */
  public static Decoded read(Path file, Path home) {
    try {
      return decode(Files.readString(file), file, home);
    } catch (NoSuchFileException missing) {
      throw new Failure.InvalidFile(
          file + " does not exist", "mainstay init writes one to start with; -f names another");
    } catch (MalformedInputException binary) {
      throw new Failure.InvalidFile(file + " is not UTF-8 text", "save it as UTF-8");
    } catch (IOException unreadable) {
      throw new Failure.InvalidFile(
          file + " cannot be read: " + unreadable.getMessage(), "check its path and its mode");
    }
  }

  /** Reads {@code text} as the content of {@code file}. */
  public static Decoded decode(String text, Path file, Path home) {
    YamlFile yaml = new YamlFile(file.toString());
    ClusterFile reader =
        new ClusterFile(yaml, file.toAbsolutePath().normalize().resolveSibling("."), home);
    Optional<ClusterSpec> spec = yaml.parse(text).flatMap(reader::cluster);
    boolean sound = yaml.problems().stream().noneMatch(Problem::isError);
    return new Decoded(sound ? spec : Optional.empty(), yaml.problems());
  }

  private Optional<ClusterSpec> cluster(Value top) {
    Map<String, Value> entries = yaml.entries(top, TOP_KEYS);
    expect(entries, "apiVersion", API_VERSION);
    expect(entries, "kind", "Cluster");
    Optional<ClusterName> name =
        required(top, entries, "name").flatMap(this::label).map(ClusterName::new);
    Optional<Domain> domain =
        entries.containsKey("domain")
            ? optional(entries, "domain").flatMap(this::domain)
            : name.map(ClusterName::defaultDomain);
    Optional<KubernetesVersion> version =
        required(top, entries, "kubernetes").flatMap(this::version);
    SshSpec ssh =
        optional(entries, "ssh").map(value -> ssh(value, SshSpec.DEFAULT)).orElse(SshSpec.DEFAULT);
    List<NodeSpec> nodes = nodes(top, entries, ssh);
    NetworkSpec network = network(entries, nodes);
    ComponentSettings settings = settings(entries);
    CertificateSpec certificates = certificates(entries);
    EtcdBackupSpec etcdBackup = etcdBackup(entries);
    refuseLoopback(nodes);
    domain.ifPresent(its -> refuseLongNames(nodes, its));
    boolean hasMaster = nodes.stream().anyMatch(NodeSpec::isMaster);
    if (name.isEmpty() || domain.isEmpty() || version.isEmpty() || !hasMaster) {
      return Optional.empty();
    }
    return Optional.of(
        new ClusterSpec(
            name.get(),
            domain.get(),
            version.get(),
            nodes,
            network,
            settings,
            certificates,
            etcdBackup));
  }

  private void expect(Map<String, Value> entries, String key, String wanted) {
    optional(entries, key)
        .ifPresent(value ->
            yaml.text(value)
                .filter(text -> !text.equals(wanted))
                .ifPresent(
                    text -> yaml.error(value, "must be " + wanted + ", not \"" + text + "\"", "")));
  }

  private Optional<Value> required(Value top, Map<String, Value> entries, String key) {
    Optional<Value> value = optional(entries, key);
    if (value.isEmpty() && !(entries.isEmpty() && yaml.problems().size() == 1)) {
      yaml.error(
          top,
          key + " is missing",
          switch (key) {
            case "name" -> "add: name: demo";
            case "kubernetes" -> "add: kubernetes: " + KubernetesVersion.DEFAULT;
            default -> "add at least one: " + key + ": {m1: 192.0.2.11}";
          });
    }
    return value;
  }

  private static Optional<Value> optional(Map<String, Value> entries, String key) {
    return Optional.ofNullable(entries.get(key));
  }

  private Optional<String> label(Value value) {
    Optional<String> text = yaml.text(value);
    if (text.isPresent() && !NodeName.isValid(text.get())) {
      notALabel(value, text.get());
      return Optional.empty();
    }
    return text;
  }

  private void notALabel(Value value, String text) {
    yaml.error(
        value,
        "\"" + text + "\" is not a DNS label",
        "use lower-case letters, digits and inner hyphens, at most 63");
  }

  private Optional<Domain> domain(Value value) {
    Optional<String> text = yaml.text(value);
    if (text.isPresent() && !Domain.isValid(text.get())) {
      yaml.error(
          value,
          "\"" + text.get() + "\" is not a domain of two or more DNS labels",
          "for example demo.internal");
      return Optional.empty();
    }
    if (text.isPresent() && Domain.isOfServices(text.get())) {
      yaml.warning(
          value,
          "cluster.local is the domain of services inside Kubernetes: pods would not find the"
              + " cluster's names",
          "for a new cluster choose another, for example demo.internal");
    }
    return text.map(Domain::new);
  }

  private Optional<KubernetesVersion> version(Value value) {
    Optional<String> text = yaml.text(value);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<KubernetesVersion> version = KubernetesVersion.parse(text.get());
    if (version.isEmpty()) {
      yaml.error(
          value,
          "\"" + text.get() + "\" is not a Kubernetes version",
          "write all three numbers: " + KubernetesVersion.DEFAULT);
    } else if (!version.get().isSupported()) {
      yaml.error(
          value,
          "Kubernetes " + version.get() + " is not supported",
          "supported are 1.%d to 1.%d"
              .formatted(
                  KubernetesVersion.SUPPORTED_MINORS.getFirst(),
                  KubernetesVersion.SUPPORTED_MINORS.getLast()));
      return Optional.empty();
    }
    return version;
  }

  private SshSpec ssh(Value value, SshSpec defaults) {
    Map<String, Value> entries = yaml.entries(value, SSH_KEYS);
    return new SshSpec(
        optional(entries, "user").flatMap(yaml::text).orElse(defaults.user()),
        optional(entries, "key").flatMap(yaml::text).map(this::path).or(defaults::key),
        optional(entries, "port")
            .flatMap(port -> yaml.number(port, 1, 65535))
            .orElse(defaults.port()),
        optional(entries, "jump").flatMap(this::jump).or(defaults::jump),
        defaults.hostKey());
  }

  private Optional<SshSpec.Jump> jump(Value value) {
    Map<String, Value> entries = yaml.entries(value, JUMP_KEYS);
    Optional<String> address =
        optional(entries, "address").flatMap(this::address).map(Address::value);
    if (!entries.containsKey("address")) {
      yaml.error(value, "has no address", "add: address: 192.0.2.1");
    }
    String user = optional(entries, "user").flatMap(yaml::text).orElse("root");
    int port = optional(entries, "port").flatMap(at -> yaml.number(at, 1, 65535)).orElse(22);
    Optional<Path> key = optional(entries, "key").flatMap(yaml::text).map(this::path);
    return address.map(host -> new SshSpec.Jump(host, user, port, key));
  }

  private Path path(String text) {
    if (text.equals("~") || text.startsWith("~/")) {
      return home.resolve(text.substring(Math.min(2, text.length())));
    }
    return folder.resolve(text).normalize();
  }

  private List<NodeSpec> nodes(Value top, Map<String, Value> entries, SshSpec ssh) {
    List<NodeSpec> nodes = new ArrayList<>();
    Map<Address, NodeName> addresses = new HashMap<>();
    Optional<Value> masters = required(top, entries, "masters");
    for (Role role : Role.values()) {
      Optional<Value> group = role == Role.MASTER ? masters : optional(entries, "workers");
      if (group.isEmpty()) {
        continue;
      }
      Map<String, Value> members = yaml.entries(group.get());
      members.forEach((name, value) -> {
        if (!NodeName.isValid(name)) {
          notALabel(value, name);
          return;
        }
        if (name.equals("api")) {
          yaml.error(value, "\"api\" is the name of the cluster's endpoint", "choose another");
          return;
        }
        if (name.equals("localhost")) {
          yaml.error(value, "\"localhost\" is every machine's name for itself", "choose another");
          return;
        }
        NodeName node = new NodeName(name);
        if (nodeValues.putIfAbsent(node, value) != null) {
          yaml.error(value, "is a master already", "every node has a name of its own");
          return;
        }
        node(node, role, value, ssh)
            .ifPresent(spec -> {
              NodeName other = addresses.putIfAbsent(spec.address(), node);
              if (other != null) {
                yaml.error(
                    value,
                    spec.address() + " is the address of " + other + " already",
                    "every node is a machine of its own");
              }
              nodes.add(spec);
            });
      });
      if (role == Role.MASTER && members.isEmpty() && yaml.problems().isEmpty()) {
        yaml.error(group.get(), "is empty", "a cluster needs at least one master");
      }
      if (role == Role.MASTER && members.size() > 1 && members.size() % 2 == 0) {
        yaml.warning(
            group.get(),
            "%d masters survive the loss of %d, as %d would"
                .formatted(members.size(), (members.size() - 1) / 2, members.size() - 1),
            "an odd number is better");
      }
    }
    return nodes;
  }

  private void refuseLongNames(List<NodeSpec> nodes, Domain domain) {
    for (NodeSpec node : nodes) {
      String full = node.name().in(domain);
      if (full.length() > NodeName.MAX_FULL_LENGTH) {
        yaml.error(
            Objects.requireNonNull(nodeValues.get(node.name())),
            "%s has %d characters, and a Kubernetes node's name has at most %d"
                .formatted(full, full.length(), NodeName.MAX_FULL_LENGTH),
            "shorten the name or the domain");
      }
    }
  }

  /** A host that others know as 127.0.0.1 is, to each of them, itself. */
  private void refuseLoopback(List<NodeSpec> nodes) {
    for (NodeSpec node : nodes) {
      if (nodes.size() > 1 && node.address().isLoopback()) {
        yaml.error(
            Objects.requireNonNull(nodeValues.get(node.name())),
            node.address() + " is, on every node, that node itself",
            "write the address at which the other nodes reach " + node.name());
      }
    }
  }

  private Optional<NodeSpec> node(NodeName name, Role role, Value value, SshSpec defaults) {
    if (!(value.node() instanceof org.snakeyaml.engine.v2.nodes.MappingNode)) {
      return address(value).map(address -> new NodeSpec(name, role, address, defaults));
    }
    Map<String, Value> entries = yaml.entries(value, NODE_KEYS);
    SshSpec ssh = optional(entries, "ssh").map(its -> ssh(its, defaults)).orElse(defaults);
    Optional<String> hostKey = optional(entries, "hostKey").flatMap(this::hostKey);
    SshSpec pinned =
        new SshSpec(ssh.user(), ssh.key(), ssh.port(), ssh.jump(), hostKey.or(ssh::hostKey));
    Optional<Value> address = optional(entries, "address");
    if (address.isEmpty()) {
      yaml.error(value, "has no address", "add: address: 192.0.2.11");
    }
    return address.flatMap(this::address).map(at -> new NodeSpec(name, role, at, pinned));
  }

  private Optional<String> hostKey(Value value) {
    Optional<String> text = yaml.text(value);
    if (text.isPresent()
        && !text.get().matches("(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/=]{40,}( .*)?")) {
      yaml.error(
          value,
          "is not a public key",
          "write the host's /etc/ssh/ssh_host_ed25519_key.pub: ssh-ed25519 AAAA...");
      return Optional.empty();
    }
    return text;
  }

  private Optional<Address> address(Value value) {
    Optional<String> text = yaml.text(value);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<Address> address = Address.parse(text.get());
    if (address.isEmpty()) {
      yaml.error(
          value,
          "\"" + text.get() + "\" is not an IPv4 address",
          text.get().contains("/") ? "leave the prefix out" : "for example 192.0.2.11");
    } else if (!address.get().isOfAHost()) {
      yaml.error(value, address.get() + " is the address of no host", "for example 192.0.2.11");
    }
    return address;
  }

  private NetworkSpec network(Map<String, Value> entries, List<NodeSpec> nodes) {
    NetworkSpec.Plugin plugin = NetworkSpec.Plugin.FLANNEL;
    List<Path> manifests = new ArrayList<>();
    Optional<Cidr> pods = Optional.of(NetworkSpec.DEFAULT_PODS);
    Optional<Cidr> services = Optional.of(NetworkSpec.DEFAULT_SERVICES);
    Optional<Value> network = optional(entries, "network");
    Map<String, Value> its =
        network.map(value -> yaml.entries(value, NETWORK_KEYS)).orElse(Map.of());
    if (its.containsKey("pods")) {
      pods = optional(its, "pods").flatMap(this::cidr);
    }
    if (its.containsKey("services")) {
      services = optional(its, "services").flatMap(this::cidr);
    }
    for (Value value : optional(its, "plugin").stream().toList()) {
      String word = yaml.text(value).orElse("flannel");
      switch (word) {
        case "flannel" -> plugin = NetworkSpec.Plugin.FLANNEL;
        case "none" -> plugin = NetworkSpec.Plugin.NONE;
        default ->
            yaml.error(
                value,
                "\"" + word + "\" is not a network plugin that Mainstay knows",
                "flannel, or none with manifests: of your own");
      }
    }
    for (Value value : optional(its, "manifests").stream().toList()) {
      for (Value item : yaml.items(value)) {
        yaml.text(item).map(this::path).ifPresent(manifests::add);
      }
      if (plugin != NetworkSpec.Plugin.NONE) {
        yaml.error(value, "goes with plugin: none", "set network.plugin to none");
      }
    }
    if (pods.isPresent() && services.isPresent()) {
      checkNetworks(network, its, pods.get(), services.get(), nodes);
    }
    return new NetworkSpec(
        pods.orElse(NetworkSpec.DEFAULT_PODS),
        services.orElse(NetworkSpec.DEFAULT_SERVICES),
        plugin,
        manifests);
  }

  private void checkNetworks(
      Optional<Value> network,
      Map<String, Value> its,
      Cidr pods,
      Cidr services,
      List<NodeSpec> nodes) {
    Optional<Value> at =
        optional(its, "services").or(() -> optional(its, "pods")).or(() -> network);
    if (at.isPresent() && pods.overlaps(services)) {
      yaml.error(
          at.get(),
          "the networks of pods (" + pods + ") and services (" + services + ") overlap",
          "choose two that have no address in common");
    }
    // kubeadm gives every node a /24 of the pods' network
    int room = 1 << Math.clamp(24 - pods.prefix(), 0, 16);
    if (at.isPresent() && pods.prefix() <= NARROWEST_PODS && nodes.size() > room) {
      yaml.error(
          optional(its, "pods").orElse(at.get()),
          "%s has room for %d nodes, a /24 each; the file has %d"
              .formatted(pods, room, nodes.size()),
          "choose a wider network");
    }
    refuseWidth(its, "pods", pods, WIDEST_PODS, NARROWEST_PODS);
    refuseWidth(its, "services", services, WIDEST_SERVICES, NARROWEST_SERVICES);
    clash(its, "pods", pods, nodes);
    clash(its, "services", services, nodes);
  }

  private void refuseWidth(
      Map<String, Value> its, String key, Cidr cidr, int widest, int narrowest) {
    if (cidr.prefix() < widest || cidr.prefix() > narrowest) {
      optional(its, key)
          .ifPresent(value ->
              yaml.error(
                  value,
                  "%s is wider than /%d or narrower than /%d".formatted(cidr, widest, narrowest),
                  "the usual is "
                      + (key.equals("pods")
                          ? NetworkSpec.DEFAULT_PODS
                          : NetworkSpec.DEFAULT_SERVICES)));
    }
  }

  /** Says once that {@code cidr}, the value of {@code key} or its default, holds hosts. */
  private void clash(Map<String, Value> its, String key, Cidr cidr, List<NodeSpec> nodes) {
    for (NodeSpec node : nodes) {
      if (cidr.contains(node.address())) {
        yaml.error(
            optional(its, key).orElseGet(() -> Objects.requireNonNull(nodeValues.get(node.name()))),
            "%s, the network of %s, contains %s, the address of %s"
                .formatted(cidr, key, node.address(), node.name()),
            "set network." + key + " apart from the hosts' own network");
        return;
      }
    }
  }

  private Optional<Cidr> cidr(Value value) {
    Optional<String> text = yaml.text(value);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<Cidr> cidr = Cidr.parse(text.get());
    if (cidr.isEmpty()) {
      boolean address = Address.parse(text.get()).isPresent();
      yaml.error(
          value,
          "\"" + text.get() + "\" is not an IPv4 network in CIDR notation",
          address
              ? "an address alone is no network: add the prefix length, as in 10.244.0.0/16"
              : "for example 10.244.0.0/16, with all host bits zero");
    }
    return cidr;
  }

  private ComponentSettings settings(Map<String, Value> entries) {
    Map<String, Object> kubelet = new HashMap<>();
    for (Value value : optional(entries, "kubelet").stream().toList()) {
      yaml.entries(value)
          .forEach((key, entry) -> {
            refuseOwn(entry, key, KUBELET_OWN);
            kubelet.put(key, yaml.plain(entry));
          });
    }
    Map<String, String> apiServer = new HashMap<>();
    for (Value value : optional(entries, "apiServer").stream().toList()) {
      yaml.entries(value)
          .forEach((key, entry) -> {
            if (key.startsWith("-")) {
              yaml.error(entry, "a flag is written without dashes", "");
            } else {
              refuseOwn(entry, key, API_SERVER_OWN);
              yaml.text(entry).ifPresent(flag -> apiServer.put(key, flag));
            }
          });
    }
    Map<String, List<String>> mirrors = new HashMap<>();
    for (Value value : optional(entries, "containerd").stream().toList()) {
      for (Value its :
          optional(yaml.entries(value, CONTAINERD_KEYS), "registryMirrors").stream().toList()) {
        yaml.entries(its)
            .forEach((registry, urls) -> mirrors.put(registry, mirrors(registry, urls)));
      }
    }
    return new ComponentSettings(kubelet, apiServer, new ContainerdSettings(mirrors));
  }

  private void refuseOwn(Value entry, String key, Set<String> own) {
    if (own.contains(key)) {
      yaml.error(entry, key + " is set by Mainstay itself", "leave it out");
    }
  }

  /** The registry names a folder on the host, and URLs stand in a file there. */
  private List<String> mirrors(String registry, Value urls) {
    if (!REGISTRY.matcher(registry).matches()) {
      yaml.error(
          urls,
          "\"" + registry + "\" is not the host of a registry",
          "write docker.io, registry.example.com:5000, or _default for all others");
    }
    List<String> mirrors = new ArrayList<>();
    for (Value url : yaml.items(urls)) {
      Optional<String> text = yaml.text(url);
      text.filter(MIRROR.asMatchPredicate().negate())
          .ifPresent(wrong ->
              yaml.error(
                  url,
                  "\"" + wrong + "\" is not the URL of a mirror",
                  "write https://mirror.example.com"));
      text.ifPresent(mirrors::add);
    }
    return mirrors;
  }

  private CertificateSpec certificates(Map<String, Value> entries) {
    Map<String, Value> its =
        optional(entries, "certificates")
            .map(value -> yaml.entries(value, CERTIFICATE_KEYS))
            .orElse(Map.of());
    Duration validity = validity(its, "validity", CertificateSpec.DEFAULT.validity());
    Duration caValidity = validity(its, "caValidity", CertificateSpec.DEFAULT.caValidity());
    if (validity.compareTo(caValidity) > 0) {
      optional(its, "validity")
          .or(() -> optional(its, "caValidity"))
          .ifPresent(value ->
              yaml.error(
                  value,
                  "certificates would outlive the authorities that sign them",
                  "set caValidity above validity"));
    }
    return new CertificateSpec(validity, caValidity);
  }

  private EtcdBackupSpec etcdBackup(Map<String, Value> entries) {
    Map<String, Value> its =
        optional(entries, "etcd")
            .map(value -> yaml.entries(value, ETCD_KEYS))
            .flatMap(etcd -> optional(etcd, "backup"))
            .map(value -> yaml.entries(value, ETCD_BACKUP_KEYS))
            .orElse(Map.of());
    int keep =
        optional(its, "keep")
            .flatMap(value -> yaml.number(value, 1, EtcdBackupSpec.MOST))
            .orElse(EtcdBackupSpec.DEFAULT.keep());
    Optional<Value> value = optional(its, "every");
    Optional<String> text = value.flatMap(yaml::text);
    if (value.isEmpty() || text.isEmpty()) {
      return new EtcdBackupSpec(EtcdBackupSpec.DEFAULT.every(), keep);
    }
    if (text.get().equals("never")) {
      return new EtcdBackupSpec(Optional.empty(), keep);
    }
    Optional<Duration> every = GoDuration.parse(text.get());
    if (every.isEmpty()) {
      yaml.error(
          value.get(), "\"" + text.get() + "\" is not a duration", "write 6h or 1d, or never");
    } else if (every.get().compareTo(EtcdBackupSpec.SHORTEST) < 0) {
      yaml.error(
          value.get(),
          text.get() + " is too short between two backups",
          "at least " + GoDuration.text(EtcdBackupSpec.SHORTEST) + ", or never");
    }
    return new EtcdBackupSpec(every, keep);
  }

  private Duration validity(Map<String, Value> its, String key, Duration fallback) {
    Optional<Value> value = optional(its, key);
    Optional<String> text = value.flatMap(yaml::text);
    if (value.isEmpty() || text.isEmpty()) {
      return fallback;
    }
    Optional<Duration> duration = GoDuration.parse(text.get());
    if (duration.isEmpty()) {
      yaml.error(
          value.get(),
          "\"" + text.get() + "\" is not a duration",
          "write hours or days: 8760h or 365d");
    } else if (duration.get().compareTo(CertificateSpec.SHORTEST) < 0) {
      yaml.error(
          value.get(),
          text.get() + " is too short for a certificate",
          "at least " + GoDuration.text(CertificateSpec.SHORTEST));
    }
    return duration.orElse(fallback);
  }
}
