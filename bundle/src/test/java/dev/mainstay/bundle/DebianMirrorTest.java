package dev.mainstay.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebianMirrorTest {
  @TempDir private Path directory;

  @Test
  void isWhatAptUsesInTheNewForm() throws IOException {
    write(
        "sources.list.d/debian.sources",
        """
        Types: deb deb-src
        # a comment may stand between
        URIs: https://mirror.example/debian
        Suites: bookworm bookworm-updates
        Components: main
        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

        Types: deb
        URIs: https://mirror.example/security
        Suites: bookworm-security
        Components: main contrib
        """);

    assertThat(DebianMirror.ofMachine(directory))
        .isEqualTo(
            new DebianMirror("https://mirror.example/debian", "https://mirror.example/security"));
  }

  @Test
  void isWhatAptUsesInTheOldForm() throws IOException {
    write(
        "sources.list",
        """
        # deb http://old.example/debian bookworm main
        deb-src http://source.example/debian bookworm main
        deb [arch=amd64 signed-by=/x.gpg] http://mirror.example/debian bookworm main contrib
        deb http://mirror.example/security trixie-security main # security
        """);

    assertThat(DebianMirror.ofMachine(directory))
        .isEqualTo(
            new DebianMirror("http://mirror.example/debian", "http://mirror.example/security"));
  }

  @Test
  void isNoArchiveOfOthers() throws IOException {
    write("sources.list.d/another.list", "deb https://packages.example/deb bookworm main\n");
    write(
        "sources.list.d/debian.sources",
        """
        Types: deb
        URIs: mirror+file:///etc/apt/mirrors/debian.list
        Suites: bookworm bookworm-updates
        Components: main

        Types: deb
        URIs: mirror+file:///etc/apt/mirrors/debian-security.list
        Suites: bookworm-security
        Components: main
        """);

    assertThat(DebianMirror.ofMachine(directory))
        .isEqualTo(
            new DebianMirror(
                "mirror+file:///etc/apt/mirrors/debian.list",
                "mirror+file:///etc/apt/mirrors/debian-security.list"));

    Files.delete(directory.resolve("sources.list.d/debian.sources"));
    write("sources.list", "deb http://mirror.example/debian/ bookworm main\n");
    assertThat(DebianMirror.ofMachine(directory).archive())
        .isEqualTo("http://mirror.example/debian/");

    write("sources.list", "deb http://mirror.example/mirrored bookworm main\n");
    assertThat(DebianMirror.ofMachine(directory).archive())
        .isEqualTo("http://mirror.example/mirrored");

    Files.delete(directory.resolve("sources.list"));
    assertThat(DebianMirror.ofMachine(directory).archive())
        .isEqualTo("http://deb.debian.org/debian");
  }

  @Test
  void isDebiansOwnOnAnotherDistribution() throws IOException {
    write("sources.list", "deb http://mirror.example/ubuntu noble main\n");
    write(
        "sources.list.d/off.sources",
        """
        Enabled: no
        Types: deb
        URIs: http://off.example/debian
        Suites: bookworm
        Components: main
        """);

    assertThat(DebianMirror.ofMachine(directory).archive())
        .isEqualTo("http://deb.debian.org/debian");
    assertThat(DebianMirror.ofMachine(directory).security())
        .isEqualTo("http://deb.debian.org/debian-security");
  }

  private void write(String path, String text) throws IOException {
    Path file = directory.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
