package dev.mainstay.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.Address;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
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
    assertThat(known.pinned(M1)).isEmpty();
    known.forget(M1);
    assertThat(file).doesNotExist();
  }

  @Test
  void aPinnedKeyIsFoundByItsWholeName() {
    known.pin(M11, "ssh-ed25519 BBBB");
    assertThat(known.pinned(M1)).isEmpty();
    known.pin(M1, "ssh-ed25519 AAAA");
    assertThat(known.pinned(M1)).contains("ssh-ed25519 AAAA");
    assertThat(known.pinned(M11)).contains("ssh-ed25519 BBBB");
    assertThat(file).hasContent("m11 ssh-ed25519 BBBB\nm1 ssh-ed25519 AAAA\n");
  }

  @Test
  void runsThatPinAtTheSameTimeLoseNothingAndNoneReadsAHalf() {
    known.pin(M1, "ssh-ed25519 AAAA");
    assertThat(
            IntStream.range(0, 200)
                .parallel()
                .mapToObj(n -> {
                  KnownHosts another = new KnownHosts(file);
                  another.pin(new NodeName("w" + n), "ssh-ed25519 W" + n);
                  return another.pinned(M1);
                })
                .distinct())
        .containsExactly(Optional.of("ssh-ed25519 AAAA"));
    for (int n = 0; n < 200; n++) {
      assertThat(known.pinned(new NodeName("w" + n))).contains("ssh-ed25519 W" + n);
    }
  }

  private static NodeSpec node(NodeName name, String address) {
    return new NodeSpec(name, Role.MASTER, new Address(address), SshSpec.DEFAULT);
  }

  @Test
  void theLaterOfTwoPinsHolds() {
    known.pin(M1, "ssh-ed25519 AAAA");
    known.pin(M1, "ssh-ed25519 CCCC");
    assertThat(known.pinned(M1)).contains("ssh-ed25519 CCCC");
  }

  @Test
  void anotherMachineMayTakeANameOnceAndAtItsOwnAddressOnly() {
    known.pin(M1, "ssh-ed25519 AAAA");
    known.pin(M11, "ssh-ed25519 BBBB");
    NodeSpec fresh = node(M1, "10.77.0.99");
    NodeSpec old = node(M1, "10.77.0.11");
    KnownHosts replacing = known.replacing(Map.of(M1, fresh.address()));
    assertThat(replacing.find(fresh)).isEmpty();
    assertThat(replacing.find(old)).contains("ssh-ed25519 AAAA");
    assertThat(replacing.pinned(M1)).contains("ssh-ed25519 AAAA");
    assertThat(replacing.find(node(M11, "10.77.0.99"))).contains("ssh-ed25519 BBBB");
    replacing.pin(M1, "ssh-ed25519 CCCC");
    // nobody comes after it, and the old machine does not become the new one
    assertThat(replacing.find(fresh)).contains("ssh-ed25519 CCCC");
    assertThat(replacing.find(old)).containsExactly("ssh-ed25519 AAAA");
    assertThat(known.pinned(M1)).contains("ssh-ed25519 CCCC");
    // a plan met the new machine, or a run that broke off: the next one still knows the old one
    KnownHosts again = known.replacing(Map.of(M1, fresh.address()));
    assertThat(again.find(old)).containsExactly("ssh-ed25519 AAAA", "ssh-ed25519 CCCC");
    assertThat(again.find(fresh)).isEmpty();
  }

  @Test
  void forgettingOneLeavesTheOthers() {
    known.pin(M1, "ssh-ed25519 AAAA");
    known.pin(M11, "ssh-ed25519 BBBB");
    known.pin(M1, "ssh-ed25519 CCCC");
    known.forget(M1);
    assertThat(known.pinned(M1)).isEmpty();
    assertThat(known.pinned(M11)).contains("ssh-ed25519 BBBB");
  }

  @Test
  void aLineThatWasWrittenByHandWithoutItsEndIsNotTouched() throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "m11 ssh-ed25519 BBBB");
    known.pin(M1, "ssh-ed25519 AAAA");
    assertThat(known.pinned(M1)).contains("ssh-ed25519 AAAA");
    assertThat(known.pinned(M11)).contains("ssh-ed25519 BBBB");
  }
}
