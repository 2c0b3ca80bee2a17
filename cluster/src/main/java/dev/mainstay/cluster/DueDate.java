package dev.mainstay.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * When a certificate is due for renewal: 30 days before its end, or when a third of its life is
 * left if that is later, so that one that lives for minutes is not renewed by each run.
 *
 * @param within the user's own span before the end; empty for the rule above
 */
record DueDate(Optional<Duration> within) {
  static final DueDate RULE = new DueDate(Optional.empty());
  private static final Duration SPAN = Duration.ofDays(30);
  private static final int OF_LIFE = 3;

  // kubelets renew their own when 10 to 30 percent of its life is left (client-go,
  // util/certificate, nextRotationDeadline): one with less than this has failed to
  private static final int OF_KUBELETS_LIFE = 20;

  boolean isDue(Certificate certificate, Instant now) {
    Duration span = within.orElse(shorter(certificate, OF_LIFE));
    return certificate.left(now).compareTo(span) < 0;
  }

  /**
   * Whether a kubelet should have renewed its certificate long ago; {@link #within} is not asked.
   */
  static boolean isOverdueOfKubelet(Certificate certificate, Instant now) {
    return certificate.left(now).compareTo(shorter(certificate, OF_KUBELETS_LIFE)) < 0;
  }

  private static Duration shorter(Certificate certificate, int part) {
    Duration share = certificate.life().dividedBy(part);
    return share.compareTo(SPAN) < 0 ? share : SPAN;
  }
}
