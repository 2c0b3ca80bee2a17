package dev.mainstay.cluster;

import static java.util.stream.Collectors.joining;

import dev.mainstay.cluster.ClusterApi.Member;
import dev.mainstay.cluster.ShowStatus.Look;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Says whom a drill strikes, or why it must not: a pure function of what was observed.
 *
 * <p>A drill begins with a cluster that {@code status} calls healthy, and while it lasts a majority
 * of etcd's members is healthy and a master's API ready.
 */
final class PlanDrill {
  private static final int WATCHED_WORKERS = 10;

  /**
   * What the user wants.
   *
   * @param target whom to strike; empty: whom the fault itself names, or every master in turn
   */
  record Wish(Fault fault, Optional<NodeName> target, Duration lasts) {}

  private PlanDrill() {}

  /**
   * One target's turn.
   *
   * @param through the master that is asked how the cluster is: another one, where there is one
   * @param watched the nodes on which it is watched what the fault comes to
   */
  record Turn(NodeSpec target, NodeSpec through, List<NodeSpec> watched) {
    Turn {
      watched = List.copyOf(watched);
    }
  }

  /**
   * The drill.
   *
   * @throws Failure.Usage if the target is no node for this fault
   * @throws Failure.Refused if the cluster is not healthy or could not afford it, with why
   * @throws Failure.Locked if another drill's fault is not healed yet
   */
  static Drill of(ClusterSpec spec, Look look, Wish wish) {
    refuseTheUnwell(look);
    ClusterApi api = look.facts().api().orElseThrow(() -> new IllegalArgumentException("no API"));
    List<NodeSpec> targets = targets(spec, look.facts(), api, wish);
    targets.forEach(target -> ensureAffordable(spec, look.facts(), api, wish.fault(), target));
    return new Drill(spec, wish.fault(), targets, wish.lasts());
  }

  /**
   * The turn of {@code agreed}, or of who leads etcd by now, as the cluster is at this look.
   *
   * @param agreed one of the drill's targets
   * @throws Failure as {@link #of} does
   */
  static Turn turn(Drill drill, NodeSpec agreed, Look look) {
    ClusterSpec spec = drill.spec();
    Optional<NodeName> name =
        drill.fault() == Fault.ETCD_LEADER ? Optional.empty() : Optional.of(agreed.name());
    NodeSpec target =
        of(spec, look, new Wish(drill.fault(), name, drill.lasts())).targets().getFirst();
    NodeSpec through =
        spec.masters().stream().filter(master -> !master.equals(target)).findFirst().orElse(target);
    Set<NodeSpec> watched = new LinkedHashSet<>(spec.masters());
    watched.addAll(spec.workers().stream().limit(WATCHED_WORKERS).toList());
    watched.add(target);
    if (drill.fault().takesApi()) {
      // its own proxy leads to itself
      watched.remove(target);
    }
    return new Turn(target, through, List.copyOf(watched));
  }

  private static void refuseTheUnwell(Look look) {
    for (HostFacts host : look.facts().hosts().values()) {
      if (host.isInDrill()) {
        throw inDrill(host);
      }
    }
    if (look.status().state() != ClusterStatus.State.HEALTHY) {
      throw new Failure.Refused(
          "a drill begins with a healthy cluster, and this one is not:\n"
              + look.status().problems().stream()
                  .map(problem -> problem.where() + ": " + problem.what())
                  .collect(Collectors.joining("\n")),
          "nothing was broken. mainstay status shows it, and what to do");
    }
  }

  /** What holds up whoever comes while a drill's fault is there. */
  static Failure inDrill(HostFacts host) {
    return new Failure.Locked(
        host.node() + " is in a drill whose fault is not healed yet",
        "it heals itself by a timer within minutes (there: systemctl list-timers"
            + " mainstay-drill-heal.timer); then run the same command again");
  }

  private static List<NodeSpec> targets(
      ClusterSpec spec, ClusterFacts facts, ClusterApi api, Wish wish) {
    if (wish.target().isEmpty()) {
      return switch (wish.fault()) {
        case ETCD_LEADER -> List.of(leader(spec, api));
        case PROXY_RESTART -> spec.nodes();
        case MASTER_DOWN, MASTER_BLACK_HOLE, MASTER_FROZEN -> spec.masters();
      };
    }
    NodeSpec target = wish.fault().target(spec, wish.target().get());
    if (wish.fault() == Fault.MASTER_BLACK_HOLE && isJumpHost(spec, facts, target)) {
      throw new Failure.Usage(
          wish.fault().word()
              + ": "
              + target.name()
              + " is the jump host of others, which would go with it",
          "name another master, or drill master-down " + target.name());
    }
    return List.of(target);
  }

  private static boolean isJumpHost(ClusterSpec spec, ClusterFacts facts, NodeSpec target) {
    Set<String> known = new HashSet<>();
    known.add(target.address().value());
    known.add(target.name().value());
    known.add(spec.fullName(target));
    facts.host(target.name()).ifPresent(host -> known.addAll(host.bindings().local()));
    return spec.nodes().stream()
        .flatMap(node -> node.ssh().jump().stream())
        .anyMatch(jump -> known.contains(jump.address()));
  }

  private static NodeSpec leader(ClusterSpec spec, ClusterApi api) {
    return api.members().stream()
        .filter(Member::leader)
        .flatMap(member ->
            spec.masters().stream().filter(master -> spec.fullName(master).equals(member.name())))
        .findFirst()
        .orElseThrow(
            () -> new Failure.Refused("etcd has no leader now", "nothing was broken; try again"));
  }

  /**
   * Whether {@code target} may be struck, as etcd and the API are now.
   *
   * @param facts those of the masters
   * @throws Failure.Refused if a majority of etcd, or the last ready API, would go with it
   */
  static void ensureAffordable(
      ClusterSpec spec, ClusterFacts facts, ClusterApi api, Fault fault, NodeSpec target) {
    refusal(spec, facts, api, fault, target)
        .ifPresent(why -> {
          throw new Failure.Refused(
              fault.word() + " on " + target.name() + " is refused: " + why,
              "nothing was broken. mainstay status shows the cluster; one that can lose a master"
                  + " has three that reach each other");
        });
  }

  private static Optional<String> refusal(
      ClusterSpec spec, ClusterFacts facts, ClusterApi api, Fault fault, NodeSpec target) {
    if (fault.takesMember()) {
      Quorum voters = new Quorum(api.members());
      int members = voters.voters().size();
      Set<String> rest = new HashSet<>(Peers.living(voters));
      rest.remove(target.name().value());
      if (rest.size() < Quorum.of(members)) {
        return Optional.of(
            "of etcd's %d members %d would be healthy without it, and %d are needed"
                .formatted(members, rest.size(), Quorum.of(members)));
      }
      Peers peers = Peers.of(facts);
      if (peers.canLose(rest, Quorum.of(members)) < 0) {
        return Optional.of(
            "without it none of etcd's members would reach a majority, as these do not reach each"
                + " other: "
                + peers.severed(rest).stream().map(Object::toString).collect(joining("; ")));
      }
    }
    boolean another =
        spec.masters().stream()
            .filter(master -> !master.equals(target))
            .anyMatch(master -> facts.host(master.name()).map(HostFacts::ready).orElse(false));
    return fault.takesApi() && !another
        ? Optional.of("no other master's API is ready")
        : Optional.empty();
  }
}
