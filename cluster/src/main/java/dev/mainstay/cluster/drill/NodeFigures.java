package dev.mainstay.cluster.drill;

import dev.mainstay.cluster.drill.Sample.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a fault came to on one node, from a second before it until all was well again, or until
 * nobody looked any more.
 *
 * @param sent requests, on kept and on new connections
 * @param failed of these
 * @param slowest the longest that a request was waited for, failed ones too
 * @param slowestNew the same of those with a connection of their own
 * @param silence the longest time without an answer on kept connections
 * @param watchSilence the longest time without an event of the watch
 * @param watchesEnded how often a watch that had begun broke or was ended
 * @param down from the fault until the local proxy held the master down or draining; empty where it
 *     never did, or does not lead to it
 * @param back from the healing until it held it up again; empty where it never did, or where it was
 *     not healed
 */
public record NodeFigures(
    int sent,
    int failed,
    Duration slowest,
    Duration slowestNew,
    Duration silence,
    Duration watchSilence,
    int watchesEnded,
    Optional<Duration> down,
    Optional<Duration> back) {
  private static final Duration BEFORE = Duration.ofSeconds(1);

  /**
   * When what happened, since the drill began.
   *
   * @param target the short name of the master that was struck
   * @param healed when the fault was gone; empty where that was not seen
   * @param end when all was well, or where it did not come to that, when it was given up
   */
  public record Moments(String target, Duration struck, Optional<Duration> healed, Duration end) {}

  /** Adds up; samples and changes in the order of their moments. */
  public static NodeFigures of(List<Sample> samples, List<ProxyChange> changes, Moments moments) {
    Duration from = moments.struck().minus(BEFORE);
    List<Sample> within =
        samples.stream()
            .filter(one ->
                one.at().compareTo(from) >= 0
                    // what began before the end and was answered after it belongs to it
                    && one.at().minus(one.took()).compareTo(moments.end()) <= 0)
            .toList();
    List<Sample> requests = within.stream().filter(one -> one.kind() != Kind.EVENT).toList();
    return new NodeFigures(
        requests.size(),
        (int) requests.stream().filter(one -> !one.isWell()).count(),
        longest(requests),
        longest(requests.stream().filter(one -> one.kind() == Kind.NEW).toList()),
        silence(within, Kind.KEPT, from, moments.end()),
        silence(within, Kind.EVENT, from, moments.end()),
        (int) within.stream().filter(one -> one.kind() == Kind.EVENT && !one.isWell()).count(),
        first(changes, moments, moments.struck(), false),
        moments.healed().flatMap(healed -> first(changes, moments, healed, true)));
  }

  private static Duration longest(List<Sample> samples) {
    return samples.stream().map(Sample::took).max(Duration::compareTo).orElse(Duration.ZERO);
  }

  private static Duration silence(List<Sample> samples, Kind kind, Duration from, Duration until) {
    Duration longest = Duration.ZERO;
    Duration last = from;
    for (Sample one : samples) {
      if (one.kind() == kind && one.isWell()) {
        longest = max(longest, one.at().minus(last));
        last = one.at();
      }
    }
    return max(longest, until.minus(last));
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  private static Optional<Duration> first(
      List<ProxyChange> changes, Moments moments, Duration from, boolean up) {
    return changes.stream()
        .filter(change -> change.master().equals(moments.target()))
        .filter(change -> (change.state() == ProxyChange.State.UP) == up)
        .map(ProxyChange::at)
        .filter(at -> at.compareTo(from) >= 0)
        .findFirst()
        .map(at -> at.minus(from));
  }
}
