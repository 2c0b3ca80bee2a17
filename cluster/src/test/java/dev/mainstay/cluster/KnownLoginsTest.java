package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.Address;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KnownLoginsTest {
  private static final SshSpec OWN =
      new SshSpec(
          "admin",
          Optional.of(Path.of("/keys/w1")),
          2222,
          Optional.of(new SshSpec.Jump("10.1.1.1", "jump", 22, Optional.of(Path.of("/keys/jump")))),
          Optional.of("ssh-ed25519 AAAA"));

  @TempDir Path folder = Path.of("");

  private static ClusterSpec spec(NodeSpec... more) {
    List<NodeSpec> nodes =
        new java.util.ArrayList<>(List.of(Fixture.node("m1", Role.MASTER, "10.77.0.11")));
    nodes.addAll(List.of(more));
    return Fixture.spec(nodes, dev.mainstay.model.ComponentSettings.NONE);
  }

  @Test
  void aNodeIsKnownUntilItIsForgottenAlsoWhenTheFileHasItNoMore() {
    KnownLogins logins = new KnownLogins(folder.resolve("home/logins.json"));
    assertThat(logins.all()).isEmpty();
    NodeName w1 = new NodeName("w1");
    logins.remember(spec(new NodeSpec(w1, Role.WORKER, new Address("10.77.0.21"), OWN)), Set.of());
    logins.remember(spec(), Set.of());
    assertThat(logins.all()).hasSize(2).containsEntry(w1, OWN.ofAnotherHost());
    logins.forget(w1);
    assertThat(logins.all()).containsOnlyKeys(new NodeName("m1"));
  }

  @Test
  void ofANodeThatIsReplacedTheOldMachinesLoginStays() {
    KnownLogins logins = new KnownLogins(folder.resolve("logins.json"));
    NodeName w1 = new NodeName("w1");
    logins.remember(spec(new NodeSpec(w1, Role.WORKER, new Address("10.77.0.21"), OWN)), Set.of());
    ClusterSpec other =
        spec(new NodeSpec(w1, Role.WORKER, new Address("10.77.0.22"), SshSpec.DEFAULT));
    logins.remember(other, Set.of(w1));
    assertThat(logins.all()).containsEntry(w1, OWN.ofAnotherHost());
    logins.remember(other, Set.of());
    assertThat(logins.all()).containsEntry(w1, SshSpec.DEFAULT);
  }

  @Test
  void aTornFileIsNone() throws Exception {
    Path file = Files.writeString(folder.resolve("logins.json"), "{\"m1\":{\"user");
    KnownLogins logins = new KnownLogins(file);
    assertThat(logins.all()).isEmpty();
    logins.remember(spec(), Set.of());
    assertThat(logins.all()).containsOnlyKeys(new NodeName("m1"));
  }
}
