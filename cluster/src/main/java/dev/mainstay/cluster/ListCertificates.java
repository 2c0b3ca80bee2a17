package dev.mainstay.cluster;

import dev.mainstay.cluster.CertificateList.Match;
import dev.mainstay.cluster.CertificateList.Row;
import dev.mainstay.cluster.CertificateList.Served;
import dev.mainstay.cluster.KubeadmCertificate.Authority;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import dev.mainstay.ssh.Hosts;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Lists every certificate and kubeconfig of every node; needs no API and changes nothing. */
public final class ListCertificates {
  private static final Map<String, String> NAMES =
      Map.of(
          Authority.CLUSTER.certificate(),
          "ca",
          Authority.ETCD.certificate(),
          "etcd-ca",
          Authority.FRONT_PROXY.certificate(),
          "front-proxy-ca",
          HostCertificates.KUBELET_CLIENT,
          "kubelet-client",
          HostCertificates.KUBELET_SERVER,
          "kubelet-server");

  private final Hosts hosts;
  private final Clock clock;

  public ListCertificates(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
  }

  /** The certificates of {@code spec}'s nodes, those that can be reached. */
  public CertificateList list(ClusterSpec spec) throws InterruptedException {
    Map<NodeName, Failure> unreachable = new TreeMap<>();
    Map<NodeName, HostCertificates> seen =
        new ObserveCertificates(hosts, ObserveCertificates.Extent.SERVED)
            .all(spec.nodes(), unreachable);
    Instant now = clock.instant();
    List<Row> rows = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    for (NodeSpec node : spec.nodes()) {
      HostCertificates host = seen.getOrDefault(node.name(), HostCertificates.NONE);
      String where = node.name().value();
      new TreeMap<>(host.onDisk())
          .forEach((file, certificate) -> rows.add(row(where, host, file, certificate, now)));
      problems.addAll(CertificateHealth.problems(where, host, now));
    }
    return new CertificateList(spec.name(), now, rows, problems, List.copyOf(unreachable.values()));
  }

  private static Row row(
      String node, HostCertificates host, String file, Certificate certificate, Instant now) {
    List<Served> served = new ArrayList<>();
    for (int port : HostCertificates.PORTS) {
      if (host.fileOf(port).equals(Optional.of(file))) {
        served.add(new Served(port, match(host, port, file)));
      }
    }
    return new Row(
        node,
        name(file),
        file,
        certificate,
        CertificateHealth.state(file, certificate, now),
        served);
  }

  private static Match match(HostCertificates host, int port, String file) {
    if (!host.looked()) {
      return Match.UNKNOWN;
    }
    return host.serves(port, file)
        ? Match.SAME
        : host.served().containsKey(port) ? Match.OTHER : Match.SILENT;
  }

  private static String name(String file) {
    return KubeadmCertificate.ofFile(file)
        .map(KubeadmCertificate::word)
        .orElseGet(() ->
            NAMES.getOrDefault(
                file, file.substring(file.lastIndexOf('/') + 1).replaceFirst("[.](crt|pem)$", "")));
  }
}
