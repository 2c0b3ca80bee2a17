package dev.mainstay.cluster;

import dev.mainstay.cluster.RunDrill.Listener;
import dev.mainstay.cluster.RunDrill.View;
import dev.mainstay.cluster.drill.Stopwatch;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Mutable: tells a listener how it looks several times a second, whatever else is waited for, and
 * in between what happens.
 */
final class Commentary implements AutoCloseable {
  private static final Duration TICK = Duration.ofMillis(250);

  private final Listener listener;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  private Commentary(Listener listener, Stopwatch stopwatch, Function<Duration, List<View>> views) {
    this.listener = listener;
    this.thread = Thread.ofVirtual().name("commentary").unstarted(() -> run(stopwatch, views));
  }

  /**
   * Begins.
   *
   * @param views how it looks at a moment, a view a node
   */
  static Commentary start(
      Listener listener, Stopwatch stopwatch, Function<Duration, List<View>> views) {
    Commentary commentary = new Commentary(listener, stopwatch, views);
    commentary.thread.start();
    return commentary;
  }

  private void run(Stopwatch stopwatch, Function<Duration, List<View>> views) {
    try {
      do {
        Duration now = stopwatch.now();
        looks(now, views.apply(now));
      } while (!closed.await(TICK.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException stopped) {
      // nobody listens any more
    }
  }

  private synchronized void looks(Duration at, List<View> views) {
    listener.looks(at, views);
  }

  synchronized void happened(Duration at, String what) {
    listener.happened(at, what);
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      thread.join();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
