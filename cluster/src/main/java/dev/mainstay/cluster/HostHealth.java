package dev.mainstay.cluster;

import dev.mainstay.cluster.ClusterStatus.BackendStatus;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What {@code health.sh} printed on one host.
 *
 * @param backends the local proxy's way to the API: the masters that it leads to, without the last
 *     resort
 * @param certificates what lies on the host's disk
 */
record HostHealth(List<BackendStatus> backends, List<DiskCertificate> certificates) {
  /** A certificate or a kubeconfig's client certificate, by its file. */
  record DiskCertificate(String file, Instant notAfter, boolean authority) {}

  /** The end of the certificate that ends first, authorities left out. */
  Optional<Instant> earliestExpiry() {
    return certificates.stream()
        .filter(certificate -> !certificate.authority())
        .map(DiskCertificate::notAfter)
        .min(Comparator.naturalOrder());
  }

  static HostHealth parse(String text) {
    List<BackendStatus> backends = new ArrayList<>();
    List<DiskCertificate> certificates = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      String[] words = line.strip().split(" ", -1);
      if (words[0].equals("backend") && words.length >= 4 && words[1].equals("masters")) {
        if (!words[2].startsWith("last-")) {
          // a server without checks says "no check" and takes traffic
          backends.add(
              new BackendStatus(words[2], words[3].startsWith("UP") || words[3].equals("no")));
        }
      } else if (words[0].equals("certificate") && words.length == 3) {
        certificate(words[1], words[2]).ifPresent(certificates::add);
      }
    }
    return new HostHealth(List.copyOf(backends), List.copyOf(certificates));
  }

  private static Optional<DiskCertificate> certificate(String file, String base64) {
    try {
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(Base64.getDecoder().decode(base64)));
      return Optional.of(
          new DiskCertificate(
              file, certificate.getNotAfter().toInstant(), certificate.getBasicConstraints() >= 0));
    } catch (CertificateException | IllegalArgumentException torn) {
      return Optional.empty();
    }
  }
}
