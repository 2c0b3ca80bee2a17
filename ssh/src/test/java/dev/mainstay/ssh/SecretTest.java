package dev.mainstay.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SecretTest {
  @Test
  void textOfASecretIsStars() {
    Secret secret = Secret.of("hunter2");
    assertThat(secret).hasToString("***");
    assertThat(List.of(secret)).hasToString("[***]");
    assertThat(String.valueOf(Stdin.of(secret))).doesNotContain("hunter2");
  }

  @Test
  void bytesCannotBeChangedFromOutside() {
    byte[] bytes = {1, 2};
    Secret secret = new Secret(bytes);
    bytes[0] = 9;
    secret.reveal()[1] = 9;
    assertThat(secret.reveal()).containsExactly(1, 2);
  }

  @Test
  void secretsOfTheSameBytesAreEqual() {
    assertThat(Secret.of("a")).isEqualTo(Secret.of("a")).hasSameHashCodeAs(Secret.of("a"));
    assertThat(Secret.of("a")).isNotEqualTo(Secret.of("b"));
  }

  @Test
  void aCommandWithASecretInputDoesNotPrintIt() throws IOException {
    RemoteCommand command = RemoteCommand.of("cat").withStdin(Stdin.of(Secret.of("hunter2")));
    assertThat(command.toString()).doesNotContain("hunter2");
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    command.stdin().writeTo(written);
    assertThat(written).hasToString("hunter2");
  }
}
