package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.Failure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AgeTest {
  static final String RECIPIENT = "age1ctsqh3r2x5cetkk4qkgxnnlhukn5hdz7pknau2f4q569qlrh2qgsd6wtyq";
  static final String IDENTITY =
      """
      # created: 2026-11-25T05:23:05Z
      # public key: age1ctsqh3r2x5cetkk4qkgxnnlhukn5hdz7pknau2f4q569qlrh2qgsd6wtyq
      AGE-SECRET-KEY-1AFJDPUYM8NRDHL79JJS7WA7K7JXGHG923ZY9N8GYMJCXHTE782WSDTSN7J
      """;

  /** Made by the program age 1.1.1. */
  private static final String BY_AGE =
      "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBoNEJGYXlEV0RwcTVSVHVFMWpRZklHaERHUkozNHQ1QzcrUG5ZcDdKRHpF"
          + "CjJRdUY0SmpLZWRnZUFoa0FWOUI3bU51d2JEWFJ1VTIyZW9wTnhxc0IzNncKLS0tIHRpYUxZWUZWSnc4TExhc0x2SjBFZnphY2Zr"
          + "WWhiWVVMR1RYSlNqaEs1SHcKM0fBrdPAlsuy+BwmuWLNdESrAd+4kx7w8OUk57TpNTgl+cmpwyPBSFOL1rCfrpBAAO0ECEDr";

  @TempDir Path folder = Path.of("");

  private Path identity() throws Exception {
    return Files.writeString(folder.resolve("key.txt"), IDENTITY);
  }

  @Test
  void readsWhatAgeItselfWrote() throws Exception {
    byte[] file = Base64.getDecoder().decode(BY_AGE);
    assertThat(Age.isEncrypted(Files.write(folder.resolve("file.age"), file))).isTrue();
    try (InputStream in =
        Age.decrypting(new ByteArrayInputStream(file), Age.identities(identity()))) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("what age itself wrote\n");
    }
  }

  @Test
  void whatIsEncryptedComesBackAsItWas() throws Exception {
    // more than one chunk of 64 KiB, and not a whole number of them
    byte[] plain = new byte[300_001];
    new Random(7).nextBytes(plain);
    ByteArrayOutputStream sealed = new ByteArrayOutputStream();
    try (OutputStream out = Age.encrypting(sealed, List.of(RECIPIENT))) {
      for (int at = 0; at < plain.length; at += 1000) {
        out.write(plain, at, Math.min(1000, plain.length - at));
      }
    }
    assertThat(sealed.size()).isGreaterThan(plain.length);
    try (InputStream in =
        Age.decrypting(
            new ByteArrayInputStream(sealed.toByteArray()), Age.identities(identity()))) {
      assertThat(in.readAllBytes()).isEqualTo(plain);
    }
    byte[] torn = java.util.Arrays.copyOf(sealed.toByteArray(), sealed.size() - 100);
    assertThatThrownBy(
            () -> {
              try (InputStream in =
                  Age.decrypting(new ByteArrayInputStream(torn), Age.identities(identity()))) {
                in.readAllBytes();
              }
            })
        .isInstanceOf(java.io.IOException.class);
  }

  @Test
  void saysWhatIsNoRecipientAndNoIdentity() throws Exception {
    assertThatThrownBy(() -> Age.check(List.of("age1nonsense")))
        .isInstanceOf(Failure.Usage.class)
        .hasMessageContaining("\"age1nonsense\" is not a recipient of age");
    Path none = Files.writeString(folder.resolve("none"), "# nothing\n");
    assertThatThrownBy(() -> Age.identities(none)).isInstanceOf(Failure.Usage.class);
    Path other =
        Files.writeString(
            folder.resolve("other"),
            "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n");
    assertThatThrownBy(() ->
            Age.decrypting(
                new ByteArrayInputStream(Base64.getDecoder().decode(BY_AGE)),
                Age.identities(other)))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("cannot be decrypted with this identity");
  }
}
