package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.ComponentSettings;
import dev.mainstay.model.ComponentSettings.ContainerdSettings;
import dev.mainstay.model.EtcdBackupSpec;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.ObjectMapper;

/** What goes to hosts, as golden files. */
final class RenderedFilesTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 1);
  private static final ClusterSpec SET =
      Fixture.spec(
          1,
          1,
          new ComponentSettings(
              Map.of("maxPods", 200),
              Map.of("audit-log-maxage", "30", "shutdown-delay-duration", "9s"),
              new ComponentSettings.ContainerdSettings(
                  Map.of("docker.io", List.of("https://one.example", "https://two.example")))));
  private static final KubeadmConfig.HostTraits MODERN = new KubeadmConfig.HostTraits(false, true);
  private static final KubeadmConfig.HostTraits OLD = new KubeadmConfig.HostTraits(true, false);
  private static final String TOKEN = "abcdef.0123456789abcdef";

  private static NodeSpec node(String name) {
    return Fixture.node(SPEC, name);
  }

  private static void yaml(String name, String text) {
    List<Object> documents = new ArrayList<>();
    new Load(LoadSettings.builder().build()).loadAllFromString(text).forEach(documents::add);
    assertThat(documents).isNotEmpty().allMatch(document -> document instanceof Map);
    Golden.check(name, text);
  }

  @Test
  void proxyOfEachNodeInEachMode() {
    for (ProxyConfig.Mode mode : ProxyConfig.Mode.values()) {
      HostFile file = ProxyConfig.render(SPEC, node("m2"), mode, ProxyTimeouts.NEAR);
      assertThat(file.path()).isEqualTo("/etc/mainstay/haproxy.cfg");
      Golden.check("haproxy/master-" + mode + ".cfg", file.content());
    }
    Golden.check(
        "haproxy/worker-OTHERS.cfg",
        proxy(node("w1"), ProxyConfig.Mode.OTHERS, ProxyTimeouts.NEAR));
  }

  private static String proxy(NodeSpec node, ProxyConfig.Mode mode, ProxyTimeouts timeouts) {
    return ProxyConfig.render(SPEC, node, mode, timeouts).content();
  }

  @Test
  void aProxyThatIsFarFromAMasterHasMorePatience() {
    for (ProxyTimeouts timeouts : List.of(ProxyTimeouts.FAR, ProxyTimeouts.REMOTE)) {
      Golden.check(
          "haproxy/worker-OTHERS-" + timeouts + ".cfg",
          proxy(node("w1"), ProxyConfig.Mode.OTHERS, timeouts));
    }
  }

  @Test
  void aMasterThatLeadsToItselfIsNearWhereverTheOthersAre() {
    for (ProxyConfig.Mode mode : List.of(ProxyConfig.Mode.SELF, ProxyConfig.Mode.BOOTSTRAP)) {
      assertThat(proxy(node("m2"), mode, ProxyTimeouts.REMOTE))
          .isEqualTo(proxy(node("m2"), mode, ProxyTimeouts.NEAR));
    }
  }

  @Test
  void aConfigurationTellsItsTimeouts() {
    for (ProxyTimeouts timeouts : ProxyTimeouts.values()) {
      String config = proxy(node("w1"), ProxyConfig.Mode.OTHERS, timeouts);
      assertThat(ProxyConfig.timeouts(config)).isEqualTo(timeouts);
    }
    assertThat(ProxyConfig.timeouts("")).isEqualTo(ProxyTimeouts.NEAR);
  }

  @Test
  void aProxyThatLeadsToOthersNeverLeadsToItself() {
    assertThat(proxy(node("m2"), ProxyConfig.Mode.OTHERS, ProxyTimeouts.NEAR))
        .contains("m1.demo.internal:6443", "m3.demo.internal:6443")
        .doesNotContain("m2.demo.internal");
  }

  @Test
  void theHealthPortIsOpenToManyNodesInLinesThatHaproxyReads() {
    String config =
        ProxyConfig.render(
                Fixture.spec(3, 55), node("m2"), ProxyConfig.Mode.SELF, ProxyTimeouts.NEAR)
            .content();
    List<String> lines = config.lines().filter(line -> line.contains("acl node src ")).toList();
    assertThat(lines).allMatch(line -> line.length() < 2000 && line.split(" ", -1).length < 60);
    assertThat(String.join(" ", lines)).contains(" w1.demo.internal ", " w55.demo.internal");
  }

  @Test
  void ofManyNodesEachAsksLessOften() {
    assertThat(worker(163)).contains(" check inter 200ms ");
    assertThat(worker(1000)).contains(" check inter 1300ms ", " agent-inter 6500ms ");
  }

  /** The proxy's configuration of a worker among {@code workers} and three masters. */
  private static String worker(int workers) {
    List<NodeSpec> nodes = new ArrayList<>(SPEC.masters());
    for (int i = 0; i < workers; i++) {
      nodes.add(Fixture.node("w" + i, Role.WORKER, "10.78.%d.%d".formatted(i / 250, 1 + i % 250)));
    }
    return ProxyConfig.render(
            Fixture.spec(nodes, ComponentSettings.NONE),
            nodes.getLast(),
            ProxyConfig.Mode.OTHERS,
            ProxyTimeouts.NEAR)
        .content();
  }

  @Test
  void kubeadmInit() {
    yaml("kubeadm/init.yaml", KubeadmConfig.init(SPEC, node("m1"), MODERN));
    yaml("kubeadm/init-old-host.yaml", KubeadmConfig.init(SPEC, node("m1"), OLD));
    yaml("kubeadm/init-settings.yaml", KubeadmConfig.init(SET, Fixture.node(SET, "m1"), MODERN));
  }

  @Test
  void kubeadmRenewal() {
    yaml("kubeadm/renewal.yaml", KubeadmConfig.renewal(SPEC, node("m2")));
    yaml(
        "kubeadm/renewal-short.yaml",
        KubeadmConfig.renewal(Fixture.withValidity(SPEC, Duration.ofMinutes(6)), node("m2")));
  }

  @Test
  void kubeadmJoin() {
    yaml("kubeadm/join-master.yaml", KubeadmConfig.join(SPEC, node("m2"), MODERN, TOKEN));
    yaml("kubeadm/join-worker.yaml", KubeadmConfig.join(SPEC, node("w1"), MODERN, TOKEN));
    yaml("kubeadm/join-worker-old-host.yaml", KubeadmConfig.join(SPEC, node("w1"), OLD, TOKEN));
    yaml("kubeadm/discovery.conf", KubeadmConfig.discovery(SPEC, "Q0E=", TOKEN));
  }

  /** Steps of several hosts run side by side, and each renders its own. */
  @Test
  void kubeadmFilesRenderedAtTheSameTimeAreThoseRenderedAlone() {
    String renewal = KubeadmConfig.renewal(SPEC, node("m2"));
    String join = KubeadmConfig.join(SPEC, node("w1"), MODERN, TOKEN);
    assertThat(
            IntStream.range(0, 20_000)
                .parallel()
                .mapToObj(turn ->
                    turn % 2 == 0
                        ? KubeadmConfig.renewal(SPEC, node("m2"))
                        : KubeadmConfig.join(SPEC, node("w1"), MODERN, TOKEN))
                .distinct())
        .containsExactlyInAnyOrder(renewal, join);
  }

  @Test
  void filesOfAMaster() {
    files("master", SPEC, "m1", ProxyConfig.Mode.SELF);
  }

  @Test
  void filesOfAWorkerWithSettings() {
    files("worker", SET, "w1", ProxyConfig.Mode.OTHERS);
  }

  private static void files(String folder, ClusterSpec spec, String name, ProxyConfig.Mode mode) {
    List<HostFile> files =
        HostFiles.of(
            spec,
            Fixture.node(spec, name),
            FakeHost.of(spec, name).facts(),
            Fixture.ID,
            Optional.of(Fixture.PAUSE),
            mode);
    assertThat(files).extracting(HostFile::path).isSorted().doesNotHaveDuplicates();
    StringBuilder index = new StringBuilder();
    for (HostFile file : files) {
      index.append(file.mode()).append(' ').append(file.path()).append('\n');
      assertThat(file.content()).endsWith("\n");
      if (file.path().equals(ProxyConfig.PATH)) {
        continue;
      }
      if (file.path().endsWith(".yaml")) {
        yaml("files/" + folder + file.path(), file.content());
      } else {
        Golden.check("files/" + folder + file.path(), file.content());
      }
    }
    Golden.check("files/" + folder + "/index", index.toString());
  }

  @Test
  void everyFileIsAmongThoseThatAnObservationAsksFor() {
    for (String name : List.of("m1", "w1")) {
      assertThat(
              HostFiles.of(
                  SPEC,
                  node(name),
                  FakeHost.of(SPEC, name).facts(),
                  Fixture.ID,
                  Optional.of(Fixture.PAUSE),
                  ProxyConfig.Mode.OTHERS))
          .extracting(HostFile::path)
          .isSubsetOf(HostFiles.PATHS);
    }
  }

  @Test
  void nothingOnAHostIsBoundToAnAddress() {
    for (HostFile file :
        HostFiles.of(
            SPEC,
            node("m1"),
            FakeHost.of(SPEC, "m1").facts(),
            Fixture.ID,
            Optional.of(Fixture.PAUSE),
            ProxyConfig.Mode.SELF)) {
      assertThat(file.content()).doesNotContain("10.77.");
    }
  }

  @Test
  void hostsBlock() {
    Golden.check(
        "hosts",
        new HostsFile("127.0.0.1 localhost\n127.0.1.1 m1\n")
            .withBlock(HostsBlock.of(SPEC), 1)
            .text());
  }

  @Test
  void networkManifests(@TempDir Path folder) {
    List<String> manifests = NetworkManifests.of(SPEC, Fixture.bundle(folder));
    assertThat(manifests).hasSize(1);
    assertThat(manifests.getFirst()).doesNotContain("@");
    yaml("flannel.yaml", manifests.getFirst());
  }

  @Test
  void theDescriptionKnowsItself(@TempDir Path folder) {
    ClusterDescription description = Fixture.description(SPEC, Fixture.bundle(folder));
    String stored = Fixture.api(SPEC, Fixture.bundle(folder)).description();
    assertThat(description.isStoredIn(stored, Fixture.ID)).isTrue();
    assertThat(description.isStoredIn(stored, Fixture.FRESH_ID)).isFalse();
    assertThat(description.isStoredIn("", Fixture.ID)).isFalse();
    assertThat(description.isStoredIn("{torn", Fixture.ID)).isFalse();
    assertThat(description.hasNetworkOf(stored)).isTrue();
    assertThat(new ClusterDescription(SPEC, List.of("other")).hasNetworkOf(stored)).isFalse();
    String founding =
        new ObjectMapper()
            .readTree(description.foundingManifest(Fixture.ID, SPEC.masters().getFirst()))
            .path("data")
            .path("cluster.json")
            .asString("");
    assertThat(description.isStoredIn(founding, Fixture.ID)).isFalse();
    assertThat(description.hasNetworkOf(founding)).isFalse();
    assertThat(description.madeOtherwise(founding)).isEmpty();
    assertThat(ClusterDescription.nodesIn(founding, SshSpec.DEFAULT))
        .extracting(node -> node.name().value())
        .containsExactly("m1");
    assertThat(
            new ClusterDescription(
                    Fixture.spec(
                        SPEC.nodes(),
                        new ComponentSettings(
                            Map.of("maxPods", 9), Map.of(), ContainerdSettings.NONE)),
                    List.of())
                .madeOtherwise(founding))
        .singleElement(STRING)
        .startsWith("kubelet: {maxPods=9}");
    yaml("description.json", description.manifest(Fixture.ID) + "\n");
  }

  @Test
  void linesOfFilesAreWhatTheScriptsRead() {
    assertThat(new HostFile("/etc/x", "600", "h\u00e9\n").line())
        .isEqualTo("600 /etc/x aMOpCg==\n");
    assertThat(new HostFile("/etc/x", "600", "").sha256())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  @Test
  void aMasterBacksUpItsEtcdAsOftenAsTheFileSays() {
    for (HostFile file :
        EtcdBackupFiles.of(new EtcdBackupSpec(Optional.of(Duration.ofHours(6)), 7))) {
      Golden.check(
          "etcd/" + file.path().substring(file.path().lastIndexOf('/') + 1), file.content());
    }
    assertThat(EtcdBackupFiles.of(new EtcdBackupSpec(Optional.empty(), 7)))
        .hasSize(3)
        .allMatch(HostFile::isAbsent);
  }
}
