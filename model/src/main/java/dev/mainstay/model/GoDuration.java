package dev.mainstay.model;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as Kubernetes writes them, which is Go's way: {@code 8760h}, {@code 1h30m}, {@code
 * 45s}; and, beyond Go, whole days: {@code 365d}.
 */
public final class GoDuration {
  private static final Pattern PARTS =
      Pattern.compile("(?:(\\d{1,6})d)?(?:(\\d{1,8})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})s)?");

  // Go counts nanoseconds in 64 bits, which hold 292 years
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private GoDuration() {}

  /** The duration that {@code text} says; empty where it says none of at most 100 years. */
  public static Optional<Duration> parse(String text) {
    Matcher parts = PARTS.matcher(text);
    if (text.isEmpty() || !parts.matches()) {
      return Optional.empty();
    }
    return Optional.of(
            Duration.ofDays(number(parts, 1))
                .plusHours(number(parts, 2))
                .plusMinutes(number(parts, 3))
                .plusSeconds(number(parts, 4)))
        .filter(duration -> duration.compareTo(LONGEST) <= 0);
  }

  private static long number(Matcher parts, int group) {
    String digits = parts.group(group);
    return digits == null ? 0 : Long.parseLong(digits);
  }

  /** As Go itself can read it, in whole seconds: {@code 8760h}, {@code 1h30m}, {@code 45s}. */
  public static String text(Duration duration) {
    StringBuilder text = new StringBuilder();
    if (duration.toHours() > 0) {
      text.append(duration.toHours()).append('h');
    }
    if (duration.toMinutesPart() > 0) {
      text.append(duration.toMinutesPart()).append('m');
    }
    if (duration.toSecondsPart() > 0 || text.isEmpty()) {
      text.append(duration.toSecondsPart()).append('s');
    }
    return text.toString();
  }
}
