package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.cluster.RecallDescription.Recalled;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Output;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.ObjectMapper;

final class RecallDescriptionTest {
  private static final NodeSpec HOST = Fixture.node(Fixture.spec(1, 0), "m1");
  private static final String NODE =
      said(
          "node",
          new NodeIdentity(Fixture.ID, "demo", "m1", "master", "id-of-m1").file().content());
  private static final String HOSTS = said("hosts", "127.0.0.1 localhost\n");
  private static final String DESCRIPTION = said("description", description());

  private final FakeHosts hosts = new FakeHosts();

  private static String said(String key, String text) {
    return key
        + " "
        + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8))
        + "\n";
  }

  private static String description() {
    ObjectMapper json = new ObjectMapper();
    return json.writeValueAsString(
        Map.of(
            "data",
            Map.of(
                "cluster.json",
                json.writeValueAsString(Map.of("file", "name: demo\n")),
                "network-1.yaml",
                "kind: DaemonSet\n",
                "network-../../../.bash_profile",
                "of a host that wants to write elsewhere",
                "network-own/../x.yaml",
                "the same")));
  }

  private Recalled recall(String answer) throws InterruptedException {
    hosts.answer("description", new Output(0, answer, ""));
    return new RecallDescription(hosts).recall(HOST);
  }

  @Test
  void aMasterTellsWhatItsClusterKeeps() throws Exception {
    assertThat(recall(NODE + HOSTS + DESCRIPTION + "end\n"))
        .isEqualTo(
            new Recalled(
                "demo", "m1", "name: demo\n", Map.of("network/1.yaml", "kind: DaemonSet\n")));
  }

  @Test
  void whatRootsProfilePrintsIsNoPartOfTheAnswer() throws Exception {
    String greeting = "Welcome to m1, and mind the gap!\n";
    assertThat(recall(greeting + NODE + HOSTS + DESCRIPTION + "end\n").cluster()).isEqualTo("demo");
  }

  @Test
  void anAnswerThatBrokeOffIsSaidToHave() {
    String half = (NODE + HOSTS + DESCRIPTION).substring(0, NODE.length() + 9);
    assertThatThrownBy(() -> recall(half))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("10.77.0.11: its answer broke off");
    // also where what is there makes sense: the rest may be what is wanted
    assertThatThrownBy(() -> recall(NODE + HOSTS))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("its answer broke off");
  }

  @Test
  void aLineThatDoesNotDecodeIsShown() {
    assertThatThrownBy(() -> recall("hosts of mine\n" + NODE + "end\n"))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("10.77.0.11: what it says of its hosts is no base64: of mine");
  }

  @Test
  void aHostOfNoClusterIsSaidToBeNone() {
    assertThatThrownBy(() -> recall(HOSTS + "end\n"))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("is not a node of a cluster that Mainstay made");
  }
}
