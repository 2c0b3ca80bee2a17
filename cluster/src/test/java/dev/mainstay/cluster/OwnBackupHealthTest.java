package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.EtcdBackupSpec;
import dev.mainstay.model.Problem;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a status speaks of a master's own backups: the default is one a day. */
final class OwnBackupHealthTest {
  private static Optional<String> said(String line, EtcdBackupSpec spec) {
    return HostHealth.parse(line)
        .backup()
        .flatMap(backup -> OwnBackupHealth.problem("m1", spec, backup))
        .map(Problem::toString);
  }

  private static Optional<String> said(String line) {
    return said(line, EtcdBackupSpec.DEFAULT);
  }

  @Test
  void aMasterThatHasNotTriedYetAndOneWithAFreshBackupAreFine() {
    assertThat(said("backend ready self UP 60")).isEmpty();
    assertThat(said("backup 1 90000")).isEmpty();
    assertThat(said("backup 1 176400")).isEmpty();
  }

  @Test
  void anOldBackupAndAFailedTryAreNamed() {
    assertThat(said("backup 1 176401").orElse(""))
        .contains(
            "m1",
            "it backs up its etcd no more; the last good one is 49h old, one is due every 24h",
            "journalctl -u mainstay-etcd-backup");
    assertThat(said("backup 0 1800").orElse(""))
        .contains("it failed to back up its etcd; the last good one is 30m old");
    assertThat(said("backup 0 -").orElse("")).contains("failed to back up its etcd; it has none");
  }

  @Test
  void aBackupOfATimeToComeIsNamed() {
    assertThat(said("backup 1 -30")).isEmpty();
    assertThat(said("backup 1 -7300").orElse(""))
        .contains("m1", "the last good backup of its etcd is dated 2h ahead of its clock, which");
    assertThat(said("backup 0 -7300").orElse(""))
        .contains(
            "it failed to back up its etcd; the last good backup of its etcd is dated 2h ahe");
  }

  @Test
  void whoWantsNoneIsNotTold() {
    assertThat(said("backup 0 -", new EtcdBackupSpec(Optional.empty(), 3))).isEmpty();
  }
}
