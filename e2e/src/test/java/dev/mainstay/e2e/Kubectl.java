package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.bundle.BundleCache;
import dev.mainstay.model.KubernetesVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The bundle's kubectl, run on this machine as administrators do. */
final class Kubectl {
  private static final Path BINARY =
      BundleCache.ofUser(System.getenv())
          .find(KubernetesVersion.DEFAULT)
          .orElseThrow()
          .directory()
          .resolve("bin")
          .resolve("kubectl");

  private final Path kubeconfig;

  Kubectl(Path kubeconfig) {
    this.kubeconfig = kubeconfig;
  }

  /** What a call came to. */
  record Called(int exit, String said, Duration took) {}

  /** A call that goes on; what it says goes to a file. */
  record Going(Process process, Path said) {
    String text() {
      try {
        return Files.readString(said);
      } catch (IOException broken) {
        throw new UncheckedIOException(broken);
      }
    }

    void stop() {
      process.destroy();
    }
  }

  Going start(String... arguments) {
    List<String> line = new ArrayList<>(List.of(BINARY.toString()));
    line.addAll(List.of("--kubeconfig", kubeconfig.toString()));
    line.addAll(List.of(arguments));
    try {
      Path said = Files.createTempFile("kubectl-e2e", ".out");
      said.toFile().deleteOnExit();
      ProcessBuilder builder =
          new ProcessBuilder(line)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectErrorStream(true)
              .redirectOutput(said.toFile());
      builder.environment().put("KUBECACHEDIR", said.resolveSibling("kubectl-e2e").toString());
      return new Going(builder.start(), said);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  Called tryCall(String... arguments) {
    long start = System.nanoTime();
    Going going = start(arguments);
    try {
      if (!going.process().waitFor(60, TimeUnit.SECONDS)) {
        going.process().destroyForcibly();
        throw new AssertionError("kubectl hangs: " + String.join(" ", arguments));
      }
      return new Called(
          going.process().exitValue(), going.text(), Duration.ofNanos(System.nanoTime() - start));
    } catch (InterruptedException interrupted) {
      going.process().destroyForcibly();
      throw new AssertionError("interrupted", interrupted);
    }
  }

  /** What it prints; it must succeed. */
  String call(String... arguments) {
    Called called = tryCall(arguments);
    assertThat(called.exit()).as("%s: %s", String.join(" ", arguments), called.said()).isZero();
    return called.said();
  }
}
