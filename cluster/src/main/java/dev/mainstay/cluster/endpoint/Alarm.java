package dev.mainstay.cluster.endpoint;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Mutable: closes what somebody waits at when its time is over, which wakes them by an exception.
 * It also says when it was late itself: then this machine slept or was starved, and the silence
 * says nothing about the other side.
 */
final class Alarm implements AutoCloseable {
  private static final Duration LATE = Duration.ofMillis(500);

  private final Thread thread;
  private volatile boolean rang;
  private volatile boolean late;

  private Alarm(Duration after, Runnable close, InstantSource clock) {
    // by two clocks: one stands still while a laptop sleeps, the other one can be set
    long due = System.nanoTime() + after.toNanos();
    Instant dueByWall = clock.instant().plus(after);
    thread =
        Thread.ofVirtual()
            .name("alarm")
            .unstarted(() -> {
              try {
                Thread.sleep(after);
              } catch (InterruptedException inTime) {
                return;
              }
              late =
                  System.nanoTime() - due > LATE.toNanos()
                      || clock.instant().isAfter(dueByWall.plus(LATE));
              rang = true;
              close.run();
            });
  }

  static Alarm after(Duration time, Runnable close) {
    return after(time, close, InstantSource.system());
  }

  static Alarm after(Duration time, Runnable close, InstantSource clock) {
    Alarm alarm = new Alarm(time, close, clock);
    alarm.thread.start();
    return alarm;
  }

  boolean rang() {
    return rang;
  }

  boolean wasLate() {
    return late;
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
