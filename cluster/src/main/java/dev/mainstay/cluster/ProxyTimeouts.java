package dev.mainstay.cluster;

import java.time.Duration;

/**
 * How long a local proxy waits for masters, by the round trip to the farthest: a pure function of
 * what was measured and of what is in force, so that a second look changes nothing. The measured
 * settings of a local network hold up to 50 ms; beyond, with T for the longest round trip of the
 * class:
 *
 * <pre>
 * connect, check   2.5 T: one way there and back, and as much again and a half for jitter. Also
 *                  what a probe's connection may take, so that inter is not below it
 * tcp-ut           4 T + 300 ms: a lost segment is sent again after T + 200 ms, is acknowledged
 *                  after another T, and half of all that may be jitter
 * </pre>
 *
 * A master in a black hole is noticed after {@code inter + 3 connect + 2 fastinter}.
 */
enum ProxyTimeouts {
  NEAR(50, 250, 200, 500),
  FAR(150, 375, 400, 900),
  REMOTE(400, 1000, 1000, 1900);

  private final Duration limit;
  private final Duration connect;
  private final Duration interval;
  private final Duration unacknowledged;

  /** All in milliseconds. */
  ProxyTimeouts(int limit, int connect, int interval, int unacknowledged) {
    this.limit = Duration.ofMillis(limit);
    this.connect = Duration.ofMillis(connect);
    this.interval = Duration.ofMillis(interval);
    this.unacknowledged = Duration.ofMillis(unacknowledged);
  }

  /** The longest round trip that these are made for. */
  Duration limit() {
    return limit;
  }

  /** What a connection to a master may take, and a probe's answer on it. */
  Duration connect() {
    return connect;
  }

  /** The least time between two probes of a living master. */
  Duration interval() {
    return interval;
  }

  /** How long what was sent to a master may go unacknowledged. */
  Duration unacknowledged() {
    return unacknowledged;
  }

  /** Those that the host's proxy has now; {@code NEAR} where its configuration names none. */
  static ProxyTimeouts inForce(RoundTrips seen) {
    for (ProxyTimeouts each : values()) {
      if (seen.assumed().filter(each.limit::equals).isPresent()) {
        return each;
      }
    }
    return NEAR;
  }

  /**
   * Those that the host's proxy should have. They grow as soon as a master is too far for those in
   * force. They shrink only once all masters answer within a quarter of what the next smaller are
   * made for: a line that is slower at noon than at night reloads no proxy twice a day.
   */
  static ProxyTimeouts of(RoundTrips seen) {
    ProxyTimeouts now = inForce(seen);
    if (seen.farthest().isEmpty()) {
      return now;
    }
    Duration farthest = seen.farthest().get();
    boolean tooFar = farthest.compareTo(now.limit) > 0;
    boolean muchNearer = seen.isWhole() && farthest.multipliedBy(4).compareTo(now.lower()) < 0;
    return tooFar || muchNearer ? smallest(farthest) : now;
  }

  /** The limit of the next smaller ones; zero where there are none. */
  private Duration lower() {
    return switch (this) {
      case NEAR -> Duration.ZERO;
      case FAR -> NEAR.limit;
      case REMOTE -> FAR.limit;
    };
  }

  private static ProxyTimeouts smallest(Duration roundTrip) {
    for (ProxyTimeouts each : values()) {
      if (roundTrip.compareTo(each.limit) <= 0) {
        return each;
      }
    }
    return REMOTE;
  }
}
