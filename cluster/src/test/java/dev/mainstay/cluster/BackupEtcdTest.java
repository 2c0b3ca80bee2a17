package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Output;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of what a master prints: a backup, or nothing that is called one. */
final class BackupEtcdTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 0);
  private static final Instant NOW = Instant.parse("2026-11-25T05:00:00Z");

  @TempDir Path folder = Path.of("");
  private final FakeHosts hosts = new FakeHosts();

  @BeforeEach
  void etcdIsWell() {
    hosts.answer("etcd-look", new Output(0, look(), ""));
  }

  /** As every master answers here: a follower of another one. */
  private static String look() {
    return "stage provisioned\ncluster-id "
        + Fixture.ID
        + "\ndata 1\nhealthy yes\nstatus "
        + base64(
            """
            [{"Status":{"header":{"cluster_id":17073375625915876709,"member_id":1,"revision":21},
              "version":"3.6.8","dbSize":20480,"leader":9,"raftIndex":28,"raftTerm":2,
              "raftAppliedIndex":28,"dbSizeInUse":16384}}]
            """)
        + "\nend ok\n";
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Some bytes; that etcd's own end with their checksum matters elsewhere. */
  private static String snapshot(String body) {
    return body + "\nand more";
  }

  private static String header(String bytes, Instant at) {
    return new BackupRecord(
                "demo",
                Fixture.ID,
                "c0ffee",
                "m1",
                "follower",
                at,
                "3.6.8",
                21,
                -1,
                42,
                7,
                3,
                bytes.length(),
                HostFile.sha256(bytes),
                Optional.empty())
            .text()
            .replace("\n", "")
        + "\n";
  }

  private BackupEtcd.Made backup(Instant now, OptionalInt keep, String... recipients)
      throws InterruptedException {
    return new BackupEtcd(hosts, Clock.fixed(now, ZoneOffset.UTC))
        .backup(
            SPEC,
            new BackupEtcd.Request(
                folder.resolve("etcd"), Optional.empty(), List.of(recipients), keep));
  }

  private List<String> files() throws IOException {
    Path to = folder.resolve("etcd");
    if (!Files.exists(to)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(to)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  @Test
  void whatArrivesWholeIsABackupWithItsRecord() throws Exception {
    String bytes = snapshot("bytes\nof a snapshot");
    hosts.answer("etcd-snapshot", new Output(0, header(bytes, NOW) + bytes, ""));
    BackupEtcd.Made made = backup(NOW, OptionalInt.empty());
    assertThat(files())
        .containsExactly("demo-20261125T050000Z.db", "demo-20261125T050000Z.db.json");
    assertThat(Files.readString(made.file())).isEqualTo(bytes);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made.file())))
        .isEqualTo("rw-------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(BackupFile.recordOf(made.file()))))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("etcd"))))
        .isEqualTo("rwx------");
    BackupFile file = BackupFile.open(made.file(), Optional.empty());
    assertThat(file.record()).contains(made.record());
    assertThat(made.record().keys()).isEqualTo(7);
    Golden.check("etcd/backup.json", Files.readString(BackupFile.recordOf(made.file())));
  }

  @Test
  void whatDoesNotArriveWholeIsNoBackup() throws Exception {
    String bytes = snapshot("bytes");
    hosts.answer(
        "etcd-snapshot",
        new Output(0, header(bytes, NOW) + bytes.substring(0, bytes.length() - 1), ""));
    assertThatThrownBy(() -> backup(NOW, OptionalInt.empty()))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("there is no backup")
        .hasMessageContaining("did not arrive whole");
    assertThat(files()).isEmpty();
  }

  @Test
  void whatAMasterCouldNotVerifyIsNoBackup() throws Exception {
    hosts.answer("etcd-snapshot", new Output(65, "", "the snapshot is torn"));
    assertThatThrownBy(() -> backup(NOW, OptionalInt.empty()))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("the snapshot is torn");
    assertThat(files()).isEmpty();
    // every master was asked
    assertThat(hosts.scripts())
        .contains("m1 etcd-snapshot", "m2 etcd-snapshot", "m3 etcd-snapshot");
  }

  @Test
  void anEncryptedBackupIsReadWithItsIdentityAlone() throws Exception {
    String bytes = snapshot("bytes that hold Secrets");
    hosts.answer("etcd-snapshot", new Output(0, header(bytes, NOW) + bytes, ""));
    BackupEtcd.Made made = backup(NOW, OptionalInt.empty(), AgeTest.RECIPIENT);
    assertThat(files())
        .containsExactly("demo-20261125T050000Z.db.age", "demo-20261125T050000Z.db.age.json");
    byte[] sealed = Files.readAllBytes(made.file());
    assertThat(new String(sealed, StandardCharsets.ISO_8859_1)).doesNotContain("Secrets");
    assertThat(made.record().encrypted().orElseThrow().sha256())
        .isEqualTo(HexFormat.of().formatHex(BackupFile.sha256().digest(sealed)));
    assertThatThrownBy(() -> BackupFile.open(made.file(), Optional.empty()))
        .isInstanceOf(Failure.Usage.class)
        .hasMessageContaining("is encrypted");
    Path key = Files.writeString(folder.resolve("key"), AgeTest.IDENTITY);
    try (var in = BackupFile.open(made.file(), Optional.of(key)).snapshot()) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII)).isEqualTo(bytes);
    }
  }

  @Test
  void onlyTheNewestAreKeptAndOnlyOfThisCluster() throws Exception {
    Files.createDirectories(folder.resolve("etcd"));
    Path other = folder.resolve("etcd/other.db");
    Files.writeString(other, "x");
    Files.writeString(
        BackupFile.recordOf(other),
        header("x", NOW.minusSeconds(9999)).replace(Fixture.ID, Fixture.FRESH_ID));
    for (int hour = 0; hour < 4; hour++) {
      Instant at = NOW.plusSeconds(3600L * hour);
      String bytes = snapshot("hour " + hour);
      hosts.answer("etcd-snapshot", new Output(0, header(bytes, at) + bytes, ""));
      BackupEtcd.Made made = backup(at, OptionalInt.of(2));
      assertThat(made.removed()).hasSize(hour < 2 ? 0 : 1);
    }
    assertThat(files())
        .containsExactly(
            "demo-20261125T070000Z.db",
            "demo-20261125T070000Z.db.json",
            "demo-20261125T080000Z.db",
            "demo-20261125T080000Z.db.json",
            "other.db",
            "other.db.json");
  }

  @Test
  void aFileThatIsThereIsNeverOverwritten() throws Exception {
    Path file = Files.writeString(folder.resolve("mine"), "mine");
    assertThatThrownBy(() ->
            new BackupEtcd(hosts, Clock.fixed(NOW, ZoneOffset.UTC))
                .backup(
                    SPEC,
                    new BackupEtcd.Request(
                        folder, Optional.of(file), List.of(), OptionalInt.empty())))
        .isInstanceOf(Failure.Usage.class);
    assertThat(Files.readString(file)).isEqualTo("mine");
  }
}
