package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * etcd as all masters that could be reached see it: pure.
 *
 * @param facts of the masters that answered
 * @param unreachable those that did not, and why
 */
record EtcdView(
    ClusterSpec spec, Map<NodeName, EtcdFacts> facts, Map<NodeName, Failure> unreachable) {
  EtcdView {
    facts = Map.copyOf(facts);
    unreachable = Map.copyOf(unreachable);
  }

  Optional<EtcdFacts> of(NodeSpec master) {
    return Optional.ofNullable(facts.get(master.name()));
  }

  /** The masters that answered, in the file's order. */
  List<NodeSpec> reachable() {
    return spec.masters().stream().filter(master -> of(master).isPresent()).toList();
  }

  /** Those whose etcd takes part in a quorum, in the file's order. */
  List<NodeSpec> healthy() {
    return reachable().stream()
        .filter(master -> of(master).map(EtcdFacts::healthy).orElse(false))
        .toList();
  }

  /**
   * The members as that one lists them which came furthest; those that take part in a quorum go
   * before others.
   */
  List<EtcdFacts.Member> members() {
    return facts.values().stream()
        .filter(one -> !one.members().isEmpty())
        .max(
            Comparator.comparing(EtcdFacts::healthy)
                .thenComparingLong(one -> one.revision().orElse(0))
                .thenComparing(one -> one.node().value(), Comparator.reverseOrder()))
        .map(EtcdFacts::members)
        .orElse(List.of());
  }

  /** How many members have a vote; the file's masters where nobody can be asked. */
  int voters() {
    int voters = (int) members().stream().filter(member -> !member.learner()).count();
    return voters == 0 ? spec.masters().size() : voters;
  }

  /** Who of those that answered does not reach whom. */
  Peers peers() {
    return Peers.of(facts, EtcdFacts::peers);
  }

  int quorum() {
    return Quorum.of(voters());
  }

  /**
   * The masters that can give a snapshot, the best first: healthy followers, the leader, and last
   * of all members without a quorum, of which the one that came furthest is the best.
   */
  List<NodeSpec> sources() {
    List<NodeSpec> sources = new ArrayList<>(healthy());
    sources.removeIf(master -> status(master).map(EtcdFacts.Status::learner).orElse(true));
    sources.sort(
        Comparator.comparing(master -> status(master).map(EtcdFacts.Status::leads).orElse(true)));
    if (sources.isEmpty()) {
      reachable().stream()
          .filter(master -> status(master).map(one -> !one.learner()).orElse(false))
          .sorted(
              Comparator.comparingLong((NodeSpec master) ->
                      of(master).flatMap(one -> one.status()).map(s -> s.revision()).orElse(0L))
                  .reversed())
          .forEach(sources::add);
    }
    return sources;
  }

  Optional<EtcdFacts.Status> status(NodeSpec master) {
    return of(master).flatMap(EtcdFacts::status);
  }

  /** The furthest revision that anybody is known to have; 0 where nothing is known. */
  long newestRevision() {
    return facts.values().stream().mapToLong(one -> one.revision().orElse(0)).max().orElse(0);
  }

  /**
   * A member that the file does not name was not asked: whether it lives, and what it has, is not
   * known.
   *
   * @throws Failure.Refused if there is one among {@code members}
   */
  void refuseStrangers(List<EtcdFacts.Member> members) {
    Set<String> ours = new HashSet<>();
    spec.masters().forEach(master -> ours.add(spec.fullName(master)));
    for (EtcdFacts.Member member : members) {
      if (!ours.contains(member.name())) {
        throw new Failure.Refused(
            (member.name().isEmpty() ? "member " + member.id() : member.name())
                + " is a member of etcd and no master of the file",
            "nothing was changed. Put it back into the file; where etcd has a quorum, mainstay"
                + " apply --remove NAME takes it out");
      }
    }
  }

  /** Mainstay's id of the cluster, which all hosts of it share; empty where there is none. */
  String clusterId() {
    Set<String> ids = new HashSet<>();
    facts.values().forEach(one -> ids.add(one.clusterId()));
    ids.remove("");
    if (ids.size() > 1) {
      throw new Failure.Refused(
          "the masters belong to different clusters: " + String.join(", ", ids),
          "nothing was changed; are the addresses right?");
    }
    return ids.stream().findFirst().orElse("");
  }
}
