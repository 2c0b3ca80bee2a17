package dev.mainstay.cluster.endpoint;

import dev.mainstay.ssh.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what has no deadline of its own. */
final class Patience {
  private Patience() {}

  /**
   * What {@code opening} opens. Where it takes longer than {@code deadline}, it goes on by itself,
   * and what it opens after all is closed.
   */
  static Channel call(Duration deadline, Callable<Channel> opening)
      throws IOException, InterruptedException {
    CompletableFuture<Channel> opened = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("open")
        .start(() -> {
          try {
            Channel channel = opening.call();
            if (!opened.complete(channel)) {
              channel.close();
            }
          } catch (Exception failed) {
            opened.completeExceptionally(failed);
          }
        });
    try {
      boolean inTime = wait(opened, deadline);
      // lost where it was opened in the last moment, and then it is taken
      if (!inTime) {
        opened.completeExceptionally(
            new IOException("no connection within " + deadline.toMillis() + " ms"));
      }
      return opened.get();
    } catch (InterruptedException stopped) {
      if (!opened.completeExceptionally(stopped) && opened.state() == Future.State.SUCCESS) {
        opened.resultNow().close();
      }
      throw stopped;
    } catch (ExecutionException failed) {
      switch (failed.getCause()) {
        case RuntimeException cause -> throw cause;
        case IOException cause -> throw cause;
        case null, default -> throw new IOException(failed.getCause());
      }
    }
  }

  private static boolean wait(CompletableFuture<Channel> opened, Duration most)
      throws InterruptedException, ExecutionException {
    try {
      opened.get(most.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException late) {
      return false;
    }
  }
}
