package dev.mainstay.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WholeFileTest {
  private final Path folder;

  WholeFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void aFileIsReplacedAndNothingElseIsLeft() throws IOException {
    Path file = folder.resolve("logins.json");
    WholeFile.write(file, "before", "rw-r--r--");
    Object first = Files.getAttribute(file, "unix:ino");
    WholeFile.write(file, "näher\n", "rw-------");
    assertThat(file).hasContent("näher\n");
    // another file: whoever reads the first one has all of it
    assertThat(Files.getAttribute(file, "unix:ino")).isNotEqualTo(first);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(names()).containsExactly("logins.json");
  }

  @Test
  void whatCannotBeWrittenLeavesEverythingAsItWas() throws IOException {
    Path full = Files.createDirectory(folder.resolve("taken"));
    Files.writeString(full.resolve("by"), "something");
    assertThatThrownBy(() -> WholeFile.write(full, "text", "rw-r--r--"))
        .isInstanceOf(IOException.class);
    assertThat(full.resolve("by")).hasContent("something");
    assertThat(names()).containsExactly("taken");
    assertThatThrownBy(() -> WholeFile.write(folder.resolve("no/such"), "text", "rw-r--r--"))
        .isInstanceOf(IOException.class);
  }

  private Stream<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList().stream();
    }
  }
}
