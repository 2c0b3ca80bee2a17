package dev.mainstay.cluster.endpoint;

import java.time.Duration;

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

  private Alarm(Duration after, Runnable close) {
    long due = System.nanoTime() + after.toNanos();
    thread =
        Thread.ofVirtual()
            .name("alarm")
            .unstarted(() -> {
              try {
                Thread.sleep(after);
              } catch (InterruptedException inTime) {
                return;
              }
              late = System.nanoTime() - due > LATE.toNanos();
              rang = true;
              close.run();
            });
  }

  static Alarm after(Duration time, Runnable close) {
    Alarm alarm = new Alarm(time, close);
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
