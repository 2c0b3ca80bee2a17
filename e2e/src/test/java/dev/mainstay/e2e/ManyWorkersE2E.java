package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.e2e.Program.Result;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import dev.mainstay.playground.HostOptions;
import dev.mainstay.playground.PlaygroundProgress;
import dev.mainstay.playground.PlaygroundSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Twenty workers that join in one run, one of which is off. */
@Tag("long")
final class ManyWorkersE2E {
  private static final Cluster CLUSTER = new Cluster("many");
  private static final int JOINING = 20;

  @BeforeAll
  static void makeCluster() {
    CLUSTER.down();
    CLUSTER.playground.up(PlaygroundSpec.DEFAULT.withWorkers(1), PlaygroundProgress.SILENT);
    CLUSTER.applyTwice();
  }

  @AfterAll
  static void removeHosts() {
    CLUSTER.down();
  }

  @Test
  void theyAllJoinButTheOneThatIsOffWhichTheNextApplyJoins() throws IOException {
    Path file = CLUSTER.playground.clusterFile();
    StringBuilder lines = new StringBuilder();
    for (int number = 2; number < 2 + JOINING; number++) {
      NodeName name = new NodeName("w" + number);
      CLUSTER.playground.add(Role.WORKER, name, HostOptions.DEFAULT);
      lines.append("  ").append(CLUSTER.playground.line(name).strip()).append('\n');
    }
    Files.writeString(file, Files.readString(file).stripTrailing() + "\n" + lines);
    NodeName off = new NodeName("w9");
    CLUSTER.playground.stop(off);
    Result joined = CLUSTER.mainstay("apply", "--yes", "--accept-new-host-keys", "-o", "json");
    System.out.printf(
        "e2e: %d workers joined in %.1f s%n", JOINING - 1, joined.elapsed().toMillis() / 1000.0);
    assertThat(joined.exit()).as(joined.toString()).isEqualTo(1);
    // nothing failed but that one
    assertThat(joined.err()).contains("w9 (").doesNotContain("  failed", "skipped");
    assertThat(CLUSTER.kubectl("get nodes --no-headers").lines())
        .hasSize(3 + 1 + JOINING - 1)
        .allMatch(line -> line.contains(" Ready "));
    CLUSTER.playground.start(off);
    Result rest = CLUSTER.mainstay("apply", "--yes", "--accept-new-host-keys", "-o", "json");
    assertThat(rest.exit()).as(rest.toString()).isZero();
    CLUSTER.applyChangesNothing();
    assertThat(CLUSTER.isHealthy().path("nodes").size()).isEqualTo(3 + 1 + JOINING);
    assertThat(CLUSTER.kubectl("get nodes --no-headers").lines())
        .hasSize(3 + 1 + JOINING)
        .allMatch(line -> line.contains(" Ready "));
  }
}
