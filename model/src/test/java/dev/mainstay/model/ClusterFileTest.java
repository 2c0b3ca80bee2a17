package dev.mainstay.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.mainstay.model.ClusterFile.Decoded;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class ClusterFileTest {
  private static final String GOOD =
      """
      apiVersion: mainstay.dev/v1
      kind: Cluster
      name: demo
      kubernetes: 1.36.3
      ssh: {user: admin, key: ~/.ssh/id_ed25519}
      masters:
        m1: 10.77.0.11
        m2: 10.77.0.12
        m3: {address: 10.77.0.13, ssh: {port: 2222}}
      workers:
        w1: 10.77.0.21
      network: {pods: 10.244.0.0/16, services: 10.96.0.0/12, plugin: flannel}
      """;

  private static Decoded decode(String text) {
    return ClusterFile.decode(text, Path.of("/files/cluster.yaml"), Path.of("/home/ada"));
  }

  @Test
  void fillsInDefaultsAndKeepsTheFilesOrder() {
    Decoded decoded = decode(GOOD);
    assertThat(decoded.problems()).isEmpty();
    ClusterSpec spec = decoded.spec().orElseThrow();
    assertThat(spec.domain()).isEqualTo(new Domain("demo.internal"));
    assertThat(spec.endpoint()).isEqualTo("api.demo.internal:7443");
    assertThat(spec.nodes())
        .extracting(node -> node.name().value())
        .containsExactly("m1", "m2", "m3", "w1");
    NodeSpec m3 = spec.node(new NodeName("m3")).orElseThrow();
    assertThat(m3.ssh().port()).isEqualTo(2222);
    assertThat(m3.ssh().user()).isEqualTo("admin");
    assertThat(m3.ssh().key()).contains(Path.of("/home/ada/.ssh/id_ed25519"));
    assertThat(spec.fullName(m3)).isEqualTo("m3.demo.internal");
  }

  @Test
  void needsNothingButNameVersionAndMasters() {
    ClusterSpec spec =
        decode("name: a\nkubernetes: v1.37.2\nmasters: {m1: 10.0.0.1}\n").spec().orElseThrow();
    assertThat(spec.workers()).isEmpty();
    assertThat(spec.kubernetes()).isEqualTo(new KubernetesVersion(1, 37, 2));
    assertThat(spec.network().plugin()).isEqualTo(NetworkSpec.Plugin.FLANNEL);
    assertThat(spec.masters().getFirst().ssh()).isEqualTo(SshSpec.DEFAULT);
  }

  /** A change to the good file, and the start of the one problem that comes of it. */
  static Stream<Arguments> mistakes() {
    return Stream.of(
        Arguments.of(
            "name: demo",
            "nmae: demo",
            "cluster.yaml:3:1  nmae: unknown key; did you mean \"name\"?"),
        Arguments.of(
            "{address: 10.77.0.13,",
            "{adress: 10.77.0.13,",
            "cluster.yaml:9:8  masters.m3.adress: unknown key; did you mean \"address\"?"),
        Arguments.of(
            "m2: 10.77.0.12",
            "m2: 10.77.0.11",
            "cluster.yaml:8:7  masters.m2: 10.77.0.11 is the address of m1 already"),
        Arguments.of(
            "m2: 10.77.0.12", "m1: 10.77.0.12", "cluster.yaml:8:3  masters.m1: stands twice"),
        Arguments.of(
            "w1: 10.77.0.21",
            "m1: 10.77.0.21",
            "cluster.yaml:11:7  workers.m1: is a master already"),
        Arguments.of(
            "m2: 10.77.0.12",
            "m2: 10.77.0.300",
            "cluster.yaml:8:7  masters.m2: \"10.77.0.300\" is not an IPv4 address"),
        Arguments.of(
            "m2: 10.77.0.12",
            "M_2: 10.77.0.12",
            "cluster.yaml:8:8  masters.M_2: \"M_2\" is not a DNS label"),
        Arguments.of(
            "m2: 10.77.0.12",
            "api: 10.77.0.12",
            "cluster.yaml:8:8  masters.api: \"api\" is the name of the cluster's endpoint"),
        Arguments.of(
            "m2: 10.77.0.12",
            "localhost: 10.77.0.12",
            "cluster.yaml:8:14  masters.localhost: \"localhost\" is every machine's name for"
                + " itself"),
        Arguments.of(
            "m2: 10.77.0.12",
            "m2: 0.0.0.0",
            "cluster.yaml:8:7  masters.m2: 0.0.0.0 is the address of no host"),
        Arguments.of(
            "w1: 10.77.0.21",
            "w1: 224.0.0.21",
            "cluster.yaml:11:7  workers.w1: 224.0.0.21 is the address of no host"),
        Arguments.of(
            "w1: 10.77.0.21",
            "w1: 255.255.255.255",
            "cluster.yaml:11:7  workers.w1: 255.255.255.255 is the address of no host"),
        Arguments.of(
            "m2: 10.77.0.12",
            "m2: 127.0.0.1",
            "cluster.yaml:8:7  masters.m2: 127.0.0.1 is, on every node, that node itself"),
        Arguments.of(
            "kind: Cluster",
            "domain: " + "a".repeat(50) + ".example.com",
            "cluster.yaml:2:9  domain: \"" + "a".repeat(50) + ".example.com\" is not a domain"),
        Arguments.of(
            "kind: Cluster\nname: demo",
            "domain: " + "a".repeat(49) + ".example.com\nname: demo",
            "cluster.yaml:7:7  masters.m1: m1." + "a".repeat(49) + ".example.com has 64"),
        Arguments.of(
            "pods: 10.244.0.0/16",
            "pods: 10.244.0.0/25",
            "cluster.yaml:12:17  network.pods: 10.244.0.0/25 is wider than /8 or narrower than"
                + " /22"),
        Arguments.of(
            "pods: 10.244.0.0/16",
            "pods: 32.0.0.0/5",
            "cluster.yaml:12:17  network.pods: 32.0.0.0/5 is wider than /8"),
        Arguments.of(
            "services: 10.96.0.0/12",
            "services: 11.0.0.0/8",
            "cluster.yaml:12:42  network.services: 11.0.0.0/8 is wider than /12"),
        Arguments.of(
            "services: 10.96.0.0/12",
            "services: 10.96.0.0/30",
            "cluster.yaml:12:42  network.services: 10.96.0.0/30 is wider than /12 or narrower"),
        Arguments.of(
            "kind: Cluster",
            "certificates: {validity: 999999d}",
            "cluster.yaml:2:26  certificates.validity: \"999999d\" is not a duration"),
        Arguments.of(
            "kind: Cluster",
            "apiServer: {secure-port: 8443}",
            "cluster.yaml:2:26  apiServer.secure-port: secure-port is set by Mainstay itself"),
        Arguments.of(
            "kind: Cluster",
            "kubelet: {cgroupDriver: cgroupfs}",
            "cluster.yaml:2:25  kubelet.cgroupDriver: cgroupDriver is set by Mainstay itself"),
        Arguments.of(
            "pods: 10.244.0.0/16",
            "pods: 10.244.0.0",
            "cluster.yaml:12:17  network.pods: \"10.244.0.0\" is not an IPv4 network"),
        Arguments.of(
            "pods: 10.244.0.0/16",
            "pods: 10.96.0.0/16",
            "cluster.yaml:12:41  network.services: the networks of pods (10.96.0.0/16) and services"
                + " (10.96.0.0/12) overlap"),
        Arguments.of(
            "pods: 10.244.0.0/16",
            "pods: 10.77.0.0/16",
            "cluster.yaml:12:17  network.pods: 10.77.0.0/16, the network of pods, contains"
                + " 10.77.0.11, the address of m1"),
        Arguments.of(
            "plugin: flannel",
            "plugin: calico",
            "cluster.yaml:12:64  network.plugin: \"calico\" is not a network plugin"),
        Arguments.of(
            "port: 2222",
            "port: 99999",
            "cluster.yaml:9:41  masters.m3.ssh.port: must be a whole number from 1 to 65535, not"
                + " \"99999\""),
        Arguments.of(
            "1.36.3",
            "1.36",
            "cluster.yaml:4:13  kubernetes: \"1.36\" is not a Kubernetes version"),
        Arguments.of(
            "1.36.3",
            "1.30.1",
            "cluster.yaml:4:13  kubernetes: Kubernetes 1.30.1 is not supported"),
        Arguments.of(
            "workers:\n  w1: 10.77.0.21",
            "workers: [10.77.0.21]",
            "cluster.yaml:10:10  workers: must be a mapping (key: value), not a list"),
        Arguments.of("  m1: 10", "\tm1: 10", "cluster.yaml:7:1  a tab where YAML wants spaces"),
        Arguments.of("name: demo", "name: [demo", "cluster.yaml:4:11  not YAML: "),
        Arguments.of("kind: Cluster", "kind: Pod", "cluster.yaml:2:7  kind: must be Cluster"),
        Arguments.of(
            "user: admin",
            "user: {a: b}",
            "cluster.yaml:5:13  ssh.user: must be text, not a mapping"),
        Arguments.of(
            "kind: Cluster",
            "certificates: {validity: a year}",
            "cluster.yaml:2:26  certificates.validity: \"a year\" is not a duration"),
        Arguments.of(
            "kind: Cluster",
            "certificates: {validity: 3s}",
            "cluster.yaml:2:26  certificates.validity: 3s is too short for a certificate"),
        Arguments.of(
            "kind: Cluster",
            "certificates: {validity: 20d, caValidity: 10d}",
            "cluster.yaml:2:26  certificates.validity: certificates would outlive the authorities"),
        Arguments.of(
            "kind: Cluster",
            "etcd: {backup: {every: daily}}",
            "cluster.yaml:2:24  etcd.backup.every: \"daily\" is not a duration"),
        Arguments.of(
            "kind: Cluster",
            "etcd: {backup: {every: 30s}}",
            "cluster.yaml:2:24  etcd.backup.every: 30s is too short between two backups"),
        Arguments.of(
            "kind: Cluster",
            "etcd: {backup: {keep: 0}}",
            "cluster.yaml:2:23  etcd.backup.keep: must be a whole number from 1 to 1000"),
        Arguments.of(
            "kind: Cluster",
            "etcd: {backups: {keep: 5}}",
            "cluster.yaml:2:8  etcd.backups: unknown key; did you mean \"backup\"?"),
        Arguments.of(
            "kind: Cluster",
            "certificates: {validty: 20d}",
            "cluster.yaml:2:16  certificates.validty: unknown key; did you mean \"validity\"?"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void saysWhereAndWhat(String good, String bad, String problem) {
    assertThat(GOOD).contains(good);
    Decoded decoded = decode(GOOD.replace(good, bad));
    assertThat(decoded.spec()).isEmpty();
    assertThat(decoded.problems())
        .anySatisfy(found -> assertThat(found.toString()).startsWith("/files/" + problem));
  }

  @Test
  void tellsAllProblemsInOneGo() {
    Decoded decoded =
        decode("name: Demo\nkubernetes: 2\nmasters: {m1: nowhere, m2: 10.0.0.1/24}\nworker: {}\n");
    assertThat(decoded.problems()).hasSizeGreaterThanOrEqualTo(5);
    assertThat(decoded.problems().toString())
        .contains(
            "cluster.yaml:1:7",
            "cluster.yaml:2:13",
            "masters.m1",
            "leave the prefix out",
            "did you mean \"workers\"?");
  }

  @Test
  void everyNodeNeedsItsPartOfThePodsNetwork() {
    String file = "name: a\nkubernetes: 1.36.3\nnetwork: {pods: 10.244.0.0/22}\nmasters: {%s}\n";
    String four = "m1: 10.0.0.1, m2: 10.0.0.2, m3: 10.0.0.3, m4: 10.0.0.4";
    assertThat(decode(file.formatted(four)).spec()).isPresent();
    assertThat(decode(file.formatted(four + ", m5: 10.0.0.5")).problems().toString())
        .contains("10.244.0.0/22 has room for 4 nodes, a /24 each; the file has 5");
  }

  @Test
  void warnsOfTheDomainOfServices() {
    Decoded decoded = decode(GOOD + "domain: k8s.cluster.local\n");
    assertThat(decoded.spec()).isPresent();
    assertThat(decoded.problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.what()).contains("cluster.local is the domain"));
    assertThat(decode(GOOD + "domain: my-cluster.local\n").problems()).isEmpty();
  }

  @Test
  void warnsOfAnEvenNumberOfMastersAndGoesOn() {
    Decoded decoded =
        decode("name: a\nkubernetes: 1.36.3\nmasters: {m1: 10.0.0.1, m2: 10.0.0.2}\n");
    assertThat(decoded.spec()).isPresent();
    assertThat(decoded.problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.isError()).isFalse();
          assertThat(problem.what()).contains("2 masters survive the loss of 0, as 1 would");
        });
  }

  @Test
  void saysWhatIsMissingFromAnEmptyFile() {
    assertThat(decode("").problems())
        .singleElement()
        .satisfies(p -> assertThat(p.advice()).contains("mainstay init"));
    assertThat(decode("{}\n").spec()).isEmpty();
    assertThat(decode("kind: Cluster\n").problems().toString())
        .contains("name is missing", "kubernetes is missing", "masters is missing");
  }

  @Test
  void passesSettingsThrough() {
    ComponentSettings settings =
        decode(
                GOOD
                    + "kubelet: {maxPods: 200, evictionHard: {memory.available: 5%}, failSwapOn:"
                    + " false}\n"
                    + "apiServer: {audit-log-maxage: 30}\n"
                    + "containerd: {registryMirrors: {docker.io: [https://mirror.example.com]}}\n")
            .spec()
            .orElseThrow()
            .settings();
    assertThat(settings.kubelet()).containsEntry("maxPods", 200).containsEntry("failSwapOn", false);
    assertThat(settings.apiServer()).containsEntry("audit-log-maxage", "30");
    assertThat(settings.containerd().registryMirrors())
        .containsEntry("docker.io", List.of("https://mirror.example.com"));
  }

  @Test
  void refusesRegistriesAndMirrorsThatCannotStandInPathsAndFiles() {
    String mirrors = GOOD + "containerd: {registryMirrors: {%s: ['%s']}}\n";
    for (String registry : List.of("docker.io", "r.example.com:5000", "_default")) {
      assertThat(decode(mirrors.formatted(registry, "https://m.example.com/v2?x=1")).problems())
          .isEmpty();
    }
    for (String registry : List.of("../docker.io", "a b", "https://docker.io", "..")) {
      assertThat(
              decode(mirrors.formatted("'" + registry + "'", "https://m.example.com")).problems())
          .extracting(Problem::what)
          .singleElement(STRING)
          .endsWith(": \"" + registry + "\" is not the host of a registry");
    }
    for (String url : List.of("m.example.com", "https://m.example.com\"]", "https://a b")) {
      assertThat(decode(mirrors.formatted("docker.io", url)).problems())
          .extracting(Problem::what)
          .singleElement(STRING)
          .endsWith(": \"" + url + "\" is not the URL of a mirror");
    }
  }

  @Test
  void certificatesLiveAsLongAsTheFileSays() {
    assertThat(decode(GOOD).spec().orElseThrow().certificates()).isEqualTo(CertificateSpec.DEFAULT);
    assertThat(
            decode(GOOD + "certificates: {validity: 6m, caValidity: 730d}\n")
                .spec()
                .orElseThrow()
                .certificates())
        .isEqualTo(new CertificateSpec(Duration.ofMinutes(6), Duration.ofDays(730)));
  }

  @Test
  void mastersBackUpEtcdUnlessTheFileSaysNever() {
    assertThat(decode(GOOD).spec().orElseThrow().etcdBackup())
        .isEqualTo(new EtcdBackupSpec(Optional.of(Duration.ofDays(1)), 3));
    assertThat(
            decode(GOOD + "etcd: {backup: {every: 6h, keep: 7}}\n")
                .spec()
                .orElseThrow()
                .etcdBackup())
        .isEqualTo(new EtcdBackupSpec(Optional.of(Duration.ofHours(6)), 7));
    assertThat(decode(GOOD + "etcd: {backup: {every: never}}\n").spec().orElseThrow().etcdBackup())
        .isEqualTo(new EtcdBackupSpec(Optional.empty(), 3));
  }

  @Test
  void saysThatAFileDoesNotExist() {
    assertThatThrownBy(() -> ClusterFile.read(Path.of("/nowhere/cluster.yaml"), Path.of("/")))
        .isInstanceOf(Failure.InvalidFile.class)
        .hasMessageContaining("/nowhere/cluster.yaml does not exist");
  }

  @Test
  void theSchemaKnowsEveryKeyOfTheFile() {
    for (List<String> keys :
        List.of(
            ClusterFile.TOP_KEYS,
            ClusterFile.SSH_KEYS,
            ClusterFile.JUMP_KEYS,
            ClusterFile.NODE_KEYS,
            ClusterFile.NETWORK_KEYS,
            ClusterFile.CONTAINERD_KEYS,
            ClusterFile.CERTIFICATE_KEYS,
            ClusterFile.ETCD_KEYS,
            ClusterFile.ETCD_BACKUP_KEYS)) {
      for (String key : keys) {
        assertThat(ClusterSchema.text()).contains("\"" + key + "\": {");
      }
    }
  }
}
