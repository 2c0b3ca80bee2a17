package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.cluster.Kubeconfig;
import dev.mainstay.model.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KubeconfigCommandTest {
  /** Of a cluster that is called demo, as far as it matters here. */
  private static Kubeconfig ofAuthority(String authority) {
    Map<String, String> mark = Map.of("cluster", "demo", "authority", authority);
    return new Kubeconfig(
        Map.of(
            "clusters",
            List.of(
                Map.of(
                    "name",
                    "demo-m1",
                    "cluster",
                    Map.of(
                        "extensions",
                        List.of(Map.of("name", "mainstay.dev", "extension", mark)))))));
  }

  @Test
  void aFileOfAnotherClusterOfTheSameNameIsLeftAsItIs(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("admin.conf");
    KubeconfigCommand.lay(file, ofAuthority("sha256:1"));
    String first = Files.readString(file);
    assertThat(first).contains("sha256:1");
    assertThatThrownBy(() -> KubeconfigCommand.lay(file, ofAuthority("sha256:2")))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("admin.conf is of another cluster of the same name")
        .hasMessageContaining("clusters demo-m1");
    assertThat(file).hasContent(first);
    KubeconfigCommand.lay(file, ofAuthority("sha256:1"));
    assertThat(file).hasContent(first);
  }
}
