package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.BackupEtcd;
import dev.mainstay.cluster.BackupRecord;
import dev.mainstay.cluster.EtcdMembers;
import dev.mainstay.cluster.EtcdMembers.Role;
import dev.mainstay.cluster.EtcdMembers.Row;
import dev.mainstay.cluster.VerifyBackup;
import dev.mainstay.model.ClusterName;
import dev.mainstay.model.Failure;
import dev.mainstay.model.Problem;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What people script against of etcd, as golden files. */
final class EtcdTextTest {
  private static final BackupRecord RECORD =
      new BackupRecord(
          "demo",
          "11111111-2222-3333-4444-555555555555",
          "b44cabf2a4e61d83",
          "m2",
          "follower",
          Instant.parse("2026-11-25T05:28:08Z"),
          "3.6.8",
          2199,
          1348,
          4198764058L,
          476,
          3,
          3321888,
          "5".repeat(64),
          Optional.empty());

  private static Row row(String node, Role role, boolean healthy, long lag) {
    return new Row(
        "1ced07d67c56f1f" + node.charAt(1),
        node,
        role,
        healthy,
        List.of("https://" + node + ".demo.internal:2380"),
        healthy ? "3.6.8" : "",
        healthy ? 3_300_000 : 0,
        healthy ? 1_400_000 : 0,
        healthy ? 2193 : 0,
        healthy ? 2 : 0,
        healthy ? 3022 : 0,
        lag);
  }

  @Test
  void members() {
    EtcdMembers members =
        new EtcdMembers(
            new ClusterName("demo"),
            List.of(
                row("m1", Role.LEADER, true, 0),
                row("m2", Role.VOTER, true, 3),
                row("m3", Role.VOTER, false, -1)),
            3,
            2,
            2,
            0,
            List.of(Problem.error("m3", "its etcd does not answer", "mainstay status")),
            List.of());
    Golden.check("text/etcd-members.txt", EtcdText.table(members));
    Golden.check("json/etcd-members.json", Json.text(EtcdText.document(members)) + "\n");
    EtcdMembers lost =
        new EtcdMembers(
            new ClusterName("demo"),
            List.of(row("m1", Role.VOTER, false, -1)),
            3,
            0,
            2,
            -1,
            List.of(),
            List.of());
    Golden.check("text/etcd-members-lost.txt", EtcdText.table(lost));
    Failure gone = new Failure.Unreachable("m1 (10.77.0.11): no answer", "is the host on?", true);
    EtcdMembers unseen =
        new EtcdMembers(new ClusterName("demo"), List.of(), 3, 0, 2, -2, List.of(), List.of(gone));
    assertThat(EtcdText.table(unseen)).contains("it cannot be seen from here whether there is one");
    assertThat(Json.text(EtcdText.document(unseen)))
        .contains("\"where\" : \"m1 (10.77.0.11)\"", "\"what\" : \"no answer\"");
  }

  @Test
  void aBackupAndItsProof() {
    BackupEtcd.Made made =
        new BackupEtcd.Made(
            Path.of("/b/demo-20261125T052808Z.db"),
            RECORD,
            List.of(Path.of("/b/demo-20261122T052808Z.db")),
            List.of());
    Golden.check("json/etcd-backup.json", Json.text(EtcdText.document(made, 2.9)) + "\n");
    VerifyBackup.Proof proof =
        new VerifyBackup.Proof(
            made.file(),
            Optional.of(RECORD),
            List.of("all 3321888 bytes are there"),
            List.of("no master could be reached to restore it into a scratch folder"));
    Golden.check("json/etcd-verify.json", Json.text(EtcdText.document(proof)) + "\n");
  }
}
