package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
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
    deadLock();
    take(Duration.ofSeconds(5)).close();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void takesOverWhereWhoDidSoBeforeDiedHalfWay() throws IOException {
    Path marker = deadLock();
    Files.createFile(marker);
    Files.setLastModifiedTime(marker, FileTime.from(Instant.now().minusSeconds(11)));
    take(Duration.ofSeconds(5)).close();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void leavesADeadLockToWhomeverIsBreakingIt() throws IOException {
    Path marker = Files.createFile(deadLock());
    assertThatThrownBy(() -> take(Duration.ZERO)).isInstanceOf(PlaygroundException.Busy.class);
    assertThat(marker).exists();
  }

  @Test
  void keepsLocksWhereNobodyElseCanPutOne() throws IOException {
    Path made = folder.resolve("run/mainstay");
    PlaygroundLock.take(made, "demo", "the playground demo", Duration.ZERO).close();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
        .isEqualTo("rwx------");
  }

  /** Leaves the lock of a process that is no more; returns where the marker for it would be. */
  private Path deadLock() throws IOException {
    ProcessStamp own = ProcessStamp.ofThisProcess();
    // our own process id, but of a process that started at another time
    Files.writeString(
        folder.resolve("mainstay-playground-demo"),
        new ProcessStamp(own.pid(), "1", own.boot()).toString());
    return folder.resolve("mainstay-playground-demo-dead-" + own.pid());
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
