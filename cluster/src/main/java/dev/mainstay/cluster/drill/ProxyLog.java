package dev.mainstay.cluster.drill;

import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.LineOutput;
import dev.mainstay.ssh.RemoteCommand;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Mutable: follows what one node's local proxy says of the masters, as it says it. */
public final class ProxyLog implements AutoCloseable {
  private static final Duration LONGEST = Duration.ofHours(2);
  private static final Duration BEGINNING = Duration.ofMinutes(1);
  private static final Duration ENDING = Duration.ofSeconds(5);

  private final Stopwatch stopwatch;
  private final List<ProxyChange> changes = new ArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final CountDownLatch began = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  private ProxyLog(Stopwatch stopwatch) {
    this.stopwatch = stopwatch;
  }

  /**
   * Begins to follow, and returns once the node does.
   *
   * @param script prints a first line when it begins, then the proxy's log as it comes, until its
   *     input ends
   * @throws Failure.Failed if the node does not begin within a minute
   */
  public static ProxyLog follow(Host host, String script, Stopwatch stopwatch)
      throws InterruptedException {
    return follow(host, script, stopwatch, BEGINNING);
  }

  static ProxyLog follow(Host host, String script, Stopwatch stopwatch, Duration beginning)
      throws InterruptedException {
    ProxyLog log = new ProxyLog(stopwatch);
    RemoteCommand command = new RemoteCommand(script, List.of(), log::inputUntilClosed, LONGEST);
    Thread.ofVirtual()
        .name("proxy-log-" + host.node().name())
        .start(() -> {
          try {
            host.run(command, new LineOutput(log::said));
          } catch (Failure lost) {
            // the node is the drill's victim, or was lost: what it said until then counts
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
          } finally {
            log.began.countDown();
            log.ended.countDown();
          }
        });
    if (!log.began.await(beginning.toMillis(), TimeUnit.MILLISECONDS)) {
      log.closed.countDown();
      throw new Failure.Failed(
          host.label()
              + ": the log of its local proxy was asked for, and nothing came for "
              + beginning.toSeconds()
              + " s",
          "nothing was broken yet; mainstay status shows how it is");
    }
    return log;
  }

  /** What was said so far, in order. */
  public List<ProxyChange> changes() {
    synchronized (changes) {
      return List.copyOf(changes);
    }
  }

  private void inputUntilClosed(OutputStream out) {
    try {
      closed.await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void said(String line) {
    began.countDown();
    ProxyChange.parse(stopwatch.now(), line)
        .ifPresent(change -> {
          synchronized (changes) {
            changes.add(change);
          }
        });
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      boolean _ = ended.await(ENDING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
