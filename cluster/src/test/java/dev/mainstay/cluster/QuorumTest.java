package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.ClusterApi.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class QuorumTest {
  /**
   * Members m1, m2, ...; {@code +} is a healthy voter, {@code -} an unhealthy one, {@code l} a
   * learner.
   */
  private static List<Member> members(String states) {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < states.length(); i++) {
      char state = states.charAt(i);
      members.add(
          new Member(
              String.valueOf(i + 1), "m" + (i + 1), List.of(), state == 'l', state != '-', false));
    }
    return members;
  }

  private static String refusal(String states, int leaving) {
    List<Member> members = members(states);
    return new Quorum(members).refusalToRemove(members.get(leaving - 1)).orElse("");
  }

  @Test
  void whatIsLeftMustBeAHealthyMajorityOfItself() {
    assertThat(refusal("+++", 3)).isEmpty();
    assertThat(refusal("++-", 3)).isEmpty();
    assertThat(refusal("++", 2)).isEmpty();
    assertThat(refusal("+++--", 4)).isEmpty();
    assertThat(refusal("++-", 1))
        .isEqualTo(
            "without m1 etcd would have 2 members, of which 1 are healthy (m2); 2 are needed");
    assertThat(refusal("+++--", 1))
        .isEqualTo(
            "without m1 etcd would have 4 members, of which 2 are healthy (m2, m3); 3 are needed");
  }

  @Test
  void aChangeNeedsAQuorumBeforeIt() {
    assertThat(refusal("+--", 3))
        .isEqualTo(
            "etcd has no quorum: 1 of 3 members are healthy (m1), 2 are needed for any change");
    assertThat(refusal("---", 1)).startsWith("etcd has no quorum: 0 of 3 members are healthy,");
  }

  @Test
  void theOnlyHealthyCopyStays() {
    assertThat(refusal("+", 1)).isEqualTo("m1 holds the only healthy copy of etcd's data");
    assertThat(refusal("+-", 1)).startsWith("etcd has no quorum");
  }

  @Test
  void learnersHaveNoVote() {
    assertThat(refusal("+l", 1)).contains("only healthy copy");
    assertThat(refusal("++l", 2)).isEmpty();
  }

  @Test
  void severalLeaveOneAfterTheOther() {
    List<Member> members = members("+++++");
    Quorum three = new Quorum(members).without(Set.of("4", "5"));
    assertThat(three.voters()).hasSize(3);
    assertThat(three.refusalToRemove(members.get(2))).isEmpty();
  }
}
