package dev.mainstay.cluster;

import dev.mainstay.cluster.ClusterApi.Member;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Says whom a drill strikes, or why it must not: a pure function of what was observed.
 *
 * <p>A drill begins with a healthy cluster, and while it lasts a majority of etcd's members is
 * healthy and a master's API ready.
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
   * The drill.
   *
   * @throws Failure.Usage if the target is no node for this fault
   * @throws Failure.Refused if the cluster could not afford it, with why
   */
  static Drill of(ClusterSpec spec, ClusterFacts facts, Wish wish) {
    refuseTheUnwell(spec, facts);
    ClusterApi api = facts.api().orElseThrow(() -> new IllegalArgumentException("no API"));
    List<NodeSpec> targets = targets(spec, api, wish);
    for (NodeSpec target : targets) {
      refusal(spec, facts, api, wish.fault(), target)
          .ifPresent(why -> {
            throw new Failure.Refused(
                wish.fault().word() + " on " + target.name() + " is refused: " + why,
                "nothing was broken. A cluster that can lose a master has three");
          });
    }
    List<NodeSpec> watched = new ArrayList<>(spec.masters());
    watched.addAll(spec.workers().stream().limit(WATCHED_WORKERS).toList());
    watched.removeIf(node -> facts.host(node.name()).isEmpty());
    return new Drill(spec, wish.fault(), targets, watched, wish.lasts());
  }

  private static void refuseTheUnwell(ClusterSpec spec, ClusterFacts facts) {
    for (HostFacts host : facts.hosts().values()) {
      if (host.isInDrill()) {
        throw inDrill(host);
      }
    }
    List<String> lacks = new ArrayList<>();
    if (facts.api().isEmpty()) {
      lacks.add("no master answers at its API");
    } else {
      lacks.addAll(ClusterHealth.lacks(spec, facts, facts.api().get()));
    }
    facts.unreachable().values().forEach(lost -> lacks.add(String.valueOf(lost.getMessage())));
    if (!lacks.isEmpty()) {
      throw new Failure.Refused(
          "a drill begins with a healthy cluster, and this one is not:\n"
              + String.join("\n", lacks),
          "nothing was broken. mainstay status shows it, mainstay apply repairs it");
    }
  }

  /** What holds up whoever comes while a drill's fault is there. */
  static Failure inDrill(HostFacts host) {
    return new Failure.Locked(
        host.node() + " is in a drill whose fault is not healed yet",
        "it heals itself by a timer within minutes (there: systemctl list-timers"
            + " mainstay-drill-heal.timer); then run the same command again");
  }

  private static List<NodeSpec> targets(ClusterSpec spec, ClusterApi api, Wish wish) {
    if (wish.target().isEmpty()) {
      return switch (wish.fault()) {
        case ETCD_LEADER -> List.of(leader(spec, api));
        case PROXY_RESTART -> spec.nodes();
        case MASTER_DOWN, MASTER_BLACK_HOLE, MASTER_FROZEN -> spec.masters();
      };
    }
    NodeName name = wish.target().get();
    NodeSpec target =
        spec.node(name)
            .orElseThrow(() ->
                new Failure.Usage(
                    "the file has no node " + name, "mainstay status lists the nodes"));
    if (!target.isMaster() && wish.fault() != Fault.PROXY_RESTART) {
      throw new Failure.Usage(
          wish.fault().word() + ": " + name + " is a worker",
          "name one of the masters: "
              + String.join(
                  ", ", spec.masters().stream().map(master -> master.name().value()).toList()));
    }
    return List.of(target);
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

  private static Optional<String> refusal(
      ClusterSpec spec, ClusterFacts facts, ClusterApi api, Fault fault, NodeSpec target) {
    if (fault.takesMember()) {
      List<Member> voters = new Quorum(api.members()).voters();
      long left =
          voters.stream()
              .filter(Member::healthy)
              .filter(member -> !member.name().equals(spec.fullName(target)))
              .count();
      if (left < Quorum.of(voters.size())) {
        return Optional.of(
            "of etcd's %d members %d would be healthy without it, and %d are needed"
                .formatted(voters.size(), left, Quorum.of(voters.size())));
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
