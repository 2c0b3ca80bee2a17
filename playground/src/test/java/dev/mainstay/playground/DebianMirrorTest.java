package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DebianMirrorTest {
  @Test
  void readsDeb822Sources() {
    assertThat(
            DebianMirror.parse(
                List.of(
                    """
                    Types: deb
                    # URIs: http://commented.example/debian
                    URIs: http://mirror.example/debian
                    Suites: bookworm bookworm-updates
                    Components: main

                    Types: deb
                    URIs: http://mirror.example/debian-security/
                    Suites: bookworm-security
                    """)))
        .isEqualTo(
            new DebianMirror(
                "http://mirror.example/debian",
                Optional.of("http://mirror.example/debian-security")));
  }

  @Test
  void readsOneLineSources() {
    assertThat(
            DebianMirror.parse(
                List.of(
                    """
                    # deb http://commented.example/debian bookworm main
                    deb-src http://source.example/debian bookworm main
                    deb [arch=amd64 signed-by=/k.gpg] https://other.example/apt bookworm main
                    deb [arch=amd64] https://mirror.example/debian trixie main contrib
                    """)))
        .isEqualTo(new DebianMirror("https://mirror.example/debian", Optional.empty()));
  }

  @Test
  void fallsBackToDebiansOwnOnAMachineWithoutDebian() {
    assertThat(DebianMirror.parse(List.of("deb http://mirror.example/ubuntu noble main universe")))
        .isEqualTo(DebianMirror.OFFICIAL);
  }

  @Test
  void asksForTheReleaseThatTheHostIsToHave() {
    assertThat(
            new DebianMirror("http://a/debian", Optional.of("http://a/debian-security"))
                .lines("trixie"))
        .containsExactly(
            "deb http://a/debian trixie main",
            "deb http://a/debian trixie-updates main",
            "deb http://a/debian-security trixie-security main");
  }
}
