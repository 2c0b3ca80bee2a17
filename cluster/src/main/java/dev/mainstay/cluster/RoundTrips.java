package dev.mainstay.cluster;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How far a host is from the masters, itself left out.
 *
 * @param farthest the round trip to the farthest master that answered; empty where none did
 * @param isWhole whether every one answered
 * @param assumed the round trip that the host's proxy configuration names; empty where it names
 *     none
 */
record RoundTrips(Optional<Duration> farthest, boolean isWhole, Optional<Duration> assumed) {
  /** Of a host that was asked for none. */
  static final RoundTrips NONE = new RoundTrips(Optional.empty(), true, Optional.empty());

  /**
   * Reads what {@code observe.sh} printed.
   *
   * @param asked the masters' addresses
   * @param trips {@code ADDRESS MICROSECONDS} for each try; of one master the fastest counts
   * @param classes the milliseconds of the configuration, if it names them
   * @throws IllegalArgumentException if a number is none
   */
  static RoundTrips parse(List<String> asked, List<String> trips, List<String> classes) {
    Map<String, Long> best = new HashMap<>();
    for (String trip : trips) {
      int space = trip.indexOf(' ');
      if (space < 0) {
        throw new IllegalArgumentException("no round trip: " + trip);
      }
      best.merge(trip.substring(0, space), Long.parseLong(trip.substring(space + 1)), Math::min);
    }
    Set<String> silent = new HashSet<>(asked);
    silent.removeAll(best.keySet());
    return new RoundTrips(
        best.values().stream()
            .max(Long::compare)
            .map(micros -> Duration.ofNanos(Math.multiplyExact(micros, 1000L))),
        silent.isEmpty(),
        classes.stream().findFirst().map(millis -> Duration.ofMillis(Long.parseLong(millis))));
  }
}
