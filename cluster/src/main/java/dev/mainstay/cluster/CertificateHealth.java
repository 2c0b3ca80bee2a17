package dev.mainstay.cluster;

import dev.mainstay.model.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is wrong with the certificates of a host, or will be soon: a pure function. */
final class CertificateHealth {
  private static final Duration AUTHORITY_SPAN = Duration.ofDays(365);
  private static final String RENEW = "run mainstay certs renew";

  private CertificateHealth() {}

  /** How a certificate stands. */
  static CertificateList.State state(String file, Certificate certificate, Instant now) {
    if (certificate.hasEnded(now)) {
      return CertificateList.State.ENDED;
    }
    boolean due =
        certificate.authority()
            ? endsWithinAYear(certificate, now)
            : rotates(file)
                ? DueDate.isOverdueOfKubelet(certificate, now)
                : DueDate.RULE.isDue(certificate, now);
    return due ? CertificateList.State.DUE : CertificateList.State.VALID;
  }

  /** Whether kubelet renews the certificate in {@code file} itself. */
  private static boolean rotates(String file) {
    return file.startsWith("/var/lib/kubelet/pki/") && file.endsWith("-current.pem");
  }

  /** An authority that lives for less than a year is not told of all its life. */
  private static boolean endsWithinAYear(Certificate authority, Instant now) {
    Duration third = authority.life().dividedBy(3);
    Duration span = third.compareTo(AUTHORITY_SPAN) < 0 ? third : AUTHORITY_SPAN;
    return authority.left(now).compareTo(span) < 0;
  }

  /**
   * The problems of one host, at most one of a kind.
   *
   * @param where the host's node
   */
  static List<Problem> problems(String where, HostCertificates host, Instant now) {
    List<Problem> problems = new ArrayList<>();
    leaf(where, host, now).ifPresent(problems::add);
    authority(where, host, now).ifPresent(problems::add);
    host.outdated().stream()
        .sorted()
        .forEach(component ->
            problems.add(
                Problem.warning(
                    where, component + " runs with an older certificate than on disk", RENEW)));
    for (int port : HostCertificates.PORTS) {
      Certificate served = host.served().get(port);
      Optional<String> file = host.fileOf(port).filter(its -> !host.serves(port, its));
      if (served != null && file.isPresent()) {
        problems.add(
            Problem.warning(
                where,
                "port %d serves another certificate, to %s, than lies in %s"
                    .formatted(port, served.notAfter(), file.get()),
                "it should follow within seconds; if it does not, restart what listens there"));
      }
    }
    return problems;
  }

  private static Optional<Problem> leaf(String where, HostCertificates host, Instant now) {
    return host.onDisk().entrySet().stream()
        .filter(entry -> !entry.getValue().authority())
        .filter(
            entry -> state(entry.getKey(), entry.getValue(), now) != CertificateList.State.VALID)
        .min(
            Comparator.<Map.Entry<String, Certificate>, Instant>comparing(
                    entry -> entry.getValue().notAfter())
                .thenComparing(Map.Entry::getKey))
        .map(first -> {
          Instant end = first.getValue().notAfter();
          return first.getValue().hasEnded(now)
              ? Problem.error(where, "a certificate ended " + end + ": " + first.getKey(), RENEW)
              : Problem.warning(where, "a certificate ends " + end + ": " + first.getKey(), RENEW);
        });
  }

  private static Optional<Problem> authority(String where, HostCertificates host, Instant now) {
    String advice =
        "Mainstay never replaces an authority by itself: all clients trust its bytes. See"
            + " kubernetes.io/docs/tasks/tls/manual-rotation-of-ca-certificates";
    return host.onDisk().entrySet().stream()
        .filter(entry -> entry.getValue().authority())
        .filter(
            entry -> state(entry.getKey(), entry.getValue(), now) != CertificateList.State.VALID)
        .min(Comparator.comparing(entry -> entry.getValue().notAfter()))
        .map(first -> {
          Instant end = first.getValue().notAfter();
          return first.getValue().hasEnded(now)
              ? Problem.error(where, "an authority ended " + end + ": " + first.getKey(), advice)
              : Problem.warning(where, "an authority ends " + end + ": " + first.getKey(), advice);
        });
  }
}
