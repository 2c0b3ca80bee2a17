package dev.mainstay.cli;

import dev.mainstay.cluster.endpoint.Change;
import dev.mainstay.cluster.endpoint.MasterState;
import dev.mainstay.model.NodeName;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

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
}
