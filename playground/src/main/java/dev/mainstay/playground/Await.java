package dev.mainstay.playground;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what the kernel or a host does in its own time, and tells nobody about. */
final class Await {
  private static final Duration INTERVAL = Duration.ofMillis(20);

  private Await() {}

  /** Whether {@code condition} came to hold before {@code limit} was over. */
  static boolean until(Duration limit, BooleanSupplier condition) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      try {
        Thread.sleep(INTERVAL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new PlaygroundException("interrupted", e);
      }
    }
    return true;
  }
}
