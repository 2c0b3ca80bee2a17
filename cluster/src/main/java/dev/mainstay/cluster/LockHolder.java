package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.LineOutput;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * Mutable: the lock on one master, as far as this end of the connection knows. Only the script that
 * took it answers beats ({@code lock.sh}), and it goes on for 30 s after the last that reached it:
 * so an answer proves that nobody else had the lock from the beginning until 30 s after that beat
 * was sent.
 */
final class LockHolder {
  private static final Duration BEAT = Duration.ofSeconds(5);
  private static final Duration FIRST_WORD = Duration.ofMinutes(1);
  private static final Duration ENDING = Duration.ofSeconds(10);
  private static final Duration LONGEST_RUN = Duration.ofDays(1);

  /** How long ago the last answered beat may have been sent; the rest of the 30 s is for asking. */
  private static final Duration FRESH = Duration.ofSeconds(15);

  private final Host host;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final CompletableFuture<String> firstWord = new CompletableFuture<>();
  private final CompletableFuture<Output> end = new CompletableFuture<>();
  private final Semaphore due = new Semaphore(0);
  private final Queue<Moment> unanswered = new ArrayDeque<>();
  private Optional<Moment> proven = Optional.empty();
  private volatile boolean released;

  /** By two clocks: one stands still while a laptop sleeps, the other one can be set. */
  private record Moment(long nanos, Instant wall) {}

  /**
   * Asks for the lock on {@code host}.
   *
   * @param nanoTime as {@link System#nanoTime}
   */
  static LockHolder start(Host host, String owner, InstantSource clock, LongSupplier nanoTime) {
    LockHolder holder = new LockHolder(host, clock, nanoTime);
    holder.sending();
    Thread.ofVirtual().name("lock-" + host.node().name()).start(() -> holder.run(owner));
    return holder;
  }

  private LockHolder(Host host, InstantSource clock, LongSupplier nanoTime) {
    this.host = host;
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  private void run(String owner) {
    try {
      Output output =
          host.run(
              new RemoteCommand(Scripts.script("lock"), List.of(owner), this::beat, LONGEST_RUN),
              new LineOutput(this::said));
      end.complete(output);
      firstWord.complete("exit " + output.exit());
    } catch (Throwable lost) {
      // whatever it is: somebody waits for the first word
      end.completeExceptionally(lost);
      firstWord.completeExceptionally(lost);
    }
  }

  /**
   * What the master said first: {@code locked}, else who has the lock, or {@code exit N}.
   *
   * @throws Failure.Unreachable if it was lost, or said nothing
   */
  String firstWord() throws InterruptedException {
    try {
      return firstWord.get(FIRST_WORD.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException silent) {
      release();
      throw new Failure.Unreachable(
          host.label()
              + ": asked for the lock, it said nothing for "
              + FIRST_WORD.toSeconds()
              + " s",
          "does the host still do anything? Then run the same command again",
          true);
    } catch (ExecutionException lost) {
      if (lost.getCause() instanceof Failure failure) {
        throw failure;
      }
      throw new IllegalStateException(lost.getCause());
    }
  }

  /** Whether nobody else can have the lock on this master yet. */
  synchronized boolean isSure() {
    return !hasEnded() && proven.map(this::isFresh).orElse(false);
  }

  /** Whether the connection that held it is gone, and with it the lock. */
  boolean hasEnded() {
    return end.isDone();
  }

  /** Sends a beat now: its answer comes as soon as it can. */
  void ask() {
    due.release();
  }

  /** Gives the lock up; does not wait. */
  void release() {
    released = true;
    due.release();
  }

  /** Until the master let go, or for ten seconds. */
  void awaitEnd() {
    end.handle((output, lost) -> true)
        .completeOnTimeout(false, ENDING.toSeconds(), TimeUnit.SECONDS)
        .join();
  }

  private void beat(OutputStream out) throws IOException {
    try {
      while (!released) {
        boolean _ = due.tryAcquire(BEAT.toSeconds(), TimeUnit.SECONDS);
        if (!released) {
          sending();
          out.write('\n');
          out.flush();
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Before it is sent: it may take its time. */
  private synchronized void sending() {
    unanswered.add(new Moment(nanoTime.getAsLong(), clock.instant()));
  }

  /** Each line answers the earliest beat that has no answer yet; the first one the question. */
  private synchronized void said(String line) {
    Moment sent = unanswered.poll();
    if (sent != null) {
      proven = Optional.of(sent);
    }
    firstWord.complete(line);
  }

  private boolean isFresh(Moment sent) {
    return nanoTime.getAsLong() - sent.nanos() < FRESH.toNanos()
        && Duration.between(sent.wall(), clock.instant()).compareTo(FRESH) < 0;
  }
}
