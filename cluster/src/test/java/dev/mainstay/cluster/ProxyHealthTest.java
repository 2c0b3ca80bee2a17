package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProxyHealthTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 2);
  private static final String SERVES = "backend masters self no check \nbackend ready self UP 60\n";

  @TempDir Path folder = Path.of("");
  private final Map<String, FakeHost> hosts = new HashMap<>();
  private final Map<NodeName, HostHealth> healths = new HashMap<>();

  /** A cluster that is well and has been for a minute. */
  @BeforeEach
  void well() {
    for (String name : List.of("m1", "m2", "m3", "w1", "w2")) {
      hosts.put(name, FakeHost.of(SPEC, name).at(Stage.PROVISIONED, SPEC, Fixture.bundle(folder)));
      says(name, name.startsWith("m") ? SERVES : sees("UP 60", "UP 60", "UP 60"));
    }
  }

  private void says(String node, String health) {
    healths.put(new NodeName(node), HostHealth.parse(health));
  }

  private static String sees(String... states) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < states.length; i++) {
      lines.append("backend masters m%d %s\n".formatted(i + 1, states[i]));
    }
    return lines + "backend masters last-m1 no check \n";
  }

  private List<Problem> problems() {
    ClusterFacts facts =
        Fixture.facts(hosts.values().stream().map(FakeHost::facts).toList(), Optional.empty());
    List<Problem> problems = new ArrayList<>();
    SPEC.nodes()
        .forEach(node -> ProxyHealth.problem(SPEC, node, facts, healths).ifPresent(problems::add));
    return problems;
  }

  @Test
  void ofProxiesThatSeeTheMastersNothingIsSaid() {
    assertThat(problems()).isEmpty();
  }

  @Test
  void aProxyThatSeesNoMasterRunsOnTheLastResort() {
    says("w1", sees("DOWN 60", "DOWN 60", "DOWN 60"));
    assertThat(problems())
        .containsExactly(
            Problem.warning(
                "w1",
                "its local proxy holds no master up and runs on the last resort",
                "let w1 through to port 7444 of m1, m2, m3, as 10.77.0.21: no firewall and no NAT"
                    + " in between; there the proxy asks whether a master is alive"));
  }

  @Test
  void aClusterWithABlindProxyIsDegradedThoughNothingFails() {
    says("w1", sees("DOWN 60", "DOWN 60", "DOWN 60"));
    List<Problem> blind = problems();
    ClusterFacts facts =
        Fixture.facts(List.of(), Optional.of(Fixture.api(SPEC, Fixture.bundle(folder))));
    assertThat(ShowStatus.state(facts, blind, blind)).isEqualTo(ClusterStatus.State.DEGRADED);
    assertThat(ShowStatus.state(facts, blind, List.of())).isEqualTo(ClusterStatus.State.HEALTHY);
    assertThat(ShowStatus.state(Fixture.facts(List.of(), Optional.empty()), blind, blind))
        .isEqualTo(ClusterStatus.State.DOWN);
  }

  @Test
  void aProxyThatHoldsLivingMastersDownIsToldOf() {
    says("w1", sees("UP 60", "DOWN 60", "UP 60"));
    says("w2", sees("DOWN 60", "DOWN 60", "UP 60"));
    assertThat(problems())
        .extracting(Problem::where, Problem::what)
        .containsExactly(
            tuple("w1", "its local proxy holds m2 down, which serves"),
            tuple("w2", "its local proxy holds m1, m2 down, which serve"));
  }

  @Test
  void deadAndDrainingMastersAreRightlyDown() {
    says("w1", sees("UP 60", "DOWN 60", "NOLB 60"));
    says("w2", sees("DOWN 60", "DOWN 60", "DOWN 60"));
    hosts.values().stream().filter(host -> host.ready).forEach(host -> host.ready = false);
    assertThat(problems()).isEmpty();
  }

  @Test
  void aMasterThatIsOffOrJustCameBackIsNoProxysFault() {
    says("w1", sees("UP 60", "DOWN 60", "UP 60"));
    says("m2", SERVES.replace("UP 60", "UP 3"));
    assertThat(problems()).isEmpty();
    healths.remove(new NodeName("m2"));
    assertThat(problems()).isEmpty();
    hosts.remove("m2");
    assertThat(problems()).isEmpty();
  }

  @Test
  void withAllOtherMastersDeadALivingOneThatIsUnseenCounts() {
    says("w1", sees("DOWN 60", "DOWN 60", "DOWN 60"));
    hosts.put("m1", FakeHost.of(SPEC, "m1"));
    hosts.remove("m2");
    assertThat(problems())
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.what()).contains("no master up");
          assertThat(problem.advice()).contains("port 7444 of m3, as");
        });
  }
}
