package dev.mainstay.model;

import java.time.Duration;
import java.util.Optional;

/**
 * Which backups of etcd each master makes of itself.
 *
 * @param every how much time lies between two; empty where none are made
 * @param keep how many each master keeps
 */
public record EtcdBackupSpec(Optional<Duration> every, int keep) {
  /** For those who never think of it: a snapshot is small, and each master has a copy. */
  public static final EtcdBackupSpec DEFAULT =
      new EtcdBackupSpec(Optional.of(Duration.ofDays(1)), 3);

  /** More often would be a load of its own. */
  public static final Duration SHORTEST = Duration.ofMinutes(5);

  static final int MOST = 1000;
}
