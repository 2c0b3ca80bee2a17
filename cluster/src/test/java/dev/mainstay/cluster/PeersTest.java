package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class PeersTest {
  private static final Set<String> THREE = Set.of("m1", "m2", "m3");
  private static final Set<String> FIVE = Set.of("m1", "m2", "m3", "m4", "m5");

  /** Masters that were all asked; {@code pairs} as {@code m1-m2} miss each other. */
  private static Peers severed(Set<String> masters, String... pairs) {
    Map<String, Set<String>> misses = new HashMap<>();
    masters.forEach(master -> misses.put(master, new TreeSet<>()));
    for (String pair : pairs) {
      String[] both = pair.split("-", -1);
      misses.computeIfAbsent(both[0], key -> new TreeSet<>()).add(both[1]);
      misses.computeIfAbsent(both[1], key -> new TreeSet<>()).add(both[0]);
    }
    return new Peers(misses);
  }

  @Test
  void whereAllReachAllOnlyTheNumbersCount() {
    assertThat(severed(THREE).severed(THREE)).isEmpty();
    assertThat(severed(THREE).canLose(THREE, 2)).isEqualTo(1);
    assertThat(severed(FIVE).canLose(FIVE, 3)).isEqualTo(2);
    assertThat(severed(FIVE).canLose(Set.of("m1", "m2"), 3)).isNegative();
    // nobody was asked: nobody misses anybody
    assertThat(new Peers(Map.of()).canLose(THREE, 2)).isEqualTo(1);
  }

  @Test
  void whoIsNeededByTwoThatDoNotReachEachOtherMustNotFail() {
    assertThat(severed(THREE, "m2-m3").canLose(THREE, 2)).isZero();
    assertThat(severed(THREE, "m1-m2", "m2-m3", "m1-m3").canLose(THREE, 2)).isNegative();
    // whichever two go, one is left that reaches the other two
    assertThat(severed(FIVE, "m2-m3").canLose(FIVE, 3)).isEqualTo(2);
    // without m1 and m5 the others are three islands
    assertThat(severed(FIVE, "m2-m3", "m2-m4", "m3-m4").canLose(FIVE, 3)).isEqualTo(1);
    // all hang on m1
    assertThat(severed(FIVE, "m2-m3", "m2-m4", "m2-m5", "m3-m4", "m3-m5", "m4-m5").canLose(FIVE, 3))
        .isZero();
  }

  @Test
  void aPairIsAnErrorWhereFewerMayBeLostForIt() {
    assertThat(severed(THREE, "m2-m3").problems(THREE, 2))
        .containsExactly(
            Problem.error(
                "m2",
                "its etcd and that of m3 do not reach each other",
                "let m2 and m3 reach each other by name at TCP port 2380, both ways (etcd's log"
                    + " there says what fails); until then the loss of another can take the"
                    + " majority"));
    assertThat(severed(FIVE, "m2-m3").problems(FIVE, 3))
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.isError()).isFalse();
          assertThat(problem.advice()).endsWith("says what fails)");
        });
    assertThat(severed(THREE).problems(THREE, 2)).isEmpty();
  }

  @Test
  void bothHaveToSaySo() {
    assertThat(new Peers(Map.of("m1", Set.of(), "m2", Set.of("m3"), "m3", Set.of())).severed(THREE))
        .isEmpty();
    assertThat(new Peers(Map.of("m2", Set.of("m3"))).severed(THREE)).isEmpty();
  }

  @Test
  void whoIsDeadIsMissedByAllAndNoNews() {
    assertThat(severed(THREE, "m1-m3", "m2-m3").severed(Set.of("m1", "m2"))).isEmpty();
    // it was not asked
    Peers peers =
        Peers.of(
            Map.of(
                new NodeName("m1"), new Peers.Voice("a1", Set.of("c3")),
                new NodeName("m2"), new Peers.Voice("b2", Set.of("c3"))));
    assertThat(peers).isEqualTo(severed(Set.of("m1", "m2")));
  }

  @Test
  void idsAreThoseOfWhoSaysThem() {
    Peers peers =
        Peers.of(
            Map.of(
                new NodeName("m2"), new Peers.Voice("b2", Set.of("c3")),
                new NodeName("m3"), new Peers.Voice("c3", Set.of("b2", "dd"))));
    assertThat(peers.severed(THREE)).containsExactly(new Peers.Pair("m2", "m3"));
  }

  @Test
  void whatAScriptSaysIsRead() {
    assertThat(Peers.Voice.find("a 1\ncut-off a1 b2 c3\nend ok\n"))
        .contains(new Peers.Voice("a1", Set.of("b2", "c3")));
    assertThat(Peers.Voice.find("cut-off a1\n")).contains(new Peers.Voice("a1", Set.of()));
    assertThat(Peers.Voice.find("cut-off \n")).isEmpty();
    assertThat(Peers.Voice.find("end ok\n")).isEmpty();
  }
}
