package dev.mainstay.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.KubernetesVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PinsTest {
  static List<KubernetesVersion> versions() {
    return Pins.versions();
  }

  @Test
  void haveTheVersionThatInitProposes() {
    assertThat(BundleBuild.versions()).contains(KubernetesVersion.DEFAULT).isSorted();
  }

  @ParameterizedTest
  @MethodSource("versions")
  void nameEveryComponent(KubernetesVersion version) {
    Pins pins = Pins.of(version);

    assertThat(pins.modules().keySet()).containsExactlyInAnyOrderElementsOf(GoComponent.names());
    assertThat(pins.module("kubernetes")).isEqualTo(version.toString());
    assertThat(version.isSupported()).isTrue();
  }

  @ParameterizedTest
  @MethodSource("versions")
  void agreeWithTheGoModules(KubernetesVersion version) {
    Pins pins = Pins.of(version);
    for (GoComponent component : GoComponent.values()) {
      String pinned = component.module() + " v" + pins.module(component.component());
      assertThat(text(pins.goMod(component.component())))
          .as(component.component() + "'s go.mod")
          .containsPattern("(?m)^(require |\t)" + pinned.replace(".", "\\.") + "( |$)");
      assertThat(text(pins.goSum(component.component())))
          .as(component.component() + "'s go.sum")
          .contains(pinned + " h1:", pinned + "/go.mod h1:");
    }
  }

  @ParameterizedTest
  @MethodSource("versions")
  void compileEveryProgramThatABundleHas(KubernetesVersion version) {
    Pins pins = Pins.of(version);
    Contents.binaries().stream()
        .forEach(binary ->
            assertThat(tools(pins, binary.component())).anyMatch(t -> isTool(t, binary.name())));
    assertThat(tools(pins, "kubernetes"))
        .contains(
            "k8s.io/kubernetes/cmd/kube-apiserver",
            "k8s.io/kubernetes/cmd/kube-controller-manager",
            "k8s.io/kubernetes/cmd/kube-scheduler",
            "k8s.io/kubernetes/cmd/kube-proxy");
  }

  @ParameterizedTest
  @MethodSource("versions")
  void takeKubernetesOwnLibrariesFromTheSameRelease(KubernetesVersion version) {
    String library = " v0." + version.minor() + "." + version.patch();
    Stream<String> replaced =
        text(Pins.of(version).goMod("kubernetes")).lines().filter(line -> line.contains("=>"));

    assertThat(replaced.toList()).hasSizeGreaterThan(25).allMatch(line -> line.endsWith(library));
  }

  @ParameterizedTest
  @MethodSource("versions")
  void nameImagesAsKubeadmDoes(KubernetesVersion version) {
    Pins pins = Pins.of(version);

    assertThat(pins.image("coredns")).isEqualTo("v" + pins.module("coredns"));
    assertThat(pins.image("etcd")).matches(pins.module("etcd").replace(".", "\\.") + "-\\d+");
    assertThat(pins.image("pause")).matches("\\d+\\.\\d+(\\.\\d+)?");
  }

  @ParameterizedTest
  @MethodSource("versions")
  void haveAKeyForEachSource(KubernetesVersion version) {
    Pins pins = Pins.of(version);

    assertThat(pins.key(Source.BUILD)).matches("[0-9a-f]{16}").isNotEqualTo(pins.key(Source.FETCH));
    assertThat(pins.key(Source.BUILD)).isEqualTo(Pins.of(version).key(Source.BUILD));
  }

  @Test
  void sayWhichVersionsThereAre() {
    assertThatThrownBy(() -> Pins.of(new KubernetesVersion(1, 2, 3)))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("Kubernetes 1.2.3: this Mainstay has no pinned versions for it")
        .hasMessageContaining("choose one of")
        .hasMessageContaining("1.36.3");
  }

  private static List<String> tools(Pins pins, String component) {
    String mod = text(pins.goMod(component));
    return mod.substring(mod.indexOf("\ntool"))
        .lines()
        .map(line -> line.replaceFirst("^tool ", "").strip())
        .filter(line -> line.contains("/") && !line.contains(" "))
        .toList();
  }

  private static boolean isTool(String tool, String program) {
    String path = tool.replaceFirst("/v\\d+$", "");
    return path.substring(path.lastIndexOf('/') + 1).equals(program);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
