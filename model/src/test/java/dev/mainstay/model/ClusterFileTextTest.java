package dev.mainstay.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ClusterFileTextTest {
  private static final Path FILE = Path.of("/somewhere/cluster.yaml");
  private static final Path HOME = Path.of("/home/me");

  private static ClusterSpec read(String text) {
    ClusterFile.Decoded decoded = ClusterFile.decode(text, FILE, HOME);
    assertThat(decoded.spec()).as("%s%n%s", decoded.problems(), text).isPresent();
    return decoded.spec().orElseThrow();
  }

  @Test
  void aPlainClusterIsAPlainFile() {
    String text =
        """
        apiVersion: mainstay.dev/v1
        kind: Cluster
        name: demo
        kubernetes: 1.36.3
        masters:
          m1: 10.77.0.11
        workers:
          w1: 10.77.0.21
        """;
    assertThat(ClusterFileText.of(read(text))).isEqualTo(text);
  }

  @Test
  void whatIsWrittenIsReadAsTheSameClusterWhateverTheFileSaid() {
    ClusterSpec spec =
        read(
            """
            # a comment
            apiVersion: mainstay.dev/v1
            kind: Cluster
            name: demo
            domain: k8s.example.org
            kubernetes: 1.36.3
            ssh: {user: admin, port: 2222, jump: {address: 192.0.2.9, user: bastion}}
            masters:
              m1: 192.0.2.11
              m2: {address: 192.0.2.12, ssh: {port: 2022}}
              m3: {address: 192.0.2.13, hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFakeFakeFakeFakeFakeFakeFakeFakeFakeFakeFake"}
            network: {pods: 10.1.0.0/16, services: 10.2.0.0/16}
            kubelet: {maxPods: 77, evictionHard: {memory.available: 100Mi}, featureGates: {X: true}}
            apiServer: {audit-log-maxage: "7"}
            containerd: {registryMirrors: {docker.io: ["https://mirror.example.org"]}}
            certificates: {validity: 90d}
            etcd: {backup: {every: never, keep: 9}}
            """);
    String text = ClusterFileText.of(spec);
    assertThat(read(text)).isEqualTo(spec);
    assertThat(ClusterFileText.of(read(text))).isEqualTo(text);
  }

  @Test
  void keysOfTheUsersMachineAreLeftOutUnlessTheyAreGiven() {
    ClusterSpec spec =
        read(
            """
            apiVersion: mainstay.dev/v1
            kind: Cluster
            name: demo
            kubernetes: 1.36.3
            ssh: {key: ~/.ssh/secret}
            masters: {m1: 192.0.2.11}
            network: {plugin: none, manifests: [mine/cni.yaml]}
            """);
    assertThat(ClusterFileText.of(spec)).doesNotContain("secret").contains("network/1.yaml");
    ClusterSpec again =
        read(
            ClusterFileText.of(
                spec, Optional.of(Path.of("/home/me/.ssh/other")), Optional.empty()));
    assertThat(again.masters().getFirst().ssh().key()).contains(Path.of("/home/me/.ssh/other"));
  }
}
