package dev.mainstay.cluster;

import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Plans what nodes need whose address is another one than it was, or whose static pods and
 * kubeconfigs differ from what they should be. A pure function of what was observed.
 *
 * <p>While a quorum of etcd stands, masters are amended one after the other, each behind a gate,
 * and no worker's proxy learns of a moved master before that master is done: nobody talks to it
 * meanwhile. Where so many masters moved that there is no quorum, all are amended at the same time,
 * because there is nothing left to lose: the hosts blocks bring the quorum back.
 */
final class PlanAmendments {
  static final String MASTERS = "masters/amend";
  static final String WORKERS = "workers/move";

  private final ClusterSpec spec;
  private final ClusterFacts facts;
  private final Map<NodeName, Amendment> amendments = new LinkedHashMap<>();

  PlanAmendments(ClusterSpec spec, ClusterFacts facts) {
    this.spec = spec;
    this.facts = facts;
    boolean allServe =
        facts.departures().isEmpty()
            && spec.masters().stream().allMatch(master -> isFinished(master) && isReady(master))
            && facts
                .api()
                .filter(api -> api.members().size() == spec.masters().size())
                .filter(api ->
                    api.members().stream()
                        .allMatch(member -> member.healthy() && !member.learner()))
                .isPresent();
    for (NodeSpec node : spec.nodes()) {
      facts
          .host(node.name())
          .filter(host -> host.stage().compareTo(Stage.JOINED) >= 0)
          .map(host -> Amendment.of(spec, node, host, facts.api()))
          .ifPresent(all -> amendments.put(node.name(), allServe ? all : all.ofNow()));
    }
  }

  /** Every address that a node had before and none has now, sorted. */
  Set<String> abandonedAddresses() {
    Set<String> abandoned = new TreeSet<>();
    amendments.values().forEach(amendment -> amendment.from().ifPresent(abandoned::add));
    spec.nodes().forEach(node -> abandoned.remove(node.address().value()));
    return abandoned;
  }

  /** Whether no node needs any. */
  boolean areNone() {
    return amendments.values().stream().noneMatch(Amendment::isNeeded);
  }

  /** Whether etcd cannot have a quorum before the hosts blocks are written. */
  boolean quorumIsLost() {
    List<NodeSpec> masters = Observe.members(spec, facts.hosts());
    long standing =
        masters.stream()
            .map(master -> amendments.get(master.name()))
            .filter(amendment -> amendment != null && !amendment.isMoved())
            .count();
    return facts.api().isEmpty()
        && masters.size() > 1
        && masters.stream().anyMatch(this::isMoved)
        && standing <= masters.size() / 2;
  }

  /** Whether workers' proxies should learn of moved masters only when these are done. */
  boolean workersWait() {
    return !quorumIsLost()
        && spec.masters().size() > 1
        && spec.masters().stream().anyMatch(this::isMoved);
  }

  private boolean isMoved(NodeSpec node) {
    Amendment amendment = amendments.get(node.name());
    return amendment != null && amendment.isMoved();
  }

  /**
   * Steps for the masters that need any: first those that do not serve as they are, because the
   * others' turn comes only when they do; else in the file's order.
   *
   * @param prepared the ids of the steps that prepare a node's host
   */
  List<Step<Action>> masters(Function<NodeSpec, Set<String>> prepared) {
    List<Step<Action>> steps = new ArrayList<>();
    boolean lost = quorumIsLost();
    Set<String> everyMaster = new HashSet<>();
    List<NodeSpec> members = Observe.members(spec, facts.hosts());
    members.forEach(master -> everyMaster.addAll(prepared.apply(master)));
    Set<String> previous = new HashSet<>(everyMaster);
    for (NodeSpec master : members.stream().sorted(Comparator.comparing(this::isReady)).toList()) {
      Amendment amendment = amendments.get(master.name());
      if (amendment == null || !amendment.isNeeded()) {
        continue;
      }
      Step<Action> step =
          new Step<>(
              MASTERS + "/" + master.name(),
              master.name().value(),
              amendment.isMoved() ? Why.ADDRESS_CHANGED : Why.STATIC_POD_DIFFERS,
              String.join("; ", amendment.why()) + ": restart " + restarts(amendment),
              lost || members.size() <= 2 ? Disruption.CONTROL_PLANE : Disruption.NODE,
              lost ? prepared.apply(master) : previous,
              new Action.AmendMaster(
                  master, amendment.manifests(), amendment.containers(), amendment.from(), lost));
      steps.add(step);
      previous = Set.of(step.id());
    }
    return steps;
  }

  private boolean isReady(NodeSpec master) {
    return facts.host(master.name()).map(HostFacts::ready).orElse(false);
  }

  private static String restarts(Amendment amendment) {
    List<String> restarts = new ArrayList<>(amendment.containers());
    restarts.add("kubelet");
    if (amendment.isMoved()) {
      restarts.add("the DaemonSet pods on the host's network");
    }
    return String.join(", ", restarts);
  }

  /**
   * Steps for finished masters whose kubeconfigs lead elsewhere or whose etcd member is known by an
   * address, one after the other.
   *
   * @param after the ids of the steps that the first one waits for
   */
  List<Step<Action>> kubeconfigsOfMasters(Set<String> after) {
    List<Step<Action>> steps = new ArrayList<>();
    Set<String> previous = after;
    for (NodeSpec master : spec.masters()) {
      Amendment amendment = amendments.get(master.name());
      if (amendment == null || !isFinished(master)) {
        continue;
      }
      List<String> parts = new ArrayList<>(amendment.phrasesOfKubeconfigs());
      if (memberIsKnownByAddress(master)) {
        parts.add("its etcd member is known by an address");
      }
      if (parts.isEmpty()) {
        continue;
      }
      Step<Action> step =
          new Step<>(
              "masters/kubeconfigs/" + master.name(),
              master.name().value(),
              Why.KUBECONFIG_DIFFERS,
              String.join("; ", parts) + ": put right, restart what reads it",
              Disruption.NODE,
              previous,
              new Action.FinishMaster(master));
      steps.add(step);
      previous = Set.of(step.id());
    }
    return steps;
  }

  private boolean isFinished(NodeSpec node) {
    return facts.host(node.name()).map(HostFacts::isProvisioned).orElse(false);
  }

  private boolean memberIsKnownByAddress(NodeSpec master) {
    String name = spec.fullName(master);
    return facts.api().stream()
        .flatMap(api -> api.members().stream())
        .filter(member -> member.name().equals(name))
        .anyMatch(member -> !member.peerUrls().equals(List.of("https://" + name + ":2380")));
  }

  /**
   * Steps for the workers that need any, side by side.
   *
   * @param prepared the ids of the steps that prepare a node's host
   */
  List<Step<Action>> workers(Function<NodeSpec, Set<String>> prepared) {
    List<Step<Action>> steps = new ArrayList<>();
    for (NodeSpec worker : spec.workers()) {
      Optional<Amendment> amendment = Optional.ofNullable(amendments.get(worker.name()));
      if (amendment.isEmpty()) {
        continue;
      }
      Set<String> after = prepared.apply(worker);
      if (!amendment.get().kubeconfigs().isEmpty()) {
        Step<Action> step =
            new Step<>(
                "workers/kubeconfig/" + worker.name(),
                worker.name().value(),
                Why.KUBECONFIG_DIFFERS,
                "kubelet.conf leads elsewhere: point it to the cluster's endpoint, restart kubelet",
                Disruption.NODE,
                after,
                new Action.PointKubelet(worker));
        steps.add(step);
        after = Set.of(step.id());
      }
      if (amendment.get().isMoved()) {
        steps.add(
            new Step<>(
                WORKERS + "/" + worker.name(),
                worker.name().value(),
                Why.ADDRESS_CHANGED,
                String.join("; ", amendment.get().why()) + ": restart " + restarts(amendment.get()),
                Disruption.NODE,
                after,
                new Action.MoveWorker(worker)));
      }
    }
    return steps;
  }
}
