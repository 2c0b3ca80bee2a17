package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.bundle.BundleException;
import dev.mainstay.model.KubernetesVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BundleSupplyTest {
  private static final BundleSupply.Way BUILD =
      (version, progress) -> {
        throw new BundleException("bundle build", "it was begun", "");
      };

  @TempDir Path home = Path.of("");

  @Test
  void saysWhyNothingCouldBeFetchedAndBuilds() {
    Captured captured = Captured.in(home);
    BundleSupply supply =
        new BundleSupply(
            captured.session(),
            (version, progress) -> {
              throw new BundleException.Unreachable(
                  "https://upstream.example/kubeadm", "no answer", "check the network");
            },
            BUILD);

    assertThatThrownBy(() -> supply.forPlayground(KubernetesVersion.DEFAULT))
        .hasMessageContaining("it was begun");
    assertThat(captured.err())
        .contains(
            """
            https://upstream.example/kubeadm: no answer
                check the network
            upstream's releases cannot be had here; building the bundle from source
            """);
  }

  @Test
  void buildsNothingWhereThisMachineIsWhyTheFetchFailed() throws IOException {
    Captured captured = Captured.in(home);
    // what the bundle would be written under is a file
    Files.createFile(home.resolve("cache"));

    assertThatThrownBy(
            () -> new BundleSupply(captured.session()).forPlayground(KubernetesVersion.DEFAULT))
        .isInstanceOf(BundleException.class)
        .hasMessageStartingWith("bundle fetch: ");
    assertThat(captured.err()).doesNotContain("from source");
  }
}
