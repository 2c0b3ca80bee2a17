package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaygroundLockTest {
  @TempDir Path folder;

  @Test
  void namesTheProcessThatHoldsIt() {
    try (PlaygroundLock _ = take(Duration.ZERO)) {
      assertThatThrownBy(() -> take(Duration.ZERO))
          .isInstanceOf(PlaygroundException.Busy.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid() + " ")
          .hasMessageContaining("the playground demo");
    }
  }

  @Test
  void leavesNothingBehind() {
    take(Duration.ZERO).close();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void takesOverFromADeadProcess() throws IOException {
    Path file = folder.resolve("mainstay-playground-demo");
    ProcessStamp own = ProcessStamp.ofThisProcess();
    // our own process id, but of a process that started at another time
    Files.writeString(file, new ProcessStamp(own.pid(), "1", own.boot()).toString());
    take(Duration.ofSeconds(5)).close();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void letsOneThreadInAtATime() {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int n = 0; n < 20; n++) {
        threads.execute(() -> {
          try (PlaygroundLock _ = take(Duration.ofSeconds(30))) {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            inside.decrementAndGet();
          }
        });
      }
    }
    assertThat(most).hasValue(1);
  }

  private PlaygroundLock take(Duration patience) {
    return PlaygroundLock.take(folder, "demo", "the playground demo", patience);
  }
}
