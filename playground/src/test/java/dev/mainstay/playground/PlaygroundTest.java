package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
