package dev.mainstay.cluster.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.drill.NodeFigures.Moments;
import dev.mainstay.cluster.drill.ProxyChange.State;
import dev.mainstay.cluster.drill.Sample.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class NodeFiguresTest {
  private static final Moments MOMENTS =
      new Moments("m2", millis(10_000), Optional.of(millis(20_000)), millis(25_000));

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  private static Sample kept(long at, long took) {
    return new Sample(Kind.KEPT, millis(at), millis(took), "");
  }

  /** An answer every 100 ms but between the two moments. */
  private static List<Sample> silentBetween(long from, long until) {
    List<Sample> samples = new ArrayList<>();
    for (long at = 0; at <= 30_000; at += 100) {
      if (at <= from || at >= until) {
        samples.add(kept(at, 2));
        samples.add(new Sample(Kind.EVENT, millis(at + 1), millis(100), ""));
      }
    }
    return samples;
  }

  @Test
  void silenceIsTheLongestTimeWithoutAnAnswer() {
    NodeFigures figures = NodeFigures.of(silentBetween(10_000, 10_900), List.of(), MOMENTS);
    assertThat(figures.silence()).isEqualTo(millis(900));
    assertThat(figures.watchSilence()).isEqualTo(millis(900));
    assertThat(figures.failed()).isZero();
  }

  @Test
  void silenceThatNeverEndsCountsUntilTheEnd() {
    NodeFigures figures = NodeFigures.of(silentBetween(10_000, 99_000), List.of(), MOMENTS);
    assertThat(figures.silence()).isEqualTo(millis(15_000));
  }

  @Test
  void failedRequestsAreNoAnswers() {
    List<Sample> samples =
        List.of(
            kept(9_500, 2),
            new Sample(Kind.KEPT, millis(12_000), millis(2_000), "reset"),
            new Sample(Kind.NEW, millis(12_500), millis(300), "refused"),
            new Sample(Kind.EVENT, millis(12_600), millis(100), "the watch ended"),
            kept(13_000, 5));
    NodeFigures figures = NodeFigures.of(samples, List.of(), MOMENTS);
    assertThat(figures.sent()).isEqualTo(4);
    assertThat(figures.failed()).isEqualTo(2);
    assertThat(figures.watchesEnded()).isEqualTo(1);
    assertThat(figures.slowest()).isEqualTo(millis(2_000));
    assertThat(figures.slowestNew()).isEqualTo(millis(300));
    assertThat(figures.silence()).isEqualTo(millis(12_000));
  }

  @Test
  void whatWasBeforeAndAfterDoesNotCount() {
    List<Sample> samples =
        List.of(
            new Sample(Kind.NEW, millis(5_000), millis(4_000), "before"),
            kept(9_100, 2),
            new Sample(Kind.NEW, millis(26_000), millis(900), "after"));
    NodeFigures figures = NodeFigures.of(samples, List.of(), MOMENTS);
    assertThat(figures.sent()).isEqualTo(1);
    assertThat(figures.failed()).isZero();
  }

  @Test
  void aProxySaysWhenItHeldTheTargetDownAndUpAgain() {
    List<ProxyChange> changes =
        List.of(
            new ProxyChange(millis(9_000), "m2", State.DOWN),
            new ProxyChange(millis(9_500), "m2", State.UP),
            new ProxyChange(millis(10_100), "m1", State.DOWN),
            new ProxyChange(millis(10_700), "m2", State.DOWN),
            new ProxyChange(millis(22_000), "m2", State.UP));
    NodeFigures figures = NodeFigures.of(List.of(), changes, MOMENTS);
    assertThat(figures.down()).contains(millis(700));
    assertThat(figures.back()).contains(millis(2_000));
    assertThat(NodeFigures.of(List.of(), List.of(), MOMENTS).down()).isEmpty();
  }

  @Test
  void afterAFaultThatWasNotHealedNothingComesBack() {
    Moments moments = new Moments("m2", millis(10_000), Optional.empty(), millis(25_000));
    List<ProxyChange> changes =
        List.of(
            new ProxyChange(millis(10_700), "m2", State.DOWN),
            new ProxyChange(millis(22_000), "m2", State.UP));
    NodeFigures figures = NodeFigures.of(silentBetween(10_000, 99_000), changes, moments);
    assertThat(figures.back()).isEmpty();
    assertThat(figures.down()).contains(millis(700));
    assertThat(figures.silence()).isEqualTo(millis(15_000));
  }

  @Test
  void aProxysLogIsRead() {
    Duration at = millis(5);
    assertThat(
            ProxyChange.parse(
                at,
                "Server masters/m2 is DOWN. 2 active and 3 backup servers left. 4 sessions active,"
                    + " 0 requeued, 0 remaining in queue."))
        .contains(new ProxyChange(at, "m2", State.DOWN));
    assertThat(ProxyChange.parse(at, "[WARNING]  (12) : Server masters/m2 is UP. 3 active"))
        .contains(new ProxyChange(at, "m2", State.UP));
    assertThat(ProxyChange.parse(at, "Server masters/m2 is stopping. 2 active"))
        .contains(new ProxyChange(at, "m2", State.DRAINING));
    assertThat(
            ProxyChange.parse(
                at, "Health check for server masters/m2 failed, reason: Layer4 timeout, 2/3 UP."))
        .isEmpty();
    assertThat(ProxyChange.parse(at, "Server alive/self is DOWN.")).isEmpty();
  }
}
