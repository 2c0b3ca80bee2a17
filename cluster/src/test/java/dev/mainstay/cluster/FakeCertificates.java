package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Certificates as they are on the hosts of a cluster. */
final class FakeCertificates {
  static final Instant NOW = Instant.parse("2026-11-25T00:00:00Z");
  private static final Duration YEAR = Duration.ofDays(365);

  private FakeCertificates() {}

  static Certificate ending(Instant end, Duration life) {
    return certificate("CN=x", end, life, false, "0");
  }

  static Certificate certificate(
      String subject, Instant end, Duration life, boolean authority, String sha256) {
    return new Certificate(
        subject,
        "CN=kubernetes",
        List.of("DNS:m1.demo.internal", "IP:127.0.0.1"),
        List.of("0", "1.3.6.1.5.5.7.3.1"),
        end.minus(life),
        end,
        authority,
        sha256);
  }

  static HostCertificates host(Map<String, Certificate> onDisk) {
    return new HostCertificates(onDisk, Map.of(), true, Set.of(), Set.of());
  }

  /** All certificates of {@code node}'s host with this much left, those on ports served. */
  static HostCertificates of(NodeSpec node, Duration left) {
    Map<String, Certificate> onDisk = new HashMap<>();
    Set<String> keys = new HashSet<>();
    Map<Integer, Certificate> served = new HashMap<>();
    if (node.isMaster()) {
      for (KubeadmCertificate name : KubeadmCertificate.values()) {
        if (name != KubeadmCertificate.SUPER_ADMIN || node.name().value().equals("m1")) {
          onDisk.put(name.file(), leaf(name.word(), left));
        }
      }
      for (KubeadmCertificate.Authority authority : KubeadmCertificate.Authority.values()) {
        keys.add(authority.key());
        onDisk.put(
            authority.certificate(),
            certificate(
                "CN=" + authority,
                NOW.plus(Duration.ofDays(3000)),
                Duration.ofDays(3650),
                true,
                authority.name()));
      }
    }
    onDisk.put(HostCertificates.KUBELET_CLIENT, leaf("kubelet-client", Duration.ofDays(200)));
    onDisk.put(HostCertificates.KUBELET_SERVER, leaf("kubelet-server", Duration.ofDays(200)));
    HostCertificates host = new HostCertificates(onDisk, Map.of(), true, keys, Set.of());
    for (int port : HostCertificates.PORTS) {
      host.fileOf(port)
          .ifPresent(
              file -> served.put(port, java.util.Objects.requireNonNull(host.onDisk().get(file))));
    }
    return new HostCertificates(onDisk, served, true, keys, Set.of());
  }

  static Certificate leaf(String name, Duration left) {
    return certificate("CN=" + name, NOW.plus(left), YEAR, false, name + left);
  }

  /** {@code host} with one certificate changed. */
  static HostCertificates with(HostCertificates host, String file, Certificate certificate) {
    Map<String, Certificate> onDisk = new HashMap<>(host.onDisk());
    onDisk.put(file, certificate);
    return new HostCertificates(
        onDisk, host.served(), host.looked(), host.authorityKeys(), host.outdated());
  }

  static HostCertificates withoutKeys(HostCertificates host) {
    return new HostCertificates(
        host.onDisk(), host.served(), host.looked(), Set.of(), host.outdated());
  }

  static HostCertificates outdated(HostCertificates host, String component) {
    return new HostCertificates(
        host.onDisk(), host.served(), host.looked(), host.authorityKeys(), Set.of(component));
  }

  /** Every node's certificates, all with this much left. */
  static Map<NodeName, HostCertificates> all(ClusterSpec spec, Duration left) {
    Map<NodeName, HostCertificates> all = new HashMap<>();
    spec.nodes().forEach(node -> all.put(node.name(), of(node, left)));
    return all;
  }
}
