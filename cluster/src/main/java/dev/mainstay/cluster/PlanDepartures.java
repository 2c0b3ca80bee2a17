package dev.mainstay.cluster;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;

import dev.mainstay.cluster.ClusterApi.Member;
import dev.mainstay.cluster.Departure.Cause;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import dev.mainstay.model.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Plans how machines leave a cluster: a pure function of what was observed.
 *
 * <pre>
 * 1. drain: pods go elsewhere, as their PodDisruptionBudgets allow           (side by side)
 * 2. the local proxies of the workers forget a master that leaves           (before it stops)
 * 3. retire: it gives the leadership of etcd away, its apiserver ends well  (masters, one at a time)
 * 4. its etcd member is removed, behind the arithmetic of quorum            (masters, one at a time)
 * 5. the other masters' hosts blocks forget it; joins may begin
 * 6. its host is reset, then its Node is deleted
 * </pre>
 *
 * <p>A machine that does not answer is only forgotten: 4 and 6 without the reset. In the order of 2
 * to 4 no request is lost: a proxy that is loaded anew does not end the sessions that it has, the
 * apiserver that ends well does. A host that is reset before its member is gone takes the quorum of
 * two with it.
 */
final class PlanDepartures {
  private static final String DRAIN = "nodes/drain";
  private static final String RETIRE = "masters/retire";
  private static final String MEMBER = "masters/remove";
  private static final String RESET = "nodes/reset";
  private static final String DELETE = "nodes/delete";

  private final ClusterSpec spec;
  private final ClusterFacts facts;
  private final Duration patience;
  private final List<Departure> departures;
  private final Map<NodeName, Set<String>> lastOf = new LinkedHashMap<>();
  private final Set<String> memberSteps = new LinkedHashSet<>();

  /**
   * Plans nothing yet.
   *
   * @param patience how long a drain may take
   */
  PlanDepartures(ClusterSpec spec, ClusterFacts facts, Duration patience) {
    this.spec = spec;
    this.facts = facts;
    this.patience = patience;
    // those that are lost already go first: each that is gone makes the rest safer
    this.departures =
        facts.departures().stream()
            .sorted(
                Comparator.comparing(Departure::serves)
                    .thenComparing(departure -> departure.node().name()))
            .toList();
  }

  /** Why {@code departure} is in the plan. */
  private static Why why(Departure departure) {
    return departure.cause() == Cause.REMOVED ? Why.NODE_UNWANTED : Why.REPLACEMENT_ASKED;
  }

  private Step<Action> step(
      String phase,
      Departure departure,
      String what,
      Disruption disrupts,
      Set<String> after,
      Action action) {
    Step<Action> step =
        new Step<>(
            phase + "/" + departure.node().name(),
            departure.node().name().value(),
            why(departure),
            what,
            disrupts,
            after,
            action);
    lastOf.put(departure.node().name(), Set.of(step.id()));
    return step;
  }

  private Set<String> lastOf(Departure departure) {
    return lastOf(departure.node().name());
  }

  /**
   * Refuses what would cost etcd its quorum or its data.
   *
   * @throws Failure.Refused with the arithmetic
   */
  void refuseLossOfQuorum() {
    List<Member> members = facts.api().map(ClusterApi::members).orElse(List.of());
    Quorum quorum = new Quorum(members);
    for (Departure departure : departures) {
      for (Member member : members) {
        if (departure.memberIds().contains(member.id()) && !member.learner()) {
          quorum
              .refusalToRemove(member)
              .ifPresent(arithmetic -> {
                throw new Failure.Refused(
                    departure.node().name() + " is not taken out, to protect quorum: " + arithmetic,
                    "repair the other masters first (mainstay status names them), or add masters to"
                        + " the file and apply that first. If a majority is gone for good: mainstay"
                        + " etcd recover");
              });
          quorum = quorum.without(Set.of(member.id()));
          refuseSeveredRest(departure, quorum);
        }
      }
    }
  }

  /** Where only who leaves reaches enough of the others, nobody of the rest could lead. */
  private void refuseSeveredRest(Departure departure, Quorum rest) {
    Peers peers = Peers.of(facts);
    List<Problem> severed = peers.problems(rest);
    if (!severed.isEmpty() && peers.canLose(rest) < 0) {
      throw new Failure.Refused(
          departure.node().name()
              + " is not taken out, to protect quorum: none of the rest would reach a majority: "
              + severed.stream()
                  .map(problem -> problem.where() + ": " + problem.what())
                  .collect(joining("; ")),
          "nothing was changed. " + severed.getFirst().advice());
    }
  }

  /** What {@code name}'s own machine, old or same, has to be through before it can be made anew. */
  Set<String> lastOf(NodeName name) {
    return lastOf.getOrDefault(name, Set.of());
  }

  /** What a machine that is made anew has to be through before its files are written. */
  Set<String> emptied(NodeName name) {
    return departures.stream()
            .anyMatch(one -> one.cause() == Cause.REBUILT && one.node().name().equals(name))
        ? lastOf(name)
        : Set.of();
  }

  /** The last steps of all machines that leave. */
  Set<String> all() {
    Set<String> all = new HashSet<>();
    lastOf.values().forEach(all::addAll);
    return all;
  }

  /** The steps after which etcd knows nobody who leaves. */
  Set<String> membersGone() {
    return memberSteps;
  }

  /** Whether workers' proxies have to forget a living master before it stops. */
  boolean workersGoFirst() {
    return departures.stream()
        .anyMatch(one -> one.node().isMaster() && one.serves() && one.cause() == Cause.REMOVED);
  }

  /** 1. */
  List<Step<Action>> drains() {
    List<Step<Action>> steps = new ArrayList<>();
    for (Departure departure : departures) {
      if (isDrained(departure)) {
        steps.add(
            step(
                DRAIN,
                departure,
                "take no new pods, let the pods there go elsewhere (at most "
                    + patience.toSeconds()
                    + " s)",
                Disruption.NODE,
                Set.of(),
                new Action.Drain(departure.node(), patience)));
      }
    }
    return steps;
  }

  /** The steps after which those of the role that leave have no pods any more. */
  Set<String> drained(Role role) {
    return departures.stream()
        .filter(departure -> departure.node().role() == role && isDrained(departure))
        .map(departure -> DRAIN + "/" + departure.node().name())
        .collect(toSet());
  }

  private static boolean isDrained(Departure departure) {
    return departure.hasNode() && departure.serves();
  }

  /**
   * 3 and 4, in turn.
   *
   * @param proxies the steps after which no worker's proxy leads to a master that leaves
   */
  List<Step<Action>> removals(Set<String> proxies) {
    List<Step<Action>> steps = new ArrayList<>();
    Set<String> previous = Set.of();
    for (Departure departure : departures) {
      if (!departure.node().isMaster()) {
        continue;
      }
      Set<String> after = new HashSet<>(lastOf(departure));
      after.addAll(previous);
      if (departure.serves()) {
        after.addAll(proxies);
        steps.add(
            step(
                RETIRE,
                departure,
                "once the others are a healthy majority without it, give the leadership of etcd"
                    + " away, stop its apiserver gracefully, point its proxy to the other masters",
                Disruption.NODE,
                after,
                new Action.RetireMaster(
                    departure.node(),
                    departure.memberIds(),
                    departure
                        .host()
                        .map(host -> ProxyTimeouts.of(host.roundTrips()))
                        .orElse(ProxyTimeouts.NEAR))));
        after = lastOf(departure);
      }
      if (!departure.memberIds().isEmpty()) {
        steps.add(
            step(
                MEMBER,
                departure,
                "remove its etcd member, once the others are a healthy majority without it",
                Disruption.CONTROL_PLANE,
                after,
                new Action.RemoveMember(departure.node(), departure.memberIds())));
        previous = lastOf(departure);
        memberSteps.addAll(previous);
      }
    }
    return steps;
  }

  /** 6. */
  List<Step<Action>> endings() {
    List<Step<Action>> resets = new ArrayList<>();
    List<Step<Action>> deletions = new ArrayList<>();
    for (Departure departure : departures) {
      if (departure.cause() == Cause.REBUILT) {
        continue; // kubeadm is undone and the Node deleted where the host is made a node anew
      }
      departure
          .host()
          .ifPresent(host ->
              resets.add(
                  step(
                      RESET,
                      departure,
                      "undo kubeadm, remove everything of Mainstay, its packages and its hosts"
                          + " block"
                          + (departure.node().isMaster()
                              ? "; the backups of etcd that lie there go with it"
                              : ""),
                      Disruption.NODE,
                      lastOf(departure),
                      Action.Reset.of(departure.node(), host))));
      if (departure.hasNode()) {
        deletions.add(
            step(
                DELETE,
                departure,
                "delete its Node"
                    + (departure.silence().isPresent() ? ": its machine does not answer" : ""),
                Disruption.NODE,
                lastOf(departure),
                new Action.DeleteNode(departure.node())));
      }
    }
    List<Step<Action>> steps = new ArrayList<>(resets);
    steps.addAll(deletions);
    return steps;
  }

  /**
   * Refuses to start a master again whose etcd member is gone: what it holds of etcd is of no use
   * any more, and its apiserver would wait for it in vain.
   *
   * @throws Failure.Refused with the way to go on
   */
  void refuseReturnWithoutMember() {
    if (facts.api().isEmpty()) {
      return;
    }
    List<Member> members = facts.api().get().members();
    for (NodeSpec master : spec.masters()) {
      boolean retired = facts.host(master.name()).map(HostFacts::isRetired).orElse(false);
      if (retired
          && departures.stream().noneMatch(one -> one.node().name().equals(master.name()))
          && members.stream().noneMatch(one -> one.name().equals(spec.fullName(master)))) {
        throw new Failure.Refused(
            master.name()
                + " was being taken out, and its etcd member is gone already: it cannot simply go"
                + " on",
            "nothing was changed. To make it a master again, with the data that the others have:"
                + " mainstay apply --replace "
                + master.name()
                + ". To finish taking it out, take its line out of the file: mainstay apply"
                + " --remove "
                + master.name());
      }
    }
  }

  /** Steps for nodes that were to leave and that the file has (again). */
  List<Step<Action>> returns() {
    Set<NodeName> leaving = new HashSet<>();
    departures.forEach(departure -> leaving.add(departure.node().name()));
    List<Step<Action>> steps = new ArrayList<>();
    for (NodeSpec node : spec.nodes()) {
      boolean drained =
          facts
              .api()
              .flatMap(api -> api.node(spec.fullName(node)))
              .map(ClusterApi.KubeNode::drained)
              .orElse(false);
      boolean retired = facts.host(node.name()).map(HostFacts::isRetired).orElse(false);
      if (!leaving.contains(node.name()) && (drained || retired)) {
        steps.add(
            new Step<>(
                "nodes/return/" + node.name(),
                node.name().value(),
                Why.REMOVAL_ABANDONED,
                (retired ? "start its static pods again, " : "") + "let it take pods again",
                Disruption.NONE,
                Set.of(),
                new Action.ReturnNode(node, retired)));
      }
    }
    return steps;
  }
}
