package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RoundTripsTest {
  @Test
  void ofEachMasterTheFastestTryCountsAndOfAllTheFarthest() {
    assertThat(
            RoundTrips.parse(
                List.of("10.77.0.12", "10.77.0.13"),
                List.of("10.77.0.12 91000", "10.77.0.13 300", "10.77.0.12 80500"),
                List.of()))
        .isEqualTo(
            new RoundTrips(Optional.of(Duration.ofNanos(80_500_000)), true, Optional.empty()));
  }

  @Test
  void aMasterThatDidNotAnswerIsMissed() {
    assertThat(
            RoundTrips.parse(
                List.of("10.77.0.12", "10.77.0.13"), List.of("10.77.0.12 300"), List.of("150")))
        .isEqualTo(
            new RoundTrips(
                Optional.of(Duration.ofNanos(300_000)),
                false,
                Optional.of(Duration.ofMillis(150))));
    assertThat(RoundTrips.parse(List.of(), List.of(), List.of())).isEqualTo(RoundTrips.NONE);
  }

  @Test
  void refusesWhatIsNoNumber() {
    for (String torn : List.of("10.77.0.12", "10.77.0.12 ", "10.77.0.12 fast")) {
      assertThatThrownBy(() -> RoundTrips.parse(List.of(), List.of(torn), List.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
