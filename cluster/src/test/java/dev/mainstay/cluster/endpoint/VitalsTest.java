package dev.mainstay.cluster.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class VitalsTest {
  private static final Vitals READY = Vitals.NONE.afterAlive(true).afterReady(true);

  @Test
  void theFirstLookDecides() {
    assertThat(Vitals.NONE.state()).isEqualTo(MasterState.DOWN);
    assertThat(READY.state()).isEqualTo(MasterState.READY);
    assertThat(Vitals.NONE.afterAlive(true).afterReady(false).state())
        .isEqualTo(MasterState.DRAINING);
    assertThat(Vitals.NONE.afterAlive(false).state()).isEqualTo(MasterState.DOWN);
  }

  @Test
  void untilItWasAskedAnAliveOneIsNotCalledReady() {
    Vitals alive = Vitals.NONE.afterAlive(true);
    assertThat(alive.state()).isEqualTo(MasterState.DRAINING);
    assertThat(alive.isCertain()).isFalse();
    assertThat(READY.isCertain()).isTrue();
  }

  @Test
  void oneLookThatSaysOtherwiseChangesNothing() {
    assertThat(READY.afterAlive(false).state()).isEqualTo(MasterState.READY);
    assertThat(READY.afterReady(false).state()).isEqualTo(MasterState.READY);
    Vitals wavering = READY;
    for (int i = 0; i < 10; i++) {
      wavering = wavering.afterAlive(false).afterAlive(true).afterReady(false).afterReady(true);
    }
    assertThat(wavering.state()).isEqualTo(MasterState.READY);
  }

  @Test
  void itIsSteadyAsLongAsNothingWasSeenAgainstIt() {
    assertThat(READY.isSteady()).isTrue();
    assertThat(READY.afterAlive(false).isSteady()).isFalse();
    assertThat(READY.afterReady(false).isSteady()).isFalse();
    assertThat(READY.afterReady(false).afterReady(true).isSteady()).isTrue();
  }

  @Test
  void whatTheLastLookSaidIsKnownWhateverIsHeld() {
    assertThat(READY.isAnswering()).isTrue();
    assertThat(READY.afterAlive(false).isAnswering()).isFalse();
    Vitals down = READY.afterAlive(false).afterAlive(false);
    assertThat(down.isAnswering()).isFalse();
    assertThat(down.afterAlive(true).isAnswering()).isTrue();
    assertThat(down.afterAlive(true).afterAlive(false).isAnswering()).isFalse();
  }

  @Test
  void twoInARowDo() {
    Vitals down = READY.afterAlive(false).afterAlive(false);
    assertThat(down.state()).isEqualTo(MasterState.DOWN);
    assertThat(down.isCertain()).isTrue();
    assertThat(READY.afterReady(false).afterReady(false).state()).isEqualTo(MasterState.DRAINING);
  }

  @Test
  void whatComesBackIsAskedAnewWhetherItIsReady() {
    Vitals down = READY.afterAlive(false).afterAlive(false);
    assertThat(down.afterAlive(true).state()).isEqualTo(MasterState.DOWN);
    Vitals back = down.afterAlive(true).afterAlive(true);
    assertThat(back.state()).isEqualTo(MasterState.DRAINING);
    assertThat(back.isCertain()).isFalse();
    assertThat(back.afterReady(true).state()).isEqualTo(MasterState.READY);
    Vitals starting = back.afterReady(false);
    assertThat(starting.state()).isEqualTo(MasterState.DRAINING);
    assertThat(starting.afterReady(true).state()).isEqualTo(MasterState.DRAINING);
    assertThat(starting.afterReady(true).afterReady(true).state()).isEqualTo(MasterState.READY);
  }
}
