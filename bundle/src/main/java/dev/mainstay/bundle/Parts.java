package dev.mainstay.bundle;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Mutable: the parts of one making of a bundle, and their times. Safe for several threads. */
final class Parts {
  /** A report more often than this tells nobody anything. */
  private static final long REPORT_NANOS = Duration.ofMillis(200).toNanos();

  private final BundleProgress progress;
  private final List<Part> parts = new ArrayList<>();

  Parts(BundleProgress progress) {
    this.progress = progress;
  }

  /** Work that gives {@code bytes} when it is done. */
  @FunctionalInterface
  interface Work<T> {
    T run(Part part) throws IOException, InterruptedException;
  }

  /** Mutable: one part. */
  final class Part {
    private final String name;
    private final long began = System.nanoTime();
    private long reported = began;
    private long done;
    private long total = BundleProgress.UNKNOWN;
    private Duration time = Duration.ZERO;

    private Part(String name) {
      this.name = name;
    }

    /** What the part will give, if that is known before. */
    void expect(long bytes) {
      synchronized (Parts.this) {
        total = bytes;
      }
    }

    /** {@code bytes} more are there; negative when some have to be done again. */
    void add(long bytes) {
      synchronized (Parts.this) {
        done += bytes;
        long now = System.nanoTime();
        if (now - reported >= REPORT_NANOS) {
          reported = now;
          progress.part(name, done, total, elapsed());
        }
      }
    }

    private Duration elapsed() {
      return Duration.ofNanos(System.nanoTime() - began);
    }
  }

  /** Runs {@code work} as the part {@code name}. */
  <T> T run(String name, Work<T> work) throws IOException, InterruptedException {
    Part part;
    synchronized (this) {
      part = new Part(name);
      parts.add(part);
      progress.part(name, 0, BundleProgress.UNKNOWN, Duration.ZERO);
    }
    T result = work.run(part);
    synchronized (this) {
      part.time = part.elapsed();
      progress.part(name, part.done, part.done, part.time);
    }
    return result;
  }

  /** Tells that all parts ended well. */
  synchronized void finish() {
    progress.finished(
        parts.stream().map(part -> new PartTime(part.name, part.time, part.done)).toList());
  }
}
