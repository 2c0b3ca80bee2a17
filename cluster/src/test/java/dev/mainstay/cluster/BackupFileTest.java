package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BackupFileTest {
  @TempDir Path folder = Path.of("");

  /** As etcd's: pages, and at their end their checksum. */
  static byte[] snapshot(int size) {
    byte[] body = new byte[size];
    new Random(3).nextBytes(body);
    byte[] whole = Arrays.copyOf(body, size + 32);
    System.arraycopy(BackupFile.sha256().digest(body), 0, whole, size, 32);
    return whole;
  }

  private BackupFile file(byte[] bytes, Optional<BackupRecord> record) throws Exception {
    Path path = Files.write(folder.resolve("a.db"), bytes);
    if (record.isPresent()) {
      Files.writeString(BackupFile.recordOf(path), record.get().text());
    }
    return BackupFile.open(path, Optional.empty());
  }

  static BackupRecord record(byte[] bytes) {
    return new BackupRecord(
        "demo",
        Fixture.ID,
        "c0ffee",
        "m1",
        "leader",
        Instant.EPOCH,
        "3.6.8",
        1,
        -1,
        1,
        1,
        1,
        bytes.length,
        HexFormat.of().formatHex(BackupFile.sha256().digest(bytes)),
        Optional.empty());
  }

  @Test
  void aWholeSnapshotIsWholeWhateverItsSize() throws Exception {
    for (int size : new int[] {1, 31, 512, 256 * 1024 - 32, 256 * 1024, 700_000}) {
      byte[] bytes = snapshot(size);
      BackupFile.Checked checked = file(bytes, Optional.of(record(bytes))).check();
      assertThat(checked.size()).isEqualTo(size + 32);
    }
  }

  @Test
  void oneByteLessOrOneBitElseIsNoBackup() throws Exception {
    byte[] bytes = snapshot(300_000);
    for (byte[] torn :
        new byte[][] {
          Arrays.copyOf(bytes, bytes.length - 1), Arrays.copyOf(bytes, 100), new byte[0]
        }) {
      assertThatThrownBy(() -> file(torn, Optional.empty()).check())
          .isInstanceOf(Failure.Failed.class)
          .hasMessageContaining("is no backup: it is torn or damaged");
    }
    byte[] flipped = bytes.clone();
    flipped[150_000] ^= 1;
    assertThatThrownBy(() -> file(flipped, Optional.empty()).check())
        .isInstanceOf(Failure.Failed.class);
  }

  @Test
  void anotherWholeSnapshotThanTheRecordedOneIsRefused() throws Exception {
    byte[] bytes = snapshot(1000);
    assertThatThrownBy(() -> file(bytes, Optional.of(record(snapshot(999)))).check())
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("it is not the snapshot that was verified");
  }

  @Test
  void aRecordSurvivesItsWayThroughTheFile() {
    BackupRecord record = record(snapshot(10));
    assertThat(BackupRecord.parse(record.text())).contains(record);
    BackupRecord sealed = record.with(new BackupRecord.Encrypted(java.util.List.of("age1x"), "ab"));
    assertThat(BackupRecord.parse(sealed.text())).contains(sealed);
    assertThat(BackupRecord.parse("{}")).isEmpty();
    assertThat(BackupRecord.parse("{\"format\":2,\"sha256\":\"a\"}")).isEmpty();
    assertThat(BackupRecord.parse("no")).isEmpty();
  }
}
