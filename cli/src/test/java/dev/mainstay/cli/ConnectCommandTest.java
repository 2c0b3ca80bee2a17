package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.ProcessMark;
import dev.mainstay.cluster.endpoint.Change;
import dev.mainstay.cluster.endpoint.MasterState;
import dev.mainstay.model.NodeName;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConnectCommandTest {
  private static final NodeName M2 = new NodeName("m2");
  private static final List<Change> CHANGES =
      List.of(
          new Change(M2, MasterState.DOWN, 2, "no TLS handshake within a second"),
          new Change(M2, MasterState.DOWN, 1, "Connection refused"),
          new Change(M2, MasterState.DOWN, 0, "Connection refused"),
          new Change(M2, MasterState.DRAINING, 0, "/readyz says 500"),
          new Change(M2, MasterState.READY, 0, ""));

  @Test
  void changesArePutInALineEach() {
    Golden.check(
        "text/connect.txt",
        CHANGES.stream()
            .map(change -> ConnectCommand.text(change) + "\n")
            .collect(Collectors.joining()));
    Golden.check(
        "json/connect.jsonl",
        CHANGES.stream()
            .map(change ->
                Json.line(ConnectCommand.document(change, Captured.CLOCK.instant())) + "\n")
            .collect(Collectors.joining()));
  }

  @Test
  void kubeconfigsOfProcessesThatEndedHereAreTakenAwayAndNoOthers(@TempDir Path folder)
      throws Exception {
    ProcessMark here = ProcessMark.ofThisProcess();
    Path ended =
        folder.resolve("%d.1.%s@%s.yaml".formatted(here.pid(), here.namespace(), here.host()));
    List<Path> others =
        List.of(
            folder.resolve(here + ".yaml"),
            folder.resolve("%d.1.%s@elsewhere.yaml".formatted(here.pid(), here.namespace())),
            folder.resolve("notes.yaml"));
    Files.createFile(ended);
    for (Path other : others) {
      Files.createFile(other);
    }
    ConnectCommand.forgetEnded(folder, System.err);
    assertThat(ended).doesNotExist();
    assertThat(others).allSatisfy(other -> assertThat(other).exists());
    ConnectCommand.forgetEnded(folder.resolve("none"), System.err);
  }

  /** As a process of this machine that was killed leaves it. */
  private static String left(String ended) {
    return """
    apiVersion: v1
    kind: Config
    current-context: demo-connect-6001
    contexts:
    - {name: prod, context: {cluster: prod, user: me}}
    - name: demo-connect-6001
      context:
        cluster: demo-connect-6001
        user: demo-connect-6001
        extensions:
        - name: mainstay.dev
          extension: {cluster: demo, authority: "sha256:1", process: %1$s, before: prod}
    users:
    - {name: me, user: {token: mine}}
    - name: demo-connect-6001
      user:
        client-key-data: S0VZ
        extensions:
        - name: mainstay.dev
          extension: {cluster: demo, authority: "sha256:1", process: %1$s}
    """
        .formatted(ended);
  }

  @Test
  void whatAProcessThatEndedHereMergedIsTakenOutOfThatFile(@TempDir Path folder) throws Exception {
    ProcessMark here = ProcessMark.ofThisProcess();
    String ended = "%d.1.%s@%s".formatted(here.pid(), here.namespace(), here.host());
    Path config = Files.writeString(folder.resolve("config"), "half: [written\n");
    Path connections = Files.createDirectory(folder.resolve("connect"));
    Path note = Files.writeString(connections.resolve(ended + ".merged"), config.toString());
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ConnectCommand.forgetEnded(connections, new PrintStream(said, true, StandardCharsets.UTF_8));
    assertThat(said.toString(StandardCharsets.UTF_8)).contains("is not YAML");
    assertThat(config).hasContent("half: [written\n");
    // the next one tries it again
    assertThat(note).exists();
    Files.writeString(config, left(ended));
    ConnectCommand.forgetEnded(connections, System.err);
    assertThat(Files.readString(config))
        .contains("current-context: prod", "token: mine")
        .doesNotContain("demo-connect-6001");
    assertThat(note).doesNotExist();
  }
}
