package dev.mainstay.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.NodeName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KnownHostsTest {
  private static final NodeName M1 = new NodeName("m1");
  private static final NodeName M11 = new NodeName("m11");

  @TempDir Path folder = Path.of("");
  private Path file = Path.of("");
  private KnownHosts known = new KnownHosts(file);

  @BeforeEach
  void startEmpty() {
    file = folder.resolve("deep/er/known_hosts");
    known = new KnownHosts(file);
  }

  @Test
  void nothingIsKnownWithoutAFile() {
    assertThat(known.find(M1)).isEmpty();
    known.forget(M1);
    assertThat(file).doesNotExist();
  }

  @Test
  void aPinnedKeyIsFoundByItsWholeName() {
    known.pin(M11, "ssh-ed25519 BBBB");
    assertThat(known.find(M1)).isEmpty();
    known.pin(M1, "ssh-ed25519 AAAA");
    assertThat(known.find(M1)).contains("ssh-ed25519 AAAA");
    assertThat(known.find(M11)).contains("ssh-ed25519 BBBB");
    assertThat(file).hasContent("m11 ssh-ed25519 BBBB\nm1 ssh-ed25519 AAAA\n");
  }

  @Test
  void theLaterOfTwoPinsHolds() {
    known.pin(M1, "ssh-ed25519 AAAA");
    known.pin(M1, "ssh-ed25519 CCCC");
    assertThat(known.find(M1)).contains("ssh-ed25519 CCCC");
  }

  @Test
  void aReplacedNodeMayHaveANewKeyAndItsOldOneIsStillKnown() {
    known.pin(M1, "ssh-ed25519 AAAA");
    known.pin(M11, "ssh-ed25519 BBBB");
    KnownHosts replacing = known.replacing(Set.of(M1));
    assertThat(replacing.find(M1)).isEmpty();
    assertThat(replacing.pinned(M1)).contains("ssh-ed25519 AAAA");
    assertThat(replacing.find(M11)).contains("ssh-ed25519 BBBB");
    replacing.pin(M1, "ssh-ed25519 CCCC");
    assertThat(known.find(M1)).contains("ssh-ed25519 CCCC");
  }

  @Test
  void forgettingOneLeavesTheOthers() {
    known.pin(M1, "ssh-ed25519 AAAA");
    known.pin(M11, "ssh-ed25519 BBBB");
    known.pin(M1, "ssh-ed25519 CCCC");
    known.forget(M1);
    assertThat(known.find(M1)).isEmpty();
    assertThat(known.find(M11)).contains("ssh-ed25519 BBBB");
  }

  @Test
  void aLineThatWasWrittenByHandWithoutItsEndIsNotTouched() throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "m11 ssh-ed25519 BBBB");
    known.pin(M1, "ssh-ed25519 AAAA");
    assertThat(known.find(M1)).contains("ssh-ed25519 AAAA");
    assertThat(known.find(M11)).contains("ssh-ed25519 BBBB");
  }
}
