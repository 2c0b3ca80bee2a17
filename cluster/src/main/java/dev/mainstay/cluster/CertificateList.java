package dev.mainstay.cluster;

import dev.mainstay.model.ClusterName;
import dev.mainstay.model.Failure;
import dev.mainstay.model.Problem;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * Every certificate and kubeconfig of a cluster, as data.
 *
 * @param at when they were looked at
 * @param rows by node in the file's order, then by file
 * @param unreachable the hosts that could not be looked at, and why
 */
public record CertificateList(
    ClusterName cluster,
    Instant at,
    List<Row> rows,
    List<Problem> problems,
    List<Failure> unreachable) {
  public CertificateList {
    rows = List.copyOf(rows);
    problems = List.copyOf(problems);
    unreachable = List.copyOf(unreachable);
  }

  /**
   * One certificate.
   *
   * @param name kubeadm's name of it, where it has one: {@code apiserver}, {@code admin.conf}
   * @param served what the ports present that should serve it
   */
  public record Row(
      String node,
      String name,
      String file,
      Certificate certificate,
      State state,
      List<Served> served) {
    public Row {
      served = List.copyOf(served);
    }
  }

  /** How a certificate stands. */
  public enum State {
    VALID,
    /** To be renewed; of an authority: to be thought of. */
    DUE,
    ENDED;

    /** The constant in lower case, as in the JSON. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a port really presents. */
  public record Served(int port, Match match) {}

  /** What a port presents, against what lies on disk. */
  public enum Match {
    SAME,
    /** Another certificate than the one on disk. */
    OTHER,
    /** Nothing: nobody listens, or not with TLS. */
    SILENT,
    /** The host has no openssl to look with. */
    UNKNOWN;

    /** The constant in lower case, as in the JSON. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
