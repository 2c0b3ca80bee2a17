package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
}
