package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ProxyTimeoutsTest {
  private static RoundTrips far(double millis, boolean whole, ProxyTimeouts inForce) {
    return new RoundTrips(
        Optional.of(Duration.ofNanos(Math.round(millis * 1e6))),
        whole,
        inForce == ProxyTimeouts.NEAR ? Optional.empty() : Optional.of(inForce.limit()));
  }

  private static ProxyTimeouts of(double millis, ProxyTimeouts inForce) {
    return ProxyTimeouts.of(far(millis, true, inForce));
  }

  @Test
  void newHostsGetTheLeastThatSuits() {
    assertThat(of(0.1, ProxyTimeouts.NEAR)).isEqualTo(ProxyTimeouts.NEAR);
    assertThat(of(50, ProxyTimeouts.NEAR)).isEqualTo(ProxyTimeouts.NEAR);
    assertThat(of(50.001, ProxyTimeouts.NEAR)).isEqualTo(ProxyTimeouts.FAR);
    assertThat(of(150, ProxyTimeouts.NEAR)).isEqualTo(ProxyTimeouts.FAR);
    assertThat(of(151, ProxyTimeouts.NEAR)).isEqualTo(ProxyTimeouts.REMOTE);
    assertThat(of(900, ProxyTimeouts.NEAR)).isEqualTo(ProxyTimeouts.REMOTE);
  }

  @Test
  void timeoutsGrowAtOnceAndShrinkOnlyWhenTheyAreMuchTooLong() {
    assertThat(of(151, ProxyTimeouts.FAR)).isEqualTo(ProxyTimeouts.REMOTE);
    assertThat(of(20, ProxyTimeouts.FAR)).isEqualTo(ProxyTimeouts.FAR);
    assertThat(of(12.5, ProxyTimeouts.FAR)).isEqualTo(ProxyTimeouts.FAR);
    assertThat(of(12.4, ProxyTimeouts.FAR)).isEqualTo(ProxyTimeouts.NEAR);
    assertThat(of(37.5, ProxyTimeouts.REMOTE)).isEqualTo(ProxyTimeouts.REMOTE);
    assertThat(of(37.4, ProxyTimeouts.REMOTE)).isEqualTo(ProxyTimeouts.NEAR);
  }

  @Test
  void aSecondLookChangesNothing() {
    for (ProxyTimeouts inForce : ProxyTimeouts.values()) {
      for (double millis = 0.05; millis < 1000; millis *= 1.01) {
        ProxyTimeouts first = of(millis, inForce);
        assertThat(of(millis, first)).describedAs(inForce + " at " + millis).isEqualTo(first);
      }
    }
  }

  @Test
  void whileAMasterIsSilentNothingShrinks() {
    assertThat(ProxyTimeouts.of(far(1, false, ProxyTimeouts.FAR))).isEqualTo(ProxyTimeouts.FAR);
    assertThat(ProxyTimeouts.of(far(200, false, ProxyTimeouts.FAR)))
        .isEqualTo(ProxyTimeouts.REMOTE);
    Optional<Duration> assumed = Optional.of(ProxyTimeouts.REMOTE.limit());
    assertThat(ProxyTimeouts.of(new RoundTrips(Optional.empty(), false, assumed)))
        .isEqualTo(ProxyTimeouts.REMOTE);
    assertThat(ProxyTimeouts.of(RoundTrips.NONE)).isEqualTo(ProxyTimeouts.NEAR);
  }

  @Test
  void aClassThatThereIsNotIsNone() {
    RoundTrips edited = new RoundTrips(Optional.empty(), true, Optional.of(Duration.ofMillis(77)));
    assertThat(ProxyTimeouts.inForce(edited)).isEqualTo(ProxyTimeouts.NEAR);
  }

  @Test
  void everyTimeoutIsSeveralRoundTrips() {
    for (ProxyTimeouts each : ProxyTimeouts.values()) {
      long limit = each.limit().toMillis();
      assertThat(each.connect().toMillis() * 2).isGreaterThanOrEqualTo(limit * 5);
      // a probe's connection may take no longer than the interval
      long probe = Math.min(each.interval().toMillis(), each.connect().toMillis());
      assertThat(probe * 2).isGreaterThanOrEqualTo(limit * 5);
      assertThat(each.unacknowledged().toMillis()).isGreaterThanOrEqualTo(4 * limit + 300);
    }
  }
}
