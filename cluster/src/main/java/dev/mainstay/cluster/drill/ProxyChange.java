package dev.mainstay.cluster.drill;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a local proxy said of a master.
 *
 * @param at when, since the drill began
 * @param master its short name
 */
public record ProxyChange(Duration at, String master, State state) {
  // as HAProxy logs it:
  // https://www.haproxy.com/documentation/haproxy-configuration-tutorials/alerts-and-monitoring/logging/
  private static final Pattern LINE =
      Pattern.compile("Server masters/([a-z0-9-]+) is (UP|DOWN|stopping)\\b");

  /** How a proxy holds a master. */
  public enum State {
    UP,
    DOWN,
    /** It gets no new connections. */
    DRAINING
  }

  /** Reads one line of a proxy's log; empty where it says nothing of a master's state. */
  static Optional<ProxyChange> parse(Duration at, String line) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.find() || matcher.group(1).startsWith("last-")) {
      return Optional.empty();
    }
    State state =
        switch (matcher.group(2)) {
          case "UP" -> State.UP;
          case "DOWN" -> State.DOWN;
          default -> State.DRAINING;
        };
    return Optional.of(new ProxyChange(at, matcher.group(1), state));
  }
}
