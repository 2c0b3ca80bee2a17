package dev.mainstay.cluster.endpoint;

import static dev.mainstay.cluster.endpoint.MasterState.DOWN;
import static dev.mainstay.cluster.endpoint.MasterState.DRAINING;
import static dev.mainstay.cluster.endpoint.MasterState.READY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.endpoint.Choice.Candidate;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ChoiceTest {
  private static Candidate<String> of(String name, MasterState state, int sessions, long last) {
    return new Candidate<>(name, state, sessions, last);
  }

  @Test
  void theOneWithTheFewestConnectionsIsFirst() {
    assertThat(
            Choice.order(
                List.of(of("m1", READY, 3, 9), of("m2", READY, 1, 8), of("m3", READY, 2, 7))))
        .containsExactly("m2", "m3", "m1");
  }

  @Test
  void equalsTakeTurns() {
    assertThat(
            Choice.order(
                List.of(of("m1", READY, 0, 2), of("m2", READY, 0, 3), of("m3", READY, 0, 1))))
        .containsExactly("m3", "m1", "m2");
    assertThat(Choice.order(List.of(of("m1", READY, 0, 0), of("m2", READY, 0, 0))))
        .containsExactly("m1", "m2");
  }

  @Test
  void aDrainingOneGetsNoneWhileAnotherIsReady() {
    assertThat(
            Choice.order(
                List.of(of("m1", DRAINING, 0, 0), of("m2", READY, 90, 9), of("m3", READY, 80, 9))))
        .containsExactly("m3", "m2", "m1");
  }

  @Test
  void whatLooksDownIsStillTriedLastOfAll() {
    assertThat(
            Choice.order(
                List.of(of("m1", DOWN, 0, 0), of("m2", DRAINING, 5, 1), of("m3", DOWN, 0, 0))))
        .containsExactly("m2", "m1", "m3");
  }
}
