package dev.mainstay.cluster;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Mutable: looks that take as long as they take, one at a time at each thing that is looked at.
 * Whoever waits no longer leaves a look going on, and takes what it found when asking again; so
 * nothing piles up before a thing that does not answer, and nothing waits for it twice.
 */
final class Looks<K, V> {
  /** What was found so long ago tells nothing any more. */
  private static final Duration STALE = Duration.ofSeconds(10);

  private final Map<K, Look<V>> begun = new ConcurrentHashMap<>();

  private record Look<V>(CompletableFuture<V> found, long nanos) {
    boolean counts() {
      return !found.isDone() || System.nanoTime() - nanos < STALE.toNanos();
    }
  }

  /**
   * Begins to look at {@code thing}, unless an earlier look there goes on, or was not taken yet and
   * is not stale.
   */
  void begin(K thing, Callable<V> look) {
    begun.compute(
        thing,
        (_, earlier) -> {
          if (earlier != null && earlier.counts()) {
            return earlier;
          }
          CompletableFuture<V> found = new CompletableFuture<>();
          Thread.ofVirtual()
              .name("look")
              .start(() -> {
                try {
                  found.complete(look.call());
                } catch (Throwable failed) {
                  found.completeExceptionally(failed);
                }
              });
          return new Look<>(found, System.nanoTime());
        });
  }

  /**
   * What the look at {@code thing} found that was begun last. Waits until that one has gone on for
   * {@code patience}, and is empty where it still does.
   *
   * @throws RuntimeException what the look threw
   */
  Optional<V> take(K thing, Duration patience) throws InterruptedException {
    Look<V> look = begun.get(thing);
    if (look == null) {
      return Optional.empty();
    }
    long left = patience.toNanos() - (System.nanoTime() - look.nanos());
    try {
      V found = look.found().get(Math.max(0, left), TimeUnit.NANOSECONDS);
      begun.remove(thing);
      return Optional.of(found);
    } catch (TimeoutException late) {
      return Optional.empty();
    } catch (ExecutionException failed) {
      begun.remove(thing);
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(failed.getCause());
    }
  }
}
