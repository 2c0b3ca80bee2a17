package dev.mainstay.cli;

import dev.mainstay.engine.StopSignal;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Mutable: while it is open, Ctrl-C and SIGTERM ask the work to stop, and the process waits until
 * it has: until this is closed.
 */
final class OnInterrupt implements AutoCloseable {
  private final StopSignal stop;
  private final CountDownLatch ended = new CountDownLatch(1);

  /**
   * Begins to listen.
   *
   * @param stop what the work has to look at
   * @param saying what the user is told then
   * @param patience how long the process waits at the most
   */
  OnInterrupt(Terminal terminal, StopSignal stop, String saying, Duration patience) {
    this.stop = stop;
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> stopAndWait(terminal, saying, patience), "interrupt"));
  }

  private void stopAndWait(Terminal terminal, String saying, Duration patience) {
    if (ended.getCount() == 0) {
      return;
    }
    stop.request();
    terminal.err().println("\n" + saying);
    try {
      boolean _ = ended.await(patience.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException killed) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
  }
}
