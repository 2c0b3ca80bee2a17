package dev.mainstay.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/** Does the same to many, side by side on virtual threads. */
public final class FanOut {
  private FanOut() {}

  /**
   * Applies {@code task} to every item, at most {@code window} at a time.
   *
   * @return one result an item, in the items' order
   * @throws RuntimeException the first one that a task threw, once all tasks have ended
   */
  public static <T, R> List<R> map(Collection<T> items, int window, Function<T, R> task)
      throws InterruptedException {
    Semaphore permits = new Semaphore(window);
    List<Future<R>> futures = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (T item : items) {
        futures.add(
            executor.submit(() -> {
              permits.acquire();
              try {
                return task.apply(item);
              } finally {
                permits.release();
              }
            }));
      }
    }
    // then the executor has stopped the tasks, and what they threw says nothing else
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    List<R> results = new ArrayList<>();
    for (Future<R> future : futures) {
      try {
        results.add(future.get());
      } catch (ExecutionException failed) {
        if (failed.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException(failed.getCause());
      }
    }
    return results;
  }
}
