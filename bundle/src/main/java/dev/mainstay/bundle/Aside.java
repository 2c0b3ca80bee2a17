package dev.mainstay.bundle;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Mutable: work on another thread beside this one's. When this one leaves early, the other is
 * interrupted and waited for, so that nothing works on in files that are being removed.
 */
final class Aside<T> implements AutoCloseable {
  private final FutureTask<T> task;
  private final Thread thread;

  private Aside(Callable<T> work) {
    this.task = new FutureTask<>(work);
    this.thread = Thread.ofVirtual().start(task);
  }

  static <T> Aside<T> start(Callable<T> work) {
    return new Aside<>(work);
  }

  /** Throws the work's failure, if it failed already. */
  void check() throws IOException, InterruptedException {
    if (task.isDone()) {
      result();
    }
  }

  /** Waits for the work's result; its failure is thrown here. */
  T result() throws IOException, InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException failure -> throw failure;
        case InterruptedException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    if (!task.isDone()) {
      thread.interrupt();
    }
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        thread.interrupt();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
