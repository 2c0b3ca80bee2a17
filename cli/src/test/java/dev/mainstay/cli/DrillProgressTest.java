package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.RunDrill.View;
import dev.mainstay.cluster.drill.ProxyChange;
import dev.mainstay.model.NodeName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DrillProgressTest {
  private final Captured captured;
  private final DrillProgress progress;

  DrillProgressTest(@TempDir Path folder) {
    captured = Captured.in(folder);
    progress = new DrillProgress(captured.session().terminal(), false);
  }

  private void looks(long at, long changed, ProxyChange.State state) {
    progress.looks(
        Duration.ofMillis(at),
        List.of(
            new View(
                new NodeName("w1"),
                10,
                0,
                Duration.ZERO,
                Optional.of(new ProxyChange(Duration.ofMillis(changed), "m2", state)))));
  }

  @Test
  void whatAProxySaysIsToldOnceAndAtItsOwnMoment() {
    looks(5_250, 5_080, ProxyChange.State.DOWN);
    looks(5_500, 5_080, ProxyChange.State.DOWN);
    looks(9_750, 9_510, ProxyChange.State.UP);
    assertThat(captured.err())
        .isEqualTo(
            """
                5.1 s  seen from w1: down
                9.5 s  seen from w1: up again
            """);
  }
}
