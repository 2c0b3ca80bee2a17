package dev.mainstay.cli;

import dev.mainstay.cluster.Certificate;
import dev.mainstay.cluster.CertificateList;
import dev.mainstay.cluster.CertificateList.Match;
import dev.mainstay.cluster.CertificateList.Row;
import dev.mainstay.cluster.CertificateList.Served;
import dev.mainstay.cluster.CertificateList.State;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A list of certificates as a table, as JSON, and as metrics. */
final class CertificateText {
  private static final String ROW = "%-8s %-25s %-9s %-8s %-14s %-22s %s%n";

  private CertificateText() {}

  /** For people: one line a certificate, then what is wrong. */
  static String table(CertificateList list) {
    StringBuilder text = new StringBuilder();
    text.append(ROW.formatted("NODE", "CERTIFICATE", "LEFT", "STATE", "SERVED", "ISSUER", "NAMES"));
    for (Row row : list.rows()) {
      Certificate certificate = row.certificate();
      text.append(
          ROW.formatted(
              row.node(),
              row.name(),
              left(certificate.left(list.at())),
              row.state() == State.VALID ? "ok" : row.state().word(),
              row.served().stream().map(CertificateText::served).collect(Collectors.joining(" ")),
              certificate.issuer().replaceFirst("^CN=", ""),
              certificate.authority()
                  ? "(authority)"
                  : certificate.names().isEmpty()
                      ? certificate.subject()
                      : String.join(" ", certificate.names())));
    }
    if (!list.problems().isEmpty()) {
      text.append('\n');
      list.problems().forEach(problem -> text.append(problem).append('\n'));
    }
    return text.toString();
  }

  private static String served(Served served) {
    return switch (served.match()) {
      case SAME -> String.valueOf(served.port());
      case OTHER -> served.port() + ":OTHER";
      case SILENT -> served.port() + ":silent";
      case UNKNOWN -> served.port() + ":?";
    };
  }

  /** In the largest unit that still tells something: {@code 364d}, {@code 5h}, {@code -3m}. */
  static String left(Duration left) {
    Duration size = left.abs();
    String text =
        size.toDays() >= 2
            ? size.toDays() + "d"
            : size.toHours() >= 2
                ? size.toHours() + "h"
                : size.toMinutes() >= 2 ? size.toMinutes() + "m" : size.toSeconds() + "s";
    return left.isNegative() ? "-" + text : text;
  }

  static Map<String, Object> document(CertificateList list) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Row row : list.rows()) {
      Certificate certificate = row.certificate();
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("node", row.node());
      one.put("name", row.name());
      one.put("file", row.file());
      one.put("authority", certificate.authority());
      one.put("subject", certificate.subject());
      one.put("issuer", certificate.issuer());
      one.put("names", certificate.names());
      one.put("notBefore", certificate.notBefore().toString());
      one.put("notAfter", certificate.notAfter().toString());
      one.put("days", certificate.left(list.at()).toDays());
      one.put("state", row.state().word());
      one.put("sha256", certificate.sha256());
      one.put(
          "served",
          row.served().stream()
              .map(served -> {
                Map<String, Object> port = new LinkedHashMap<>();
                port.put("port", served.port());
                port.put("match", served.match().word());
                return port;
              })
              .toList());
      rows.add(one);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("cluster", list.cluster().value());
    document.put("certificates", rows);
    document.put("problems", Json.problems(list.problems(), list.unreachable()));
    return document;
  }

  /** In Prometheus' text format; times are seconds since the epoch. */
  static String metrics(ClusterSpec spec, CertificateList list) {
    StringBuilder text = new StringBuilder();
    String cluster = list.cluster().value();
    head(text, "mainstay_certificate_not_after_seconds", "When the certificate ends.");
    for (Row row : list.rows()) {
      text.append(
          "mainstay_certificate_not_after_seconds{%s,authority=\"%s\"} %d%n"
              .formatted(
                  labels(cluster, row),
                  row.certificate().authority(),
                  row.certificate().notAfter().getEpochSecond()));
    }
    head(
        text,
        "mainstay_certificate_served",
        "1 if the port serves the certificate on disk, 0 if another one or none.");
    for (Row row : list.rows()) {
      for (Served served : row.served()) {
        if (served.match() != Match.UNKNOWN) {
          text.append(
              "mainstay_certificate_served{%s,port=\"%d\"} %d%n"
                  .formatted(
                      labels(cluster, row), served.port(), served.match() == Match.SAME ? 1 : 0));
        }
      }
    }
    head(text, "mainstay_certificates_host_seen", "1 if the host's certificates could be listed.");
    for (NodeSpec node : spec.nodes()) {
      boolean seen = list.rows().stream().anyMatch(row -> row.node().equals(node.name().value()));
      text.append(
          "mainstay_certificates_host_seen{cluster=\"%s\",node=\"%s\"} %d%n"
              .formatted(cluster, node.name(), seen ? 1 : 0));
    }
    head(text, "mainstay_certificates_listed_seconds", "When the certificates were looked at.");
    text.append(
        "mainstay_certificates_listed_seconds{cluster=\"%s\"} %d%n"
            .formatted(cluster, seconds(list.at())));
    return text.toString();
  }

  private static long seconds(Instant instant) {
    return instant.getEpochSecond();
  }

  private static void head(StringBuilder text, String metric, String help) {
    text.append(
        String.format(Locale.ROOT, "# HELP %s %s%n# TYPE %s gauge%n", metric, help, metric));
  }

  private static String labels(String cluster, Row row) {
    return "cluster=\"%s\",node=\"%s\",name=\"%s\",file=\"%s\""
        .formatted(cluster, row.node(), row.name(), row.file());
  }
}
