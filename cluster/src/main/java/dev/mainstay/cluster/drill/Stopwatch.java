package dev.mainstay.cluster.drill;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Time since the drill began.
 *
 * @param nanoTime a clock that only goes forward
 * @param start what it showed at the beginning
 */
public record Stopwatch(LongSupplier nanoTime, long start) {
  public static Stopwatch start(LongSupplier nanoTime) {
    return new Stopwatch(nanoTime, nanoTime.getAsLong());
  }

  public Duration now() {
    return Duration.ofNanos(nanoTime.getAsLong() - start);
  }
}
