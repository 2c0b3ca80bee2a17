package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.ProcessMark;
import dev.mainstay.cluster.endpoint.Change;
import dev.mainstay.cluster.endpoint.MasterState;
import dev.mainstay.model.NodeName;
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
    ConnectCommand.forgetEnded(folder);
    assertThat(ended).doesNotExist();
    assertThat(others).allSatisfy(other -> assertThat(other).exists());
    ConnectCommand.forgetEnded(folder.resolve("none"));
  }
}
