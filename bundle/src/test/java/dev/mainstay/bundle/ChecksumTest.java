package dev.mainstay.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ChecksumTest {
  private static final String SHA256 = "0123456789abcdef".repeat(4);
  private static final String SHA512 = "0123456789abcdef".repeat(8);

  @Test
  void readsEachFormThatUpstreamsPublish() {
    Checksum expected = Checksum.sha256(SHA256);
    assertThat(Checksum.published(SHA256, "kubeadm")).contains(expected);
    assertThat(Checksum.published(SHA256 + "\n", "kubeadm")).contains(expected);
    assertThat(Checksum.published(SHA256 + "  a.tgz\n", "a.tgz")).contains(expected);
    assertThat(Checksum.published(SHA256 + " *release/a.tgz\n", "a.tgz")).contains(expected);
    assertThat(Checksum.published("f".repeat(64) + "  b.tgz\n" + SHA256 + "  a.tgz", "a.tgz"))
        .contains(expected);
    assertThat(Checksum.published(SHA512 + "  a.tgz", "a.tgz"))
        .contains(new Checksum("SHA-512", SHA512));
  }

  @Test
  void takesNoOtherFilesChecksum() {
    assertThat(Checksum.published(SHA256 + "  not-a.tgz", "a.tgz")).isEmpty();
    assertThat(Checksum.published("<html>log in</html>", "a.tgz")).isEmpty();
    assertThat(Checksum.published("", "a.tgz")).isEmpty();
  }

  @Test
  void refusesAnotherLength() {
    assertThatThrownBy(() -> Checksum.sha256("00")).isInstanceOf(IllegalArgumentException.class);
  }
}
