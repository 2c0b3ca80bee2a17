package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ObserveTest {
  private static final ClusterSpec BEFORE = Fixture.spec(3, 0);

  @TempDir Path folder = Path.of("");
  private Bundle bundle = Fixture.bundle(folder);
  private final Map<NodeName, HostFacts> facts = new HashMap<>();

  @BeforeEach
  void makeBundle() {
    bundle = Fixture.bundle(folder);
  }

  /** The file with m2 and m3 at other addresses than the hosts blocks have. */
  private static ClusterSpec elsewhere() {
    return Fixture.spec(
        BEFORE.nodes().stream()
            .map(node ->
                node.name().value().equals("m1")
                    ? node
                    : Fixture.node(
                        node.name().value(),
                        node.role(),
                        node.address().value().replace("10.77.0.1", "10.77.0.5")))
            .toList(),
        BEFORE.settings());
  }

  private void see(String name, Stage stage) {
    FakeHost host = FakeHost.of(BEFORE, name);
    facts.put(
        new NodeName(name), (stage == Stage.EMPTY ? host : host.at(stage, BEFORE, bundle)).facts());
  }

  private List<String> ready() {
    return Observe.ready(elsewhere(), facts).stream()
        .map(NodeSpec::name)
        .map(NodeName::value)
        .toList();
  }

  @Test
  void aMasterWhoseOthersMovedFindsNoQuorumAndTheyFindIt() {
    see("m1", Stage.PROVISIONED);
    see("m2", Stage.PROVISIONED);
    see("m3", Stage.PROVISIONED);
    assertThat(ready()).containsExactly("m2", "m3");
  }

  @Test
  void emptyMachinesInThePlaceOfLostMastersAreNoMembers() {
    see("m1", Stage.PROVISIONED);
    see("m2", Stage.EMPTY);
    see("m3", Stage.EMPTY);
    assertThat(ready()).containsExactly("m1");
  }

  @Test
  void whoHasTheNewerDataIsAskedBeforeThoseWhoCameBackWithOldOnes() throws Exception {
    ClusterApi whole = Fixture.api(BEFORE, bundle);
    ClusterApi recovered = at(1_000_000_300, Fixture.withMembers(whole, members(whole, "m3")));
    // it does not know of the others that they are
    ClusterApi old = at(700, Fixture.withMembers(whole, members(whole, "m1", "m2")));
    Map<String, ClusterApi> answers = Map.of("m1", old, "m2", old, "m3", recovered);
    List<String> asked = new ArrayList<>();
    Observe.Question question =
        master -> {
          asked.add(master.name().value());
          return Optional.ofNullable(answers.get(master.name().value()));
        };
    assertThat(Observe.askAny(BEFORE.masters(), Duration.ZERO, question)).containsSame(recovered);
    assertThat(asked).containsExactly("m1", "m2", "m3");
    assertThat(Observe.askAny(BEFORE.masters().subList(0, 2), Duration.ZERO, question))
        .as("an answer is better than none")
        .containsSame(old);
    asked.clear();
    assertThat(
            Observe.askAny(
                BEFORE.masters(),
                Duration.ZERO,
                master -> {
                  asked.add(master.name().value());
                  return Optional.of(whole);
                }))
        .containsSame(whole);
    assertThat(asked).as("who has all of them").containsExactly("m1");
  }

  private static List<ClusterApi.Member> members(ClusterApi api, String... names) {
    return api.members().stream()
        .filter(member ->
            List.of(names).stream().anyMatch(name -> member.name().startsWith(name + ".")))
        .toList();
  }

  private static ClusterApi at(long revision, ClusterApi api) {
    return new ClusterApi(
        api.nodes(),
        api.workloads(),
        api.members(),
        api.endpoints(),
        api.description(),
        api.dns(),
        Set.of(),
        revision,
        Set.of());
  }
}
