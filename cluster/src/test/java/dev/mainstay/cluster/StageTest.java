package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class StageTest {
  @Test
  void everyStageIsReadFromItsOwnWord() {
    assertThat(Stage.of("started\n")).isEqualTo(Stage.STARTED);
    assertThat(Stage.of("joined\n")).isEqualTo(Stage.JOINED);
    assertThat(Stage.of("provisioned\n")).isEqualTo(Stage.PROVISIONED);
  }

  @Test
  void whatCannotBeReadIsToBeCleanedFirst() {
    assertThat(Stage.of("provis")).isEqualTo(Stage.STARTED);
    assertThat(Stage.of("")).isEqualTo(Stage.STARTED);
  }

  @Test
  void stagesAreInTheirOrder() {
    assertThat(Stage.values())
        .containsExactly(Stage.EMPTY, Stage.STARTED, Stage.JOINED, Stage.PROVISIONED);
  }
}
