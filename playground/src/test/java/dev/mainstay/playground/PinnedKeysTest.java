package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.NodeName;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PinnedKeysTest {
  @TempDir Path folder;

  @Test
  void pinsAKeyOnceAndNeverReplacesIt() {
    PinnedKeys keys = new PinnedKeys(folder.resolve("a/known_hosts"));
    keys.pin(new NodeName("m1"), "ssh-ed25519 AAAA");
    keys.pin(new NodeName("m10"), "ssh-ed25519 BBBB");
    keys.pin(new NodeName("m1"), "ssh-ed25519 CCCC");
    assertThat(keys.file()).content().isEqualTo("m1 ssh-ed25519 AAAA\nm10 ssh-ed25519 BBBB\n");
  }
}
