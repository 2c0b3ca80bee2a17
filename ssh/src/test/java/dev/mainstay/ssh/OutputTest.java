package dev.mainstay.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class OutputTest {
  @Test
  void tailIsTheLastLinesOfTheErrors() {
    assertThat(new Output(1, "out", "a\nb\nc\n\n").tail(2)).isEqualTo("b\nc");
  }

  @Test
  void tailIsOfTheOutputWhereThereAreNoErrors() {
    assertThat(new Output(1, "a\nb\n", " \n").tail(1)).isEqualTo("b");
  }

  @Test
  void tailOfNothingIsEmpty() {
    assertThat(new Output(1, "", "").tail(3)).isEmpty();
  }

  @Test
  void tailOfLittleIsAllOfIt() {
    assertThat(new Output(1, "", "one\n\nthree").tail(9)).isEqualTo("one\n\nthree");
  }

  @Test
  void onlyExitStatusZeroIsSuccess() {
    assertThat(new Output(0, "", "warned").isSuccess()).isTrue();
    assertThat(new Output(128, "", "").isSuccess()).isFalse();
  }
}
