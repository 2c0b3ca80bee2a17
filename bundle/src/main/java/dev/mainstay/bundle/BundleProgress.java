package dev.mainstay.bundle;

import java.time.Duration;
import java.util.List;

/** Hears how far the making of a bundle is. Called from several threads, never at the same time. */
public interface BundleProgress {
  /** The total of a part that cannot be told before its end, such as a compilation. */
  long UNKNOWN = -1;

  /** Hears nothing. */
  BundleProgress NONE = (part, done, total, elapsed) -> {};

  /**
   * A part began ({@code done} is 0), went on, or ended ({@code done} equals {@code total}).
   *
   * @param part the part's name, the same in each call about it
   * @param done bytes so far
   * @param total bytes in the end, or {@link #UNKNOWN}
   * @param elapsed since the part began
   */
  void part(String part, long done, long total, Duration elapsed);

  /** All parts ended well: how long each took, in the order in which they began. */
  default void finished(List<PartTime> parts) {}
}
