package dev.mainstay.cluster.drill;

import java.time.Duration;

/**
 * One thing that a client on a node saw.
 *
 * @param at when it ended, since the drill began
 * @param took how long it was waited for; of an event, since the event before it
 * @param failure why it failed; empty for what went well
 */
public record Sample(Kind kind, Duration at, Duration took, String failure) {
  /** What a client does. */
  public enum Kind {
    /** A request on a connection that is kept. */
    KEPT,
    /** A request with a connection of its own. */
    NEW,
    /** An event of a watch, or the end of one that had begun. */
    EVENT
  }

  public boolean isWell() {
    return failure.isEmpty();
  }
}
