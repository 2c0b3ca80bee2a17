package dev.mainstay.cluster.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class AlarmTest {
  private static final Instant START = Instant.parse("2026-11-23T07:00:00Z");

  @Test
  @Timeout(30)
  void anAlarmThatRangAfterThisMachineSleptIsLate() throws Exception {
    // while a laptop sleeps only the wall clock goes on
    Queue<Instant> times = new ArrayDeque<>(List.of(START, START.plus(Duration.ofHours(1))));
    CountDownLatch rang = new CountDownLatch(1);
    try (Alarm alarm = Alarm.after(Duration.ofMillis(1), rang::countDown, times::remove)) {
      rang.await();
      assertThat(alarm.rang()).isTrue();
      assertThat(alarm.wasLate()).isTrue();
    }
  }
}
