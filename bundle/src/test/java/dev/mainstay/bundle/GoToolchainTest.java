package dev.mainstay.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.KubernetesVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoToolchainTest {
  private static final Pins PINS = Pins.of(KubernetesVersion.DEFAULT);

  @TempDir private Path directory;

  @Test
  void ordersVersionsByNumber() {
    assertThat(
            List.of("go1.9", "go1.26.10", "go1.26", "go1.26.8", "devel").stream()
                .sorted(GoToolchain.COMPARE))
        .containsExactly("devel", "go1.9", "go1.26", "go1.26.8", "go1.26.10");
  }

  @Test
  void needsTheNewestGoOfAllComponents() {
    assertThat(GoToolchain.COMPARE.compare("go" + GoToolchain.required(PINS), "go1.26"))
        .isNotNegative();
  }

  @Test
  void refusesAnOldGoAndSaysHowToGetANewer() throws IOException {
    go("go1.22.1", "exit 1");

    assertThatThrownBy(() -> GoToolchain.find(PINS, environment()))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("bin/go: it is go1.22.1, but Kubernetes 1.36.3 needs go1.26")
        .hasMessageContaining("https://go.dev/dl")
        .hasMessageContaining("GOTOOLCHAIN=auto");
  }

  @Test
  void quotesWhatGoSaidWhenABuildFails() throws IOException, InterruptedException {
    go("go1.99.0", "echo k8s.io/some/package; echo 'x.go:3:1: syntax error'; exit 3");
    GoToolchain go = GoToolchain.find(PINS, environment());

    assertThatThrownBy(() -> build(go))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("crictl 1.36.0: go build exited 3:\nx.go:3:1: syntax error")
        .hasMessageContaining("check GOPROXY (https://mirror.example)");
  }

  @Test
  void keepsTheUsersMirrorAndNothingThatSwitchesChecksOff()
      throws IOException, InterruptedException {
    go("go1.99.0", "env > " + directory + "/seen; echo \"$@\" > " + directory + "/line");

    build(GoToolchain.find(PINS, environment()));

    assertThat(Files.readAllLines(directory.resolve("seen")))
        .contains("GOPROXY=https://mirror.example", "GOFLAGS=", "GOENV=off", "CGO_ENABLED=0")
        .noneMatch(line -> line.startsWith("GONOSUMDB") || line.startsWith("GOSUMDB"))
        .noneMatch(line -> line.startsWith("GOINSECURE") || line.startsWith("GOPRIVATE"));
    assertThat(Files.readString(directory.resolve("line")))
        .contains("-mod=readonly", "-trimpath", "tool");
  }

  @Test
  void takesOverNoSettingThatMakesOtherPrograms() throws IOException, InterruptedException {
    go("go1.99.0", "env > " + directory + "/seen");
    Map<String, String> user = new HashMap<>(environment());
    List<String> foreign =
        List.of("GOAMD64", "GOEXPERIMENT", "GOROOT", "CGO_CFLAGS", "CGO_LDFLAGS", "CGO_ENABLED");
    foreign.forEach(name -> user.put(name, "foreign"));
    user.putAll(Map.of("GOPATH", "/gopath", "GOTOOLCHAIN", "auto", "TMPDIR", "/var/tmp"));

    build(GoToolchain.find(PINS, user));

    assertThat(Files.readAllLines(directory.resolve("seen")))
        .contains("GOPATH=/gopath", "GOTOOLCHAIN=auto", "TMPDIR=/var/tmp", "GOMODCACHE=/m")
        .noneMatch(line -> line.endsWith("=foreign"));
  }

  private void build(GoToolchain go) throws IOException, InterruptedException {
    Path folder = Files.createDirectory(directory.resolve("work"));
    new Parts(BundleProgress.NONE)
        .run(
            "crictl",
            part -> {
              go.build(GoComponent.CRICTL, PINS, "amd64", folder, part);
              return folder;
            });
    assertThat(folder.resolve("go.sum")).hasBinaryContent(PINS.goSum("crictl"));
  }

  private Map<String, String> environment() {
    return Map.of(
        "PATH", directory.resolve("bin") + ":/usr/bin:/bin",
        "GOSUMDB", "off",
        "GONOSUMDB", "*",
        "GOINSECURE", "*",
        "GOPRIVATE", "*",
        "GOFLAGS", "-insecure");
  }

  /** A program that answers for Go, and does {@code build} when it is told to build. */
  private void go(String version, String build) throws IOException {
    Path bin = Files.createDirectory(directory.resolve("bin"));
    Path go = bin.resolve("go");
    Files.writeString(
        go,
        """
        #!/bin/sh
        if [ "$1" = env ]; then
          echo '{"GOVERSION":"%s","GOPROXY":"https://mirror.example","GOCACHE":"/c","GOMODCACHE":"/m"}'
        else
          %s
        fi
        """
            .formatted(version, build));
    Files.setPosixFilePermissions(go, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path gcc = bin.resolve("gcc");
    Files.writeString(gcc, "#!/bin/sh\n");
    Files.setPosixFilePermissions(gcc, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
