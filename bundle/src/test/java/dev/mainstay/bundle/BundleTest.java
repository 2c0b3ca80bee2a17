package dev.mainstay.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.KubernetesVersion;
import dev.mainstay.model.Problem;
import dev.mainstay.model.Role;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {
  private static final Set<Role> ALL = EnumSet.allOf(Role.class);

  @TempDir private Path directory;

  @Test
  void isGoodWhenEachFileIsAsTheManifestSays() throws IOException {
    assertThat(bundle(binary("kubelet", ALL)).verify()).isEmpty();
  }

  @Test
  void tellsOfAllThatIsWrong() throws IOException {
    Bundle bundle =
        bundle(
            binary("changed", ALL), binary("longer", ALL), binary("lost", ALL), binary("x", ALL));
    Files.writeString(directory.resolve("bin/changed"), "Changed");
    Files.writeString(directory.resolve("bin/longer"), "longer!");
    Files.delete(directory.resolve("bin/lost"));

    assertThat(bundle.verify())
        .extracting(Problem::what)
        .satisfiesExactly(
            what -> assertThat(what).startsWith("its sha256 is "),
            what -> assertThat(what).isEqualTo("7 bytes, the manifest says 6"),
            what -> assertThat(what).isEqualTo("missing"));
    assertThat(bundle.verify()).allMatch(Problem::isError);
  }

  @Test
  void givesEachRoleAndDistributionItsOwn() throws IOException {
    Bundle bundle =
        bundle(
            binary("kubelet", ALL),
            binary("etcdctl", EnumSet.of(Role.MASTER)),
            debian("socat", "debian-12"),
            debian("socat", "debian-13"));

    assertThat(bundle.artifactsFor(Role.MASTER, "debian-12"))
        .extracting(Artifact::file)
        .containsExactly("bin/etcdctl", "bin/kubelet", "packages/debian-12/socat.deb");
    assertThat(bundle.artifactsFor(Role.WORKER, "debian-13"))
        .extracting(Artifact::file)
        .containsExactly("bin/kubelet", "packages/debian-13/socat.deb");
    assertThat(bundle.artifactsFor(Role.WORKER, "ubuntu-24.04"))
        .extracting(Artifact::file)
        .containsExactly("bin/kubelet");
  }

  @Test
  void isReadAsItWasWritten() throws IOException {
    Manifest manifest = manifest(binary("kubelet", ALL), debian("socat", "debian-12"));

    byte[] bytes = ManifestJson.write(manifest);

    assertThat(ManifestJson.read(bytes, "manifest.json")).isEqualTo(manifest);
  }

  @Test
  void hasADigestOverEachFile() throws IOException {
    Bundle bundle = bundle(binary("kubelet", ALL));
    String digest = bundle.digest();

    assertThat(Bundle.open(directory).digest()).isEqualTo(digest).matches("[0-9a-f]{64}");
    assertThat(bundle(binary("kubectl", ALL)).digest()).isNotEqualTo(digest);
  }

  @Test
  void saysWhereABundleIsMissed() {
    assertThatThrownBy(() -> Bundle.open(directory))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(directory + ": no bundle is there")
        .hasMessageContaining("mainstay bundle build");
  }

  @Test
  void refusesWhatIsNoManifest() throws IOException {
    for (String text :
        List.of("{", "[]", "{\"format\":2}", "{\"format\":1,\"kubernetes\":\"x\"}")) {
      Files.writeString(directory.resolve("manifest.json"), text);
      assertThatThrownBy(() -> Bundle.open(directory))
          .as(text)
          .isInstanceOf(BundleException.class)
          .hasMessageStartingWith(directory.resolve("manifest.json") + ": ");
    }
  }

  @Test
  void refusesPathsThatLeadOutOfIt() throws IOException {
    String good =
        new String(ManifestJson.write(manifest(binary("kubelet", ALL))), StandardCharsets.UTF_8);
    Files.writeString(
        directory.resolve("manifest.json"), good.replace("bin/kubelet", "../kubelet"));

    assertThatThrownBy(() -> Bundle.open(directory))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("not a path inside the bundle: ../kubelet");
  }

  private Bundle bundle(Artifact... artifacts) throws IOException {
    Files.write(directory.resolve("manifest.json"), ManifestJson.write(manifest(artifacts)));
    return Bundle.open(directory);
  }

  private static Manifest manifest(Artifact... artifacts) {
    return new Manifest(
        KubernetesVersion.DEFAULT, "amd64", Source.BUILD, "0123456789abcdef", List.of(artifacts));
  }

  private Artifact binary(String name, Set<Role> roles) throws IOException {
    return artifact(name, Kind.BINARY, "bin/" + name, "/usr/local/bin/" + name, roles, "");
  }

  private Artifact debian(String name, String distribution) throws IOException {
    String file = "packages/" + distribution + "/" + name + ".deb";
    return artifact(name, Kind.PACKAGE, file, "", ALL, distribution);
  }

  private Artifact artifact(
      String name, Kind kind, String path, String destination, Set<Role> roles, String distribution)
      throws IOException {
    Path file = directory.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, name);
    return new Artifact(
        name,
        "1",
        "amd64",
        Digests.of(file),
        Files.size(file),
        "a test",
        kind,
        path,
        destination,
        roles,
        distribution);
  }
}
