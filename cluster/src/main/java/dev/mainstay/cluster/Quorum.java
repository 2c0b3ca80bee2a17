package dev.mainstay.cluster;

import dev.mainstay.cluster.ClusterApi.Member;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether etcd goes on without some of its members: the arithmetic that protects quorum, a pure
 * function of what was seen. A change of members needs a majority of the voters before it, and what
 * is left needs a majority of its own after it.
 *
 * @param voters the members that vote, healthy or not
 */
record Quorum(List<Member> voters) {
  Quorum {
    voters = voters.stream().filter(member -> !member.learner()).toList();
  }

  /** How many of {@code members} voters have to be healthy. */
  static int of(int members) {
    return members / 2 + 1;
  }

  /** Whether a majority of the voters is healthy. */
  boolean isThere() {
    return healthy(voters).size() >= of(voters.size());
  }

  private static List<Member> healthy(List<Member> members) {
    return members.stream().filter(Member::healthy).toList();
  }

  /** These voters without those of {@code ids}. */
  Quorum without(Set<String> ids) {
    return new Quorum(voters.stream().filter(member -> !ids.contains(member.id())).toList());
  }

  /**
   * Why {@code leaving} must not be removed now, with the arithmetic; empty where it may.
   *
   * @param leaving a voter
   */
  Optional<String> refusalToRemove(Member leaving) {
    List<Member> up = healthy(voters);
    if (up.size() < of(voters.size())) {
      return Optional.of(
          "etcd has no quorum: %d of %d members are healthy%s, %d are needed for any change"
              .formatted(up.size(), voters.size(), named(up), of(voters.size())));
    }
    List<Member> rest = without(Set.of(leaving.id())).voters();
    List<Member> left = healthy(rest);
    if (left.isEmpty()) {
      return Optional.of(leaving.name() + " holds the only healthy copy of etcd's data");
    }
    if (left.size() < of(rest.size())) {
      return Optional.of(
          "without %s etcd would have %d members, of which %d are healthy%s; %d are needed"
              .formatted(leaving.name(), rest.size(), left.size(), named(left), of(rest.size())));
    }
    return Optional.empty();
  }

  private static String named(List<Member> members) {
    return members.isEmpty()
        ? ""
        : members.stream().map(Member::name).collect(Collectors.joining(", ", " (", ")"));
  }
}
