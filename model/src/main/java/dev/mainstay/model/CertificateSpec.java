package dev.mainstay.model;

import java.time.Duration;

/**
 * How long certificates live that kubeadm makes.
 *
 * @param validity of certificates, from their next renewal on
 * @param caValidity of the cluster's authorities, which are made once, with the cluster
 */
public record CertificateSpec(Duration validity, Duration caValidity) {
  /** kubeadm's own: a year, and ten years. */
  public static final CertificateSpec DEFAULT =
      new CertificateSpec(Duration.ofDays(365), Duration.ofDays(3650));

  /** Shorter ones would end before the cluster is made. */
  public static final Duration SHORTEST = Duration.ofSeconds(15);
}
