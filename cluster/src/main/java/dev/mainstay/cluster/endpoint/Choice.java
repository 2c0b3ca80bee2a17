package dev.mainstay.cluster.endpoint;

import java.util.Comparator;
import java.util.List;

/** Which masters a new connection tries, and in which order. */
final class Choice {
  private Choice() {}

  /**
   * A master as far as the choice goes.
   *
   * @param sessions how many connections it has, with those that are being made
   * @param lastChosen when it was chosen last, counted in choices; 0 for never
   */
  record Candidate<T>(T master, MasterState state, int sessions, long lastChosen) {}

  /**
   * All of them, the best first: ready ones, then draining ones, then those that look down, for all
   * that is seen of them may be wrong. Among equals the one with the fewest connections, then the
   * one that was chosen the longest ago, then as given.
   */
  static <T> List<T> order(List<Candidate<T>> candidates) {
    return candidates.stream()
        .sorted(
            Comparator.<Candidate<T>, MasterState>comparing(Candidate::state)
                .thenComparingInt(Candidate::sessions)
                .thenComparingLong(Candidate::lastChosen))
        .map(Candidate::master)
        .toList();
  }
}
