package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two users with a playground of one name, as root: the other one's bridge and cable are in a
 * network of their own, which is gone afterwards. No hosts.
 */
class PlaygroundOwnerE2E {
  private static final String NAME = "shared";
  private static final NodeName M1 = new NodeName("m1");

  @TempDir Path home;

  @Test
  @Timeout(60)
  void leavesThePlaygroundOfAnotherUserAlone() throws IOException {
    Map<String, String> user = Map.of("HOME", home.toString(), "XDG_DATA_HOME", "");
    Path own = PlaygroundHome.ofUser(user).playground(NAME);
    Files.createDirectories(own.resolve("hosts/m1"));
    PlaygroundRecord empty = new PlaygroundRecord(Subnets.choose(NAME, List.of()), List.of());
    PlaygroundRecord record =
        empty.with(
            new PlaygroundRecord.Host(
                M1,
                Role.MASTER,
                Subnets.assign(empty.subnet(), Role.MASTER, M1, empty.addresses()),
                HostOptions.DEFAULT,
                RootFileSystems.key(HostOptions.DEFAULT)));
    record.write(own.resolve("playground.json"));

    Captured captured = Command.run(List.of("unshare", "-n", "-m", "sh", "-c", script(user)));

    assertThat(captured.stdout().lines()).containsOnly("exit 1 up");
    assertThat(captured.stdout().lines()).hasSize(6);
    assertThat(captured.stderr().lines())
        .hasSize(6)
        .allMatch(line -> line.contains("is in use: mainstay playground /home/other/shared;"));
    assertThat(PlaygroundRecord.read(own.resolve("playground.json")))
        .isEqualTo(Optional.of(record));
    assertThat(own.resolve("hosts/m1")).isEmptyDirectory();
  }

  /** Tries all commands, and says after each whether the other user's cable is still plugged in. */
  private static String script(Map<String, String> user) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    StringBuilder exports = new StringBuilder();
    user.forEach((name, value) -> exports.append("export %s='%s'%n".formatted(name, value)));
    return exports
        + """
        set -e
        mount -t sysfs sysfs /sys
        mount -t tmpfs tmpfs /run
        ip link add %1$s type bridge
        ip link set %1$s alias 'mainstay playground /home/other/shared' up
        ip link add %2$s type bridge
        ip link set %2$s up
        for command in 'stop m1' 'cut m1' 'heal m1' 'move m1=10.79.5.11' 'remove m1' down; do
          exit=0
          '%3$s' -XX:TieredStopAtLevel=1 -cp '%4$s' %5$s %6$s $command || exit=$?
          echo "exit $exit $(ip link show up dev %2$s | grep -q %2$s && echo up)"
        done
        """
            .formatted(
                MachineNames.bridge(NAME),
                MachineNames.cable(MachineNames.machine(NAME, M1)),
                java,
                System.getProperty("java.class.path"),
                PlaygroundMain.class.getName(),
                NAME);
  }
}
