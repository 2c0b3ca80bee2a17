package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Output;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a restore asks of its file, and what it says of it. */
final class RestoreEtcdTest {
  private static final byte[] SNAPSHOT = BackupFileTest.snapshot(1000);
  private static final String SHA = HexFormat.of().formatHex(BackupFile.sha256().digest(SNAPSHOT));

  @TempDir Path folder = Path.of("");
  private final ClusterSpec spec = Fixture.spec(3, 0);
  private final FakeHosts hosts = new FakeHosts();
  private final RestoreEtcd restore = new RestoreEtcd(hosts, Clock.systemUTC());

  /** Every master says this of itself. */
  private void masters(String said) {
    hosts.answer(
        "etcd-look",
        new Output(
            0,
            "stage provisioned\ncluster-id " + Fixture.ID + "\ndata 1\n" + said + "end ok\n",
            ""));
  }

  private Path file() throws IOException {
    return Files.write(folder.resolve("a.db"), SNAPSHOT);
  }

  private RestoreEtcd.Restore plan(Path file) throws InterruptedException {
    return restore.plan(spec, file, Optional.empty(), "restore-new");
  }

  @Test
  void aFileWithoutRecordIsVerifiedOnceAndNotAgainWhenTheMastersAreStopped() throws Exception {
    hosts.answer("etcd-verify", new Output(75, "", "etcd does not run on this host\n"));
    masters("restore restore-old " + SHA + " stopped\n");
    RestoreEtcd.Restore planned = plan(file());
    assertThat(planned.goesOn()).isTrue();
    assertThat(planned.id()).isEqualTo("restore-old");
    assertThat(hosts.scripts()).doesNotContain("m1 etcd-verify");
    // another file was not
    masters("restore restore-old " + "5".repeat(64) + " stopped\n");
    assertThatThrownBy(() -> plan(file()))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("etcd does not run on this host");
    // nor is one verified that was restored long ago
    masters("restore restore-old " + SHA + " done\n");
    assertThatThrownBy(() -> plan(file())).isInstanceOf(Failure.Refused.class);
  }

  @Test
  void aFileWithoutRecordNeedsItWhereNoEtcdRunsThatCouldVerifyIt() throws Exception {
    hosts.answer("etcd-verify", new Output(75, "", "etcd does not run on this host\n"));
    masters("");
    Path file = file();
    assertThatThrownBy(() -> plan(file))
        .isInstanceOfSatisfying(
            Failure.Refused.class,
            refused ->
                assertThat(refused.advice())
                    .contains("lay its record beside it, " + file + ".json"));
    Files.writeString(BackupFile.recordOf(file), BackupFileTest.record(SNAPSHOT).text());
    assertThat(plan(file).goesOn()).isFalse();
  }

  @Test
  void whoseHealthyEtcdCannotBeKeptAsAVerifiedSnapshotIsWarnedAndNotHeldUp() throws Exception {
    masters(
        "healthy yes\nstatus "
            + Base64.getEncoder()
                .encodeToString(
                    """
                    [{"Status":{"header":{"cluster_id":7,"member_id":1,"revision":21},"leader":9}}]
                    """
                        .getBytes(StandardCharsets.UTF_8))
            + "\n");
    hosts.answer("etcd-keep", new Output(65, "", "members disagree at revision 21\n"));
    // here it ends, before anything is stopped
    hosts.answer("etcd-prepare", new Output(1, "", "no room\n"));
    Path file = file();
    Files.writeString(BackupFile.recordOf(file), BackupFileTest.record(SNAPSHOT).text());
    List<String> told = new ArrayList<>();
    restore.run(plan(file), List.of(), new StopSignal(), told::add);
    assertThat(hosts.scripts()).contains("m1 etcd-prepare").doesNotContain("m1 etcd-stop");
    assertThat(told.getFirst())
        .startsWith("warning: of what was there before there is no verified snapshot")
        .contains("members disagree at revision 21");
  }

  @Test
  void whoPassesAWrongIdentityIsToldToPassAnother() throws Exception {
    Path file = folder.resolve("a.db.age");
    try (OutputStream out =
        Age.encrypting(Files.newOutputStream(file), List.of(AgeTest.RECIPIENT))) {
      out.write(SNAPSHOT);
    }
    Path wrong =
        Files.writeString(
            folder.resolve("wrong"),
            "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n");
    assertThatThrownBy(() -> restore.plan(spec, file, Optional.of(wrong), "restore-new"))
        .isInstanceOfSatisfying(
            Failure.Refused.class,
            refused ->
                assertThat(refused.advice())
                    .contains("--identity FILE")
                    .doesNotContain("another backup"))
        .hasMessageContaining("cannot be decrypted with this identity");
    // what is torn is another matter
    Path torn = Files.write(folder.resolve("a.db"), new byte[100]);
    assertThatThrownBy(() -> plan(torn))
        .isInstanceOfSatisfying(
            Failure.Refused.class,
            refused -> assertThat(refused.advice()).contains("take another one"));
  }
}
