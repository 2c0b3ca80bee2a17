package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.Address;
import dev.mainstay.model.KubernetesVersion;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClusterFileTest {
  @Test
  void writesWhatTheDesignShows() {
    assertThat(
            text(
                "/keys/id_ed25519",
                host("m1", Role.MASTER, "10.77.0.11", HostOptions.DEFAULT),
                host("w1", Role.WORKER, "10.77.0.21", HostOptions.DEFAULT)))
        .isEqualTo(
            """
            # The hosts of the playground demo on this machine.
            apiVersion: mainstay.dev/v1
            kind: Cluster
            name: demo
            kubernetes: 1.36.3
            ssh: {user: root, key: /keys/id_ed25519}
            masters:
              m1: 10.77.0.11
            workers:
              w1: 10.77.0.21
            """);
  }

  @Test
  void saysWhatIsSpecialAboutAHostsSsh() {
    assertThat(
            text(
                "/my keys/id",
                host("m1", Role.MASTER, "10.77.0.11", HostOptions.DEFAULT.withSshPort(2222)),
                host(
                    "m2",
                    Role.MASTER,
                    "10.77.0.12",
                    HostOptions.DEFAULT.withoutRootLogin().withSudoer("ada"))))
        .contains("key: \"/my keys/id\"}")
        .contains("  m1: {address: 10.77.0.11, ssh: {port: 2222}}\n")
        .contains("  m2: {address: 10.77.0.12, ssh: {user: ada}}\n")
        .doesNotContain("workers");
  }

  @Test
  void movesAddressesInEveryFormAndKeepsAllElse() {
    String before =
        """
        # m1: 10.77.0.11 is not to be touched, and neither is ü𝄞
        name: demo # ü𝄞
        masters:   # the masters
          m1: 10.77.0.11   # first
          m2: {ssh: {port: 2222}, address: "10.77.0.12"} # second
          m3:
            # third
            address: 10.77.0.13
            ssh: {port: 22}
        workers: {w1: 10.77.0.21, w2: 10.77.0.22}
        network: {m1: 10.77.0.11}
        """;
    assertThat(
            ClusterFile.moved(
                before,
                Map.of(
                    new NodeName("m1"), new Address("10.77.0.12"),
                    new NodeName("m2"), new Address("10.77.0.11"),
                    new NodeName("m3"), new Address("10.78.100.130"),
                    new NodeName("w2"), new Address("10.78.100.1"),
                    new NodeName("w9"), new Address("10.78.100.9"))))
        .isEqualTo(
            """
            # m1: 10.77.0.11 is not to be touched, and neither is ü𝄞
            name: demo # ü𝄞
            masters:   # the masters
              m1: 10.77.0.12   # first
              m2: {ssh: {port: 2222}, address: 10.77.0.11} # second
              m3:
                # third
                address: 10.78.100.130
                ssh: {port: 22}
            workers: {w1: 10.77.0.21, w2: 10.78.100.1}
            network: {m1: 10.77.0.11}
            """);
  }

  @Test
  void movingNothingChangesNothing() {
    String text = text("/key", host("m1", Role.MASTER, "10.77.0.11", HostOptions.DEFAULT));
    assertThat(ClusterFile.moved(text, Map.of())).isEqualTo(text);
  }

  private static String text(String key, PlaygroundRecord.Host... hosts) {
    return ClusterFile.text("demo", new KubernetesVersion(1, 36, 3), Path.of(key), List.of(hosts));
  }

  private static PlaygroundRecord.Host host(
      String name, Role role, String address, HostOptions options) {
    return new PlaygroundRecord.Host(
        new NodeName(name), role, new Address(address), options, "debian-12-0");
  }
}
