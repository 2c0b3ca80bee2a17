package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two backups of one name, begun in the same second. */
final class BackupFolderTest {
  @TempDir Path folder = Path.of("");

  @Test
  void eachHasItsOwnPartAndTheSecondDoesNotTakeTheNameOfTheFirst() throws Exception {
    Path file = folder.resolve("demo-1.db");
    Path one = BackupFolder.part(file);
    Path other = BackupFolder.part(file);
    Files.writeString(one, "whole");
    Files.writeString(other, "half");
    BackupFolder.keep(one, file);
    assertThatThrownBy(() -> BackupFolder.keep(other, file))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(file).hasContent("whole");
  }

  @Test
  void whatAKilledRunLeftGoesAfterADay() throws Exception {
    Path file = folder.resolve("demo-1.db");
    Path left = BackupFolder.part(file);
    Path young = BackupFolder.part(file);
    Path others = Files.createFile(folder.resolve("film.mkv.part"));
    Files.setLastModifiedTime(others, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
    Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
    assertThat(BackupFolder.part(file)).exists();
    assertThat(left).doesNotExist();
    assertThat(others).exists();
    assertThat(young).exists();
  }

  /** A part that was last written to {@code age} ago. */
  private Path part(String name, Duration age) throws IOException {
    Path part = Files.createFile(folder.resolve(name));
    Files.setLastModifiedTime(part, FileTime.from(Instant.now().minus(age)));
    return part;
  }

  @Test
  void backupsOfAnotherMomentLeaveNothingEither() throws Exception {
    Duration old = Duration.ofHours(25);
    Path left = part("demo-20261125T050000Z.db.17273849.part", old);
    Path sealed = part("demo-20261125T050000Z.db.age.17273849.part", old);
    Path record = part("demo-20261125T050000Z.db.age.json.17273849.part", old);
    Path running = part("demo-20261125T050000Z.db.4.part", Duration.ofHours(2));
    Path ofAnother = part("demo-2-20261125T050000Z.db.17273849.part", old);
    Path somebodys = part("demo-notes.db.17273849.part", old);
    Path whole = part("demo-20261125T050000Z.db", old);
    assertThat(BackupFolder.part(folder.resolve("demo-20261225T050000Z.db.age"))).exists();
    assertThat(left).doesNotExist();
    assertThat(sealed).doesNotExist();
    assertThat(record).doesNotExist();
    assertThat(running).exists();
    assertThat(ofAnother).exists();
    assertThat(somebodys).exists();
    assertThat(whole).exists();
  }
}
