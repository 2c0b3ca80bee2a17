package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class LooksTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final Looks<String, Integer> looks = new Looks<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final AtomicInteger begun = new AtomicInteger();

  private void begin() {
    looks.begin(
        "m1",
        () -> {
          int number = begun.incrementAndGet();
          end.await();
          return number;
        });
  }

  @Test
  void whatTakesTooLongIsLeftGoingOnAndTakenLater() throws Exception {
    begin();
    assertThat(looks.take("m1", Duration.ofMillis(1))).isEmpty();
    begin();
    assertThat(looks.take("m1", Duration.ZERO)).isEmpty();
    end.countDown();
    assertThat(looks.take("m1", LONG)).contains(1);
    begin();
    assertThat(looks.take("m1", LONG)).contains(2);
  }

  @Test
  void whatWasNotBegunIsNotFound() throws Exception {
    assertThat(looks.take("m1", LONG)).isEmpty();
  }

  @Test
  void whatALookThrowsIsThrownOnce() throws Exception {
    looks.begin(
        "m1",
        () -> {
          throw new IllegalStateException("torn");
        });
    assertThatThrownBy(() -> looks.take("m1", LONG)).hasMessage("torn");
    assertThat(looks.take("m1", LONG)).isEmpty();
  }
}
