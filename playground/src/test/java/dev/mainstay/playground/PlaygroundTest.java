package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaygroundTest {
  @TempDir Path folder;

  @Test
  void livesWhereXdgSays() {
    assertThat(PlaygroundHome.ofUser(Map.of("HOME", "/home/ada")))
        .isEqualTo(
            new PlaygroundHome(
                Path.of("/home/ada/.local/share/mainstay/playground"),
                Path.of("/home/ada/.cache/mainstay/rootfs")));
    assertThat(
            PlaygroundHome.ofUser(
                Map.of("HOME", "/h", "XDG_DATA_HOME", "/data", "XDG_CACHE_HOME", "relative")))
        .isEqualTo(
            new PlaygroundHome(
                Path.of("/data/mainstay/playground"), Path.of("/h/.cache/mainstay/rootfs")));
  }

  @Test
  void livesWhereLinksLeadTo() throws IOException {
    Path real = Files.createDirectory(folder.toRealPath().resolve("disk"));
    Path link = Files.createSymbolicLink(folder.resolve("home"), real);
    PlaygroundHome expected =
        new PlaygroundHome(
            real.resolve(".local/share/mainstay/playground"),
            real.resolve(".cache/mainstay/rootfs"));
    Map<String, String> environment = Map.of("HOME", link.toString());
    assertThat(PlaygroundHome.ofUser(environment)).isEqualTo(expected);
    assertThat(real).isEmptyDirectory();
    Files.createDirectories(expected.state());
    assertThat(PlaygroundHome.ofUser(environment)).isEqualTo(expected);
  }

  @Test
  void hasNoHostsBeforeItIsUp() {
    Playground playground = Playground.of(new PlaygroundHome(folder, folder), "demo");
    assertThat(playground.exists()).isFalse();
    assertThat(playground.hosts()).isEmpty();
    assertThat(playground.clusterFile()).isEqualTo(folder.resolve("demo/cluster.yaml"));
  }

  @Test
  void refusesNamesThatAreNoLabels() {
    for (String name : new String[] {"", "..", "a/b", "Demo", "-a"}) {
      assertThatThrownBy(() -> Playground.of(new PlaygroundHome(folder, folder), name))
          .isInstanceOf(PlaygroundException.class);
    }
  }

  @Test
  void oneRootFileSystemServesAllPlainHosts() {
    assertThat(RootFileSystems.key(HostOptions.DEFAULT.withSshPort(2222).withSudoer("ada")))
        .isEqualTo(RootFileSystems.key(HostOptions.DEFAULT))
        .matches("debian-12-[0-9a-f]{12}")
        .isNotEqualTo(RootFileSystems.key(HostOptions.DEFAULT.withPackages("haproxy")))
        .isNotEqualTo(RootFileSystems.key(HostOptions.DEFAULT.withDebian(13)));
  }

  @Test
  void readsMountPointsWithSpaces() {
    assertThat(Mounts.unescape("/a\\040b\\134c")).isEqualTo("/a b\\c");
  }
}
