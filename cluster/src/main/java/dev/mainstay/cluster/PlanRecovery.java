package dev.mainstay.cluster;

import dev.mainstay.cluster.EtcdFacts.Restoring;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How a cluster goes on after its etcd lost the quorum for good: a pure function of what was seen.
 *
 * <pre>
 * 1. it is refused while a quorum is alive, or could be: members that answer count, and workers
 *    that still find a ready API; whoever cannot be reached from here the survivor asks itself
 * 2. of the survivors the one is chosen whose data reaches furthest: what a member has applied, all
 *    members agreed upon, so that of two the longer one has all that the shorter one has
 * 3. that one is rebuilt as a cluster of one member; nothing of it is deleted
 * 4. the Nodes of all other masters are taken away, by name
 * 5. other survivors are taken out, their data put aside; apply joins them anew
 * </pre>
 */
final class PlanRecovery {
  static final String REBUILD = "etcd/rebuild";
  static final String FORGET = "etcd/forget";
  static final String SET_ASIDE = "etcd/set-aside";
  static final String ANSWER = "workers/answer";

  private final EtcdView view;
  private final ClusterSpec spec;
  private final Set<NodeName> lost;
  private final List<NodeSpec> answering;
  private final List<NodeSpec> workers;
  private final String freshId;

  /**
   * Prepares a plan.
   *
   * @param lost masters that the user gives up although they can be reached
   * @param answering workers through whose local proxy a ready API answers
   * @param workers those that can be reached
   */
  PlanRecovery(
      EtcdView view,
      Set<NodeName> lost,
      List<NodeSpec> answering,
      List<NodeSpec> workers,
      String freshId) {
    this.view = view;
    this.spec = view.spec();
    this.lost = Set.copyOf(lost);
    this.answering = List.copyOf(answering);
    this.workers = List.copyOf(workers);
    this.freshId = freshId;
  }

  /**
   * A planned recovery.
   *
   * @param survivor the master that is rebuilt
   * @param revision up to which its data reaches; 0 where that is not known
   * @param others survivors that join anew
   * @param givenUp masters that are gone for good
   * @param fromFile whether its etcd does not answer, so that its files may have to do
   * @param startsOnly whether an earlier run rebuilt it, and all that is done now is to start it:
   *     the next run sees who is in its cluster
   * @param unreached masters that cannot be reached and that the user did not give up by name: only
   *     the survivor can tell whether they live, and where one does all this is to be refused
   */
  record Planned(
      NodeSpec survivor,
      long revision,
      List<NodeSpec> others,
      List<NodeSpec> givenUp,
      boolean fromFile,
      boolean goesOn,
      boolean startsOnly,
      List<NodeSpec> unreached,
      Plan<Action> plan) {
    Planned {
      others = List.copyOf(others);
      givenUp = List.copyOf(givenUp);
      unreached = List.copyOf(unreached);
    }
  }

  /**
   * The plan.
   *
   * @throws Failure.Refused while a quorum is alive or could be, or where nothing survived
   */
  Planned plan() {
    view.clusterId();
    refuseUnseen();
    refuseServing();
    Optional<NodeSpec> begun = begun();
    if (begun.isEmpty()) {
      // a learner, or who never started, is in no quorum and has nothing
      view.refuseStrangers(
          view.members().stream()
              .filter(member -> !member.learner() && !member.name().isEmpty())
              .toList());
      refuseQuorum();
    } else {
      refuseQuorumBeside(begun.get());
    }
    List<NodeSpec> survivors = survivors();
    if (begun.isEmpty()) {
      refuseUnknown(survivors);
    }
    if (begun.isEmpty() && survivors.isEmpty()) {
      throw new Failure.Refused(
          "no master that can be reached has data of etcd" + unreachable(),
          "bring one of them back, or its disk. Where the masters are there and only their data is"
              + " gone: mainstay etcd restore, with a backup and its .json. If all are gone for"
              + " good, so is the cluster: make a new one; a backup of etcd belongs to the"
              + " certificates of the old one");
    }
    NodeSpec survivor = begun.orElseGet(() -> newest(survivors));
    if (begun.isPresent() && isStartedAndSilent(begun.get())) {
      return startAlone(begun.get());
    }
    String id =
        begun.flatMap(view::of).flatMap(EtcdFacts::restore).map(Restoring::id).orElse(freshId);
    List<NodeSpec> others =
        view.reachable().stream()
            .filter(master -> !master.equals(survivor) && !isIn(rebuiltBy(begun), master))
            .filter(master ->
                view.of(master)
                    .map(one -> one.hasData() || one.stage() != Stage.EMPTY)
                    .orElse(false))
            .toList();
    List<NodeSpec> givenUp =
        spec.masters().stream()
            .filter(master -> !master.equals(survivor) && !others.contains(master))
            .filter(master -> !isIn(rebuiltBy(begun), master))
            .toList();
    return new Planned(
        survivor,
        view.of(survivor).map(one -> one.revision().orElse(0)).orElse(0L),
        others,
        givenUp,
        view.status(survivor).isEmpty(),
        begun.isPresent(),
        false,
        unreached(),
        new Plan<>(phases(survivor, id, others, givenUp)));
  }

  /** Nobody can tell then who is of its cluster and who is not. */
  private boolean isStartedAndSilent(NodeSpec begun) {
    return stepOf(begun) == Restoring.Step.STARTED && view.status(begun).isEmpty();
  }

  /** It is started and nobody else touched: the next run sees who is in its cluster. */
  private Planned startAlone(NodeSpec begun) {
    String id = view.of(begun).flatMap(EtcdFacts::restore).orElseThrow().id();
    return new Planned(
        begun,
        0,
        List.of(),
        List.of(),
        true,
        true,
        true,
        List.of(),
        new Plan<>(
            List.of(
                new Phase<>(
                    REBUILD,
                    "the survivor",
                    List.of(
                        step(
                            REBUILD + "/" + begun.name(),
                            begun.name().value(),
                            "start it on the data that it was rebuilt from; run the same command"
                                + " again for the rest",
                            Disruption.NONE,
                            Set.of(),
                            new EtcdAction.Rebuild(
                                begun, id, spec.fullName(begun), PlanRestore.BUMP, List.of())))))));
  }

  private List<NodeSpec> unreached() {
    return spec.masters().stream()
        .filter(master -> view.of(master).isEmpty() && !lost.contains(master.name()))
        .toList();
  }

  /** etcd's id of the cluster that a recovery has made already; empty where it made none yet. */
  private Optional<String> rebuiltBy(Optional<NodeSpec> begun) {
    return begun
        .filter(master -> stepOf(master) == Restoring.Step.STARTED)
        .flatMap(view::status)
        .map(EtcdFacts.Status::clusterId);
  }

  private boolean isIn(Optional<String> etcdCluster, NodeSpec master) {
    return etcdCluster.isPresent()
        && view.status(master).map(EtcdFacts.Status::clusterId).equals(etcdCluster);
  }

  private Restoring.Step stepOf(NodeSpec master) {
    return view.of(master)
        .flatMap(EtcdFacts::restore)
        .map(Restoring::step)
        .orElse(Restoring.Step.DONE);
  }

  private List<Phase<Action>> phases(
      NodeSpec survivor, String id, List<NodeSpec> others, List<NodeSpec> givenUp) {
    List<Phase<Action>> phases = new ArrayList<>();
    // what they have is needed where the survivor cannot be rebuilt, so that they wait for it;
    // unless they could be a quorum of their own meanwhile: so many, or one that was rebuilt
    boolean asideFirst =
        others.size() >= view.quorum() || others.stream().anyMatch(other -> isRebuilt(view, other));
    String rebuilding = REBUILD + "/" + survivor.name();
    List<Step<Action>> aside = new ArrayList<>();
    for (NodeSpec other : others) {
      aside.add(
          step(
              SET_ASIDE + "/" + other.name(),
              other.name().value(),
              "stop it, keep its old data aside and undo kubeadm, so that it can join anew",
              Disruption.NODE,
              asideFirst ? Set.of() : Set.of(rebuilding),
              new EtcdAction.SetAside(other, id)));
    }
    if (asideFirst) {
      phases.add(new Phase<>(SET_ASIDE, "other survivors", aside));
    }
    Step<Action> rebuild =
        step(
            rebuilding,
            survivor.name().value(),
            "make a cluster of one member out of its data, of which a copy is kept",
            Disruption.CONTROL_PLANE,
            asideFirst ? aside.stream().map(Step::id).collect(Collectors.toSet()) : Set.of(),
            new EtcdAction.Rebuild(
                survivor, id, spec.fullName(survivor), PlanRestore.BUMP, unreached()));
    phases.add(new Phase<>(REBUILD, "the survivor", List.of(rebuild)));
    if (!asideFirst) {
      phases.add(new Phase<>(SET_ASIDE, "other survivors", aside));
    }
    List<String> names =
        spec.masters().stream()
            .filter(master -> others.contains(master) || givenUp.contains(master))
            .map(spec::fullName)
            .toList();
    Set<String> last = aside.stream().map(Step::id).collect(Collectors.toSet());
    last.add(rebuild.id());
    if (!names.isEmpty()) {
      // their pods are given up with them: not while a survivor still runs some
      Set<String> stopped = Set.copyOf(last);
      last.add(FORGET);
      phases.add(
          new Phase<>(
              FORGET,
              "Nodes of the other masters",
              List.of(
                  step(
                      FORGET,
                      "",
                      "take away the Nodes of " + String.join(", ", names),
                      Disruption.NONE,
                      stopped,
                      new EtcdAction.ForgetNodes(survivor, names)))));
    }
    phases.add(
        new Phase<>(
            PlanRestore.FINISH,
            "the survivor, done",
            List.of(
                step(
                    PlanRestore.FINISH + "/" + survivor.name(),
                    survivor.name().value(),
                    "note that the recovery is at its end; what it had before stays under"
                        + " /var/lib/mainstay/backup/etcd-"
                        + id,
                    Disruption.NONE,
                    last,
                    new EtcdAction.Finish(survivor, id)))));
    phases.add(
        new Phase<>(
            ANSWER,
            "workers' way to the API",
            workers.stream()
                .map(worker ->
                    step(
                        ANSWER + "/" + worker.name(),
                        worker.name().value(),
                        "wait until the API answers through its local proxy",
                        Disruption.NONE,
                        Set.of(rebuild.id()),
                        new EtcdAction.Answer(worker)))
                .toList()));
    return phases;
  }

  private static Step<Action> step(
      String id, String node, String what, Disruption disrupts, Set<String> after, Action action) {
    return new Step<>(id, node, Why.QUORUM_LOST, what, disrupts, after, action);
  }

  /** Whether an earlier recovery gave it a cluster of its own, and did not end. */
  static boolean isRebuilt(EtcdView view, NodeSpec master) {
    return view.of(master)
        .flatMap(EtcdFacts::restore)
        .filter(one -> one.isUnfinished() && one.sha256().equals("recover"))
        .map(one -> one.step().compareTo(Restoring.Step.SWAPPED) >= 0)
        .orElse(false);
  }

  /** The master whose recovery began in an earlier run and did not end, and is not given up. */
  private Optional<NodeSpec> begun() {
    List<NodeSpec> begun = new ArrayList<>();
    for (NodeSpec master : view.reachable()) {
      if (lost.contains(master.name())) {
        continue; // it is taken out like any other
      }
      Optional<Restoring> restore = view.of(master).flatMap(EtcdFacts::restore);
      if (restore.isEmpty()
          || !restore.get().isUnfinished()
          // its etcd went on meanwhile, perhaps: what was prepared is made anew
          || restore.get().step() == Restoring.Step.PREPARED) {
        continue;
      }
      if (!restore.get().sha256().equals("recover")) {
        if (restore.get().step() == Restoring.Step.STARTED) {
          continue; // its data is the restored data, and as good as another's
        }
        throw new Failure.Refused(
            master.name() + ": a restore, " + restore.get().id() + ", is not at its end",
            "go on with that one first: mainstay etcd restore with its file; or give it up:"
                + " mainstay etcd undo, with --lost NAME for each master that is gone for good."
                + " Where both refuse, as another master was started on it and too few are left:"
                + " --lost "
                + master.name());
      }
      begun.add(master);
    }
    if (begun.size() > 1) {
      throw new Failure.Refused(
          "recoveries of several masters are not at their end: "
              + begun.stream().map(one -> one.name().value()).collect(Collectors.joining(", ")),
          "nothing was changed. Go on with the one that is to carry the cluster on: --lost NAME for"
              + " the others, which are stopped for good first");
    }
    return begun.stream().findFirst();
  }

  /** The masters that have data and are not given up, in the file's order. */
  private List<NodeSpec> survivors() {
    return view.reachable().stream()
        .filter(master -> view.of(master).map(EtcdFacts::hasData).orElse(false))
        .filter(master -> !lost.contains(master.name()))
        .toList();
  }

  private void refuseQuorum() {
    List<NodeSpec> healthy = view.healthy();
    if (!healthy.isEmpty()) {
      throw new Failure.Refused(
          "etcd has a quorum: %s take part in it; of %d members %d have to"
              .formatted(names(healthy), view.voters(), view.quorum()),
          "nothing is to be recovered, and nothing was changed. A master that is gone for good is"
              + " replaced by mainstay apply --replace NAME");
    }
    if (!answering.isEmpty()) {
      throw new Failure.Refused(
          "%s still finds a ready API, so that a quorum is alive that cannot be seen from here%s"
              .formatted(names(answering), unreachable()),
          "nothing was changed. Find out why masters cannot be reached from this machine");
    }
    List<NodeSpec> survivors = survivors();
    if (survivors.size() >= view.quorum()) {
      throw new Failure.Refused(
          "of %d members %d make a quorum, and %d can be reached and have their data: %s"
              .formatted(view.voters(), view.quorum(), survivors.size(), names(survivors)),
          "nothing was changed: their etcd can come back. On each: systemctl status kubelet; crictl"
              + " ps -a --name etcd. If the data of one is gone for good: --lost NAME");
    }
  }

  /**
   * Who was stopped for a recovery that broke off waits; whoever came back meanwhile must not be
   * stopped for it.
   */
  private void refuseQuorumBeside(NodeSpec begun) {
    if (isStartedAndSilent(begun)) {
      return;
    }
    boolean started = stepOf(begun) == Restoring.Step.STARTED;
    List<NodeSpec> alive =
        view.healthy().stream()
            .filter(master -> !master.equals(begun) && !isIn(rebuiltBy(Optional.of(begun)), master))
            .toList();
    if (!alive.isEmpty()) {
      throw new Failure.Refused(
          "%s came back and %s a quorum without %s, whose recovery is not at its end"
              .formatted(names(alive), alive.size() == 1 ? "has" : "have", begun.name()),
          started
              ? "nothing was changed. There are two clusters now: switch "
                  + names(alive)
                  + " off at once, or wipe "
                  + begun.name()
                  + " and give up what was written there since"
              : "nothing was changed. mainstay etcd undo gives "
                  + begun.name()
                  + " back what it had, so that it takes part again");
    }
    if (!started && !answering.isEmpty()) {
      throw new Failure.Refused(
          "%s still finds a ready API, so that a quorum is alive that cannot be seen from here%s"
              .formatted(names(answering), unreachable()),
          "nothing was changed. mainstay etcd undo gives "
              + begun.name()
              + " back what it had, so that it takes part again");
    }
  }

  /** Who answers without letting itself be looked at may have what nobody else has. */
  private void refuseUnseen() {
    view.unreachable().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .filter(one -> !lost.contains(one.getKey()))
        .filter(one -> !isGone(one.getValue()))
        .findFirst()
        .ifPresent(one -> {
          throw new Failure.Refused(
              one.getKey()
                  + " answers and cannot be looked at, so that it may have the newest data: "
                  + one.getValue().getMessage(),
              "nothing was changed. "
                  + one.getValue().advice()
                  + ". If its data is gone for good: --lost "
                  + one.getKey());
        });
  }

  /** Who was rebuilt is a quorum by itself: what it took in since would be lost. */
  private void refuseServing() {
    view.reachable().stream()
        .filter(master -> lost.contains(master.name()) && isRebuilt(view, master))
        .filter(master -> view.status(master).isPresent())
        .findFirst()
        .ifPresent(master -> {
          throw new Failure.Refused(
              master.name() + ": the etcd that an earlier recovery made there serves",
              "nothing was changed. Go on with it, without --lost "
                  + master.name()
                  + "; if it is to be given up, with all that was written there since, switch it"
                  + " off for good first");
        });
  }

  private static boolean isGone(Failure failure) {
    return failure instanceof Failure.Unreachable
        && (failure.isRetryable() || failure.isOtherMachine());
  }

  /** Of several that have data, whose reaches furthest must be known and not guessed. */
  private void refuseUnknown(List<NodeSpec> survivors) {
    List<NodeSpec> unknown =
        survivors.stream()
            .filter(master -> view.of(master).map(one -> one.revision().isEmpty()).orElse(true))
            .toList();
    if (survivors.size() > 1 && !unknown.isEmpty()) {
      throw new Failure.Refused(
          "how far the data reaches is not known of %s: its etcd does not answer, and its database"
                  .formatted(names(unknown))
              + " cannot be read",
          "nothing was changed. It may be starting: run the same command again in a minute. If its"
              + " data is gone for good: --lost NAME");
    }
  }

  private String unreachable() {
    StringBuilder text = new StringBuilder();
    view.unreachable().values().forEach(why -> text.append('\n').append(why.getMessage()));
    return text.toString();
  }

  private NodeSpec newest(List<NodeSpec> survivors) {
    return survivors.stream()
        .max(
            Comparator.comparingLong((NodeSpec master) ->
                    view.of(master).map(one -> one.revision().orElse(-1)).orElse(-1L))
                .thenComparingLong(
                    master -> view.status(master).map(EtcdFacts.Status::applied).orElse(0L))
                .thenComparingInt(master -> -survivors.indexOf(master)))
        .orElseThrow();
  }

  private static String names(List<NodeSpec> nodes) {
    return nodes.stream().map(node -> node.name().value()).collect(Collectors.joining(", "));
  }
}
