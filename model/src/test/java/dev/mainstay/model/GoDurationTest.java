package dev.mainstay.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class GoDurationTest {
  @Test
  void readsWhatGoReadsAndDays() {
    assertThat(GoDuration.parse("8760h")).contains(Duration.ofDays(365));
    assertThat(GoDuration.parse("365d")).contains(Duration.ofDays(365));
    assertThat(GoDuration.parse("1d2h3m4s"))
        .contains(Duration.ofDays(1).plusHours(2).plusMinutes(3).plusSeconds(4));
    assertThat(GoDuration.parse("6m0s")).contains(Duration.ofMinutes(6));
  }

  @Test
  void refusesWhatIsNoDuration() {
    for (String text : new String[] {"", "30", "d", "1y", "-1h", "1h 2m", "2m1h", "1.5h"}) {
      assertThat(GoDuration.parse(text)).describedAs(text).isEmpty();
    }
  }

  @Test
  void writesWhatGoReads() {
    assertThat(GoDuration.text(Duration.ofDays(365))).isEqualTo("8760h");
    assertThat(GoDuration.text(Duration.ofSeconds(90))).isEqualTo("1m30s");
    assertThat(GoDuration.text(Duration.ZERO)).isEqualTo("0s");
  }
}
