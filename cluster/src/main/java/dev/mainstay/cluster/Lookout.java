package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Mutable: keeps asking how the cluster is while a fault lasts, so that the fault goes when more is
 * lost than what the drill took.
 *
 * <p>One bad answer proves nothing: while etcd elects a leader no member is healthy and the API may
 * be silent. Two in a row do.
 */
final class Lookout implements AutoCloseable {
  private static final Duration ENDING = Duration.ofSeconds(1);
  private static final Duration PERIOD = Duration.ofSeconds(3);
  // what is asked on the host gives up after 5 s itself; a host that is gone says nothing at all
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int PROOF = 2;

  private final Set<String> notReady = new TreeSet<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private Optional<Thread> thread = Optional.empty();
  private int bad;
  private Optional<Failure> danger = Optional.empty();

  /** Asks {@code master} every three seconds until it is closed. */
  static Lookout start(Observe observe, NodeSpec master) {
    Lookout lookout = new Lookout();
    lookout.thread =
        Optional.of(Thread.ofVirtual().name("lookout").start(() -> lookout.run(observe, master)));
    return lookout;
  }

  private void run(Observe observe, NodeSpec master) {
    try {
      do {
        saw(master, observe.ask(master, PATIENCE));
      } while (!closed.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException done) {
      // the fault is over
    }
  }

  /** Takes in what {@code master} answered; empty where it did not. */
  synchronized void saw(NodeSpec master, Optional<ClusterApi> answer) {
    answer.ifPresent(api ->
        api.nodes().stream()
            .filter(node -> !node.ready())
            .forEach(node -> notReady.add(node.name())));
    boolean well = answer.map(api -> new Quorum(api.members()).isThere()).orElse(false);
    bad = well ? 0 : bad + 1;
    if (bad >= PROOF && danger.isEmpty()) {
      danger =
          Optional.of(
              new Failure.Failed(
                  answer.isEmpty()
                      ? master.name() + ", which was not struck, no longer answers at its API"
                      : "etcd has lost its majority: more is gone than what was struck",
                  "the fault was ended at once; mainstay status shows what is still missing"));
    }
  }

  /** Why the fault must not last any longer; empty while it may. */
  synchronized Optional<Failure> danger() {
    return danger;
  }

  /** The full names of the nodes that were not Ready at some time. */
  synchronized Set<String> notReady() {
    return new TreeSet<>(notReady);
  }

  @Override
  public void close() {
    closed.countDown();
    // an answer that is waited for tells nothing any more
    thread.ifPresent(Thread::interrupt);
    try {
      if (thread.isPresent()) {
        // healing must not wait for a connection that does not end
        boolean _ = thread.get().join(ENDING);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
