package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ProcessMarkTest {
  private static final ProcessMark OURS = ProcessMark.ofThisProcess();

  @Test
  void itIsAFilesNameThatIsReadBack() {
    assertThat(OURS.toString()).matches("\\d+\\.\\d+\\.\\d+@[A-Za-z0-9._-]+");
    assertThat(ProcessMark.parse(OURS.toString())).contains(OURS);
    for (String other : new String[] {"", "17", "17@host", "17.4@host", "a.b.c@host", "1.2.3@"}) {
      assertThat(ProcessMark.parse(other)).describedAs(other).isEmpty();
    }
  }

  @Test
  void aProcessHasEndedWhenItsNumberIsGoneOrAnothers() {
    assertThat(OURS.hasEnded()).isFalse();
    assertThat(new ProcessMark(OURS.pid(), "1", OURS.namespace(), OURS.host()).hasEnded()).isTrue();
    assertThat(
            new ProcessMark(Integer.MAX_VALUE, OURS.start(), OURS.namespace(), OURS.host())
                .hasEnded())
        .isTrue();
  }

  @Test
  void ofProcessesElsewhereNothingIsKnown() {
    assertThat(new ProcessMark(Integer.MAX_VALUE, "1", OURS.namespace(), "elsewhere").hasEnded())
        .isFalse();
    assertThat(new ProcessMark(Integer.MAX_VALUE, "1", "17", OURS.host()).hasEnded()).isFalse();
  }
}
