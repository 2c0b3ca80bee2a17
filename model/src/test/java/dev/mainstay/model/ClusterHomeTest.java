package dev.mainstay.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClusterHomeTest {
  private final Path folder;
  private final ClusterHome home;

  ClusterHomeTest(@TempDir Path folder) {
    this.folder = folder;
    home = ClusterHome.beside(folder.resolve("cluster.yaml"), new ClusterName("demo"));
  }

  @Test
  void allOfItIsKeptOutOfGitBeforeAnythingIsThere() {
    home.keepOutOfGit();
    assertThat(folder.resolve(".mainstay/.gitignore")).hasContent("*\n");
    // each command's own files come when there are some
    assertThat(home.directory()).doesNotExist();
  }

  @Test
  void whatSomebodyWroteForGitStays() throws IOException {
    Path ignore = Files.createDirectory(folder.resolve(".mainstay")).resolve(".gitignore");
    Files.writeString(ignore, "*\n!/demo/known_hosts\n");
    home.keepOutOfGit();
    assertThat(ignore).hasContent("*\n!/demo/known_hosts\n");
  }

  @Test
  void whoHasNothingToWriteThereIsNotStopped() throws IOException {
    Files.createFile(folder.resolve(".mainstay"));
    home.keepOutOfGit();
    assertThat(folder.resolve(".mainstay")).isRegularFile();
  }
}
