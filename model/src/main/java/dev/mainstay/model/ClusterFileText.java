package dev.mainstay.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * Writes a cluster file that says what a cluster is: what {@link ClusterFile} reads, in one form
 * whatever the file of the user looks like. What belongs to the user's own machine is not in it:
 * keys for ssh, and where manifests of the network lie.
 */
public final class ClusterFileText {
  private ClusterFileText() {}

  /** The manifests of the network's own, as the text names them: {@code network/1.yaml}. */
  public static List<String> manifestNames(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      names.add("network/" + i + ".yaml");
    }
    return names;
  }

  /** The text. Reading it gives {@code spec} again, but for what belongs to the user's machine. */
  public static String of(ClusterSpec spec) {
    return of(spec, Optional.empty(), Optional.empty());
  }

  /**
   * The text.
   *
   * @param key the private key that opens the hosts and jump hosts, where it is another than usual
   * @param jump the jump host to all hosts of which {@code spec} does not say how they are reached
   */
  public static String of(ClusterSpec spec, Optional<Path> key, Optional<SshSpec.Jump> jump) {
    SshSpec ssh = spec.masters().getFirst().ssh();
    Map<String, Object> top = new LinkedHashMap<>();
    top.put("apiVersion", ClusterFile.API_VERSION);
    top.put("kind", "Cluster");
    top.put("name", spec.name().value());
    if (!spec.domain().equals(spec.name().defaultDomain())) {
      top.put("domain", spec.domain().value());
    }
    top.put("kubernetes", spec.kubernetes().toString().replaceFirst("^v", ""));
    Map<String, Object> shared = login(ssh, SshSpec.DEFAULT, key);
    key.ifPresent(path -> shared.put("key", path.toString()));
    if (ssh.jump().isEmpty()) {
      jump.ifPresent(host -> shared.put("jump", jump(host, key)));
    }
    put(top, "ssh", shared);
    top.put("masters", nodes(spec.masters(), ssh, key));
    put(top, "workers", nodes(spec.workers(), ssh, key));
    put(top, "network", network(spec.network()));
    put(top, "kubelet", new TreeMap<>(spec.settings().kubelet()));
    put(top, "apiServer", new TreeMap<String, Object>(spec.settings().apiServer()));
    if (!spec.settings().containerd().registryMirrors().isEmpty()) {
      top.put(
          "containerd",
          Map.of("registryMirrors", new TreeMap<>(spec.settings().containerd().registryMirrors())));
    }
    put(top, "certificates", certificates(spec.certificates()));
    put(top, "etcd", etcd(spec.etcdBackup()));
    return new Dump(
            DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).setWidth(200).build())
        .dumpToString(top);
  }

  private static void put(Map<String, Object> map, String key, Map<String, Object> value) {
    if (!value.isEmpty()) {
      map.put(key, value);
    }
  }

  private static Map<String, Object> login(SshSpec ssh, SshSpec defaults, Optional<Path> key) {
    Map<String, Object> login = new LinkedHashMap<>();
    if (!ssh.user().equals(defaults.user())) {
      login.put("user", ssh.user());
    }
    if (ssh.port() != defaults.port()) {
      login.put("port", ssh.port());
    }
    if (ssh.jump().isPresent() && !ssh.jump().equals(defaults.jump())) {
      login.put("jump", jump(ssh.jump().get(), key));
    }
    return login;
  }

  private static Map<String, Object> jump(SshSpec.Jump jump, Optional<Path> key) {
    Map<String, Object> its = new LinkedHashMap<>();
    its.put("address", jump.address());
    its.put("user", jump.user());
    its.put("port", jump.port());
    key.ifPresent(path -> its.put("key", path.toString()));
    return its;
  }

  private static Map<String, Object> nodes(
      List<NodeSpec> nodes, SshSpec defaults, Optional<Path> key) {
    Map<String, Object> entries = new LinkedHashMap<>();
    for (NodeSpec node : nodes) {
      Map<String, Object> login = login(node.ssh(), defaults, key);
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("address", node.address().value());
      put(entry, "ssh", login);
      node.ssh().hostKey().ifPresent(pin -> entry.put("hostKey", pin));
      entries.put(node.name().value(), entry.size() == 1 ? node.address().value() : entry);
    }
    return entries;
  }

  private static Map<String, Object> network(NetworkSpec network) {
    Map<String, Object> its = new LinkedHashMap<>();
    if (!network.pods().equals(NetworkSpec.DEFAULT_PODS)) {
      its.put("pods", network.pods().toString());
    }
    if (!network.services().equals(NetworkSpec.DEFAULT_SERVICES)) {
      its.put("services", network.services().toString());
    }
    if (network.plugin() != NetworkSpec.Plugin.FLANNEL) {
      its.put("plugin", network.plugin().word());
    }
    if (!network.manifests().isEmpty()) {
      its.put("manifests", manifestNames(network.manifests().size()));
    }
    return its;
  }

  private static Map<String, Object> certificates(CertificateSpec certificates) {
    Map<String, Object> its = new LinkedHashMap<>();
    if (!certificates.validity().equals(CertificateSpec.DEFAULT.validity())) {
      its.put("validity", GoDuration.text(certificates.validity()));
    }
    if (!certificates.caValidity().equals(CertificateSpec.DEFAULT.caValidity())) {
      its.put("caValidity", GoDuration.text(certificates.caValidity()));
    }
    return its;
  }

  private static Map<String, Object> etcd(EtcdBackupSpec backup) {
    Map<String, Object> its = new LinkedHashMap<>();
    if (!backup.every().equals(EtcdBackupSpec.DEFAULT.every())) {
      its.put("every", backup.every().map(GoDuration::text).orElse("never"));
    }
    if (backup.keep() != EtcdBackupSpec.DEFAULT.keep()) {
      its.put("keep", backup.keep());
    }
    return its.isEmpty() ? Map.of() : Map.of("backup", its);
  }
}
