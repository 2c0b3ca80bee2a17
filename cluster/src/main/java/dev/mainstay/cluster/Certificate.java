package dev.mainstay.cluster;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * An X.509 certificate, as far as Mainstay asks.
 *
 * @param subject as RFC 2253 writes it: {@code O=system:nodes,CN=system:node:m1.demo.internal}
 * @param names the subject's alternative names, sorted: {@code DNS:localhost}, {@code IP:127.0.0.1}
 * @param usages the bits of its key usage, then the object identifiers of its extended usages
 * @param authority whether it may sign others
 * @param sha256 of all of it, in hexadecimal
 */
public record Certificate(
    String subject,
    String issuer,
    List<String> names,
    List<String> usages,
    Instant notBefore,
    Instant notAfter,
    boolean authority,
    String sha256) {
  private static final int DNS = 2;
  private static final int IP = 7;

  public Certificate {
    names = List.copyOf(names);
    usages = List.copyOf(usages);
  }

  /** Reads a certificate in DER, or the first one in PEM; empty where it is neither. */
  static Optional<Certificate> parse(byte[] bytes) {
    try {
      X509Certificate x509 =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(bytes));
      return Optional.of(
          new Certificate(
              x509.getSubjectX500Principal().getName(),
              x509.getIssuerX500Principal().getName(),
              names(x509),
              usages(x509),
              x509.getNotBefore().toInstant(),
              x509.getNotAfter().toInstant(),
              x509.getBasicConstraints() >= 0,
              HexFormat.of()
                  .formatHex(MessageDigest.getInstance("SHA-256").digest(x509.getEncoded()))));
    } catch (CertificateException torn) {
      return Optional.empty();
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** As {@link #parse}, of base64. */
  static Optional<Certificate> decode(String base64) {
    try {
      return parse(Base64.getDecoder().decode(base64.getBytes(StandardCharsets.US_ASCII)));
    } catch (IllegalArgumentException torn) {
      return Optional.empty();
    }
  }

  private static List<String> names(X509Certificate x509) throws CertificateException {
    List<String> names = new ArrayList<>();
    Collection<List<?>> all = x509.getSubjectAlternativeNames();
    for (List<?> name : all == null ? List.<List<?>>of() : all) {
      int kind = (Integer) name.get(0);
      names.add((kind == DNS ? "DNS:" : kind == IP ? "IP:" : kind + ":") + name.get(1));
    }
    return names.stream().sorted().toList();
  }

  private static List<String> usages(X509Certificate x509) throws CertificateException {
    List<String> usages = new ArrayList<>();
    boolean[] bits = x509.getKeyUsage();
    for (int bit = 0; bits != null && bit < bits.length; bit++) {
      if (bits[bit]) {
        usages.add(String.valueOf(bit));
      }
    }
    List<String> extended = x509.getExtendedKeyUsage();
    if (extended != null) {
      extended.stream().sorted().forEach(usages::add);
    }
    return usages;
  }

  /** Whether it no longer counts at {@code now}. */
  public boolean hasEnded(Instant now) {
    return !now.isBefore(notAfter);
  }

  /** How long it still counts; negative once it has ended. */
  public Duration left(Instant now) {
    return Duration.between(now, notAfter);
  }

  /** How long it counts in all. */
  Duration life() {
    return Duration.between(notBefore, notAfter);
  }

  /** Whether everything but the time and the key is as in {@code other}. */
  boolean isLike(Certificate other) {
    return subject.equals(other.subject)
        && issuer.equals(other.issuer)
        && names.equals(other.names)
        && usages.equals(other.usages)
        && authority == other.authority;
  }
}
