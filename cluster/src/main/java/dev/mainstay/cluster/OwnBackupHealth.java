package dev.mainstay.cluster;

import dev.mainstay.model.EtcdBackupSpec;
import dev.mainstay.model.GoDuration;
import dev.mainstay.model.Problem;
import java.time.Duration;
import java.util.Optional;

/** What is wrong with the backups of etcd that a master makes by itself: a pure function. */
final class OwnBackupHealth {
  // the timer spreads its masters, and a try takes its time
  private static final Duration LEEWAY = Duration.ofHours(1);
  // the clock of a healthy host is set back by less
  private static final Duration STEP = Duration.ofMinutes(1);
  private static final String ADVICE = "on it: journalctl -u mainstay-etcd-backup";

  private OwnBackupHealth() {}

  /** What people should know of {@code backup} on {@code master}; nothing while none are wanted. */
  static Optional<Problem> problem(
      String master, EtcdBackupSpec spec, HostHealth.OwnBackup backup) {
    return spec.every()
        .flatMap(every -> what(every, backup))
        .map(what -> Problem.warning(master, what, ADVICE));
  }

  private static Optional<String> what(Duration every, HostHealth.OwnBackup backup) {
    boolean isToCome = backup.age().filter(age -> age.plus(STEP).isNegative()).isPresent();
    String last =
        backup
            .age()
            .map(age ->
                isToCome
                    ? "the last good backup of its etcd is dated %s ahead of its clock"
                        .formatted(GoDuration.text(rounded(age.negated())))
                    : "the last good one is %s old".formatted(GoDuration.text(rounded(age.abs()))))
            .orElse("it has none");
    if (!backup.lastTryWentWell()) {
      return Optional.of("it failed to back up its etcd; " + last);
    }
    if (isToCome) {
      return Optional.of(last + ", which was ahead when it was taken, or is behind by now");
    }
    return backup
        .age()
        .filter(age -> age.compareTo(every.multipliedBy(2).plus(LEEWAY)) > 0)
        .map(age ->
            "it backs up its etcd no more; "
                + last
                + ", one is due every "
                + GoDuration.text(every));
  }

  private static Duration rounded(Duration age) {
    return age.compareTo(Duration.ofHours(1)) < 0
        ? Duration.ofMinutes(Math.max(1, age.toMinutes()))
        : Duration.ofHours(age.toHours());
  }
}
