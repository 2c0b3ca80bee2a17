package dev.mainstay.cluster;

import dev.mainstay.cluster.EtcdFacts.Restoring;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How the whole of etcd goes back to a snapshot: a pure function of what was seen.
 *
 * <pre>
 * 1. while the cluster serves: a verified snapshot of what is there now, where etcd answers;
 *    then on every master the snapshot, restored beside the member's data
 * 2. every master is stopped                  when all are prepared
 * 3. every master gets its restored data      when all are stopped
 * 4. every master starts                      when all have it
 * 5. nodes that the snapshot does not know register themselves
 * 6. the old data goes to where it is kept, and the restore is at its end
 * 7. a look at the whole, for which mainstay apply will do as well
 * </pre>
 *
 * <p>It keeps: no master runs on restored data while another one may run on its old: each row waits
 * for all of the row before. Each host remembers how far it is, so that a later run with the same
 * snapshot goes on, as the same restore. Before row 4 begins everything can be undone; once it has
 * begun, masters that are lost then are left out, if the others are a quorum.
 */
final class PlanRestore {
  /** What to do where one broke off. */
  static final String GO_ON =
      "unless one is going on: run the mainstay etcd command again that began it. As long as no"
          + " master was started on the new data, mainstay etcd undo takes it back; where the"
          + " others went on without this one: mainstay apply --replace NAME";

  static final String KEEP = "etcd/keep";
  static final String PREPARE = "etcd/prepare";
  static final String STOP = "etcd/stop";
  static final String SWAP = "etcd/swap";
  static final String START = "etcd/start";
  static final String FINISH = "etcd/finish";
  static final String REGISTER = "nodes/register";

  /** More than anybody can have seen since: watchers never see time go back. */
  static final long BUMP = 1_000_000_000;

  private final EtcdView view;
  private final ClusterSpec spec;
  private final String sha256;
  private final long revision;
  private final String freshId;
  private final List<NodeSpec> workers;

  /**
   * Prepares a plan.
   *
   * @param workers those that can be reached
   * @param sha256 the snapshot's
   * @param revision the snapshot's
   * @param freshId the id of a restore that does not go on with another
   */
  PlanRestore(EtcdView view, List<NodeSpec> workers, String sha256, long revision, String freshId) {
    this.workers = List.copyOf(workers);
    this.view = view;
    this.spec = view.spec();
    this.sha256 = sha256;
    this.revision = revision;
    this.freshId = freshId;
  }

  /**
   * A planned restore.
   *
   * @param goesOn whether an earlier run began it
   * @param endsOnly whether all masters serve on its data already, so that nothing is taken back
   *     any more
   * @param without masters that cannot be reached, without which a restore goes on that has started
   *     others
   */
  record Planned(
      String id, boolean goesOn, boolean endsOnly, List<NodeSpec> without, Plan<Action> plan) {
    Planned {
      without = List.copyOf(without);
    }
  }

  /**
   * The plan.
   *
   * @throws Failure.Refused if not all members can be restored together
   */
  Planned plan() {
    List<NodeSpec> masters = masters();
    Optional<String> begun = begun(masters);
    String id = begun.orElse(freshId);
    List<NodeSpec> part =
        begun.isEmpty()
            ? masters
            : masters.stream().filter(master -> stepOf(master, id).isPresent()).toList();
    Set<String> prepared = new HashSet<>();
    List<Phase<Action>> phases = new ArrayList<>();
    if (begun.isEmpty()) {
      List<Step<Action>> keep = keep(id);
      phases.add(new Phase<>(KEEP, "what is there now, kept", keep));
      keep.forEach(step -> prepared.add(step.id()));
      List<Step<Action>> prepare =
          each(
              masters,
              PREPARE,
              "send the snapshot and restore it beside the data of the member, which goes on",
              Disruption.NONE,
              ids(keep),
              master ->
                  new EtcdAction.Prepare(
                      master, id, spec.fullName(master), cluster(masters), bump()));
      phases.add(new Phase<>(PREPARE, "the snapshot on every master", prepare));
      prepare.forEach(step -> prepared.add(step.id()));
    }
    List<Step<Action>> stop =
        each(
            before(part, id, Restoring.Step.SWAPPED),
            STOP,
            "stop kubelet and the control plane; workloads go on",
            Disruption.CONTROL_PLANE,
            prepared,
            master -> new EtcdAction.Stop(master, id));
    phases.add(new Phase<>(STOP, "every master stopped", stop));
    List<Step<Action>> swap =
        each(
            before(part, id, Restoring.Step.SWAPPED),
            SWAP,
            "put the data of the member aside and the restored data into its place",
            Disruption.CONTROL_PLANE,
            ids(stop),
            master -> new EtcdAction.Swap(master, id));
    phases.add(new Phase<>(SWAP, "restored data in its place", swap));
    List<Step<Action>> start =
        each(
            before(part, id, Restoring.Step.DONE),
            START,
            "start it on its restored data and wait until its etcd and API answer",
            Disruption.CONTROL_PLANE,
            ids(swap),
            master -> new EtcdAction.Start(master, id));
    phases.add(new Phase<>(START, "every master started", start));
    List<Step<Action>> register =
        each(
            Stream.concat(masters.stream(), workers.stream()).toList(),
            REGISTER,
            "where the snapshot does not know it, or had it with other addresses for pods: restart"
                + " its kubelet, and its pods",
            Disruption.NODE,
            ids(start),
            Action.RegisterNode::new);
    phases.add(new Phase<>(REGISTER, "nodes that joined after the snapshot", register));
    List<Step<Action>> finish =
        each(
            before(part, id, Restoring.Step.DONE),
            FINISH,
            "keep the data from before under /var/lib/mainstay/backup/etcd-" + id,
            Disruption.NONE,
            // a node that does not register is waited for by the same restore, run again
            ids(register),
            master -> new EtcdAction.Finish(master, id));
    phases.add(new Phase<>(FINISH, "the old data, kept", finish));
    Step<Action> verify =
        new Step<>(
            "cluster/verify",
            "",
            Why.RESTORE_ASKED,
            "wait until every node, etcd member, local proxy and add-on is well",
            Disruption.NONE,
            ids(finish),
            new Action.Verify());
    phases.add(new Phase<>("cluster/verify", "a look at the whole", List.of(verify)));
    return new Planned(
        id,
        begun.isPresent(),
        begun.isPresent() && allServe(part),
        isDispensable() ? unreached() : List.of(),
        new Plan<>(phases));
  }

  /** The masters that have a member, each of which must take part; but see isDispensable. */
  private List<NodeSpec> masters() {
    Set<String> memberNames = memberNames();
    List<NodeSpec> unreached = isDispensable() ? List.of() : unreached();
    List<NodeSpec> masters = new ArrayList<>();
    List<String> lacking = new ArrayList<>();
    for (NodeSpec master : spec.masters()) {
      String name = spec.fullName(master);
      Optional<EtcdFacts> facts = view.of(master);
      if (facts.isEmpty()) {
        // whoever cannot be asked would keep its old data
        if (unreached.contains(master)) {
          Failure why = view.unreachable().get(master.name());
          lacking.add(why == null ? master.name().value() : String.valueOf(why.getMessage()));
        }
      } else if (facts.get().stage() == Stage.PROVISIONED) {
        masters.add(master);
      } else if (memberNames.contains(name) || facts.get().stage() == Stage.JOINED) {
        lacking.add(master.name() + " is not finished: run mainstay apply first");
      }
    }
    if (!lacking.isEmpty()) {
      throw new Failure.Refused(
          "a restore needs every member, or one would come back with its old data:\n"
              + String.join("\n", lacking),
          "nothing was changed. Bring it back; one that is gone for good is removed first (mainstay"
              + " apply --remove NAME); if so many are gone that there is no quorum: mainstay etcd"
              + " recover, then restore. Where a restore broke off: mainstay etcd undo gives the"
              + " masters back what they had; once it started one, it goes on without masters that"
              + " cannot be reached, as soon as the others are a quorum");
    }
    view.refuseStrangers(view.members());
    if (masters.isEmpty()) {
      throw new Failure.Refused(
          "no master has a member of etcd",
          "nothing was changed. Make the cluster: mainstay apply");
    }
    return masters;
  }

  /** The masters that cannot be asked and may be members. */
  private List<NodeSpec> unreached() {
    Set<String> memberNames = memberNames();
    return spec.masters().stream()
        .filter(master -> view.of(master).isEmpty())
        .filter(master -> memberNames.isEmpty() || memberNames.contains(spec.fullName(master)))
        .toList();
  }

  private Set<String> memberNames() {
    return view.members().stream().map(EtcdFacts.Member::name).collect(Collectors.toSet());
  }

  /**
   * Whether masters that cannot be reached may be left out: where the restore of this snapshot has
   * started one, all had put their old data aside before; and with a quorum the others go on.
   */
  private boolean isDispensable() {
    Set<String> started = new HashSet<>();
    Set<String> unfinished = new HashSet<>();
    for (NodeSpec master : view.reachable()) {
      view.of(master)
          .flatMap(EtcdFacts::restore)
          .filter(one -> one.sha256().equals(sha256))
          .ifPresent(one -> {
            if (one.step().compareTo(Restoring.Step.STARTED) >= 0) {
              started.add(one.id());
            }
            if (one.isUnfinished()) {
              unfinished.add(one.id());
            }
          });
    }
    return unfinished.stream()
        .filter(started::contains)
        .anyMatch(id ->
            view.reachable().stream().filter(master -> stepOf(master, id).isPresent()).count()
                >= view.quorum());
  }

  /** The id of the restore that a run before this one began to carry out and did not end. */
  private Optional<String> begun(List<NodeSpec> masters) {
    Set<String> ids = new HashSet<>();
    for (NodeSpec master : masters) {
      view.of(master)
          .flatMap(EtcdFacts::restore)
          .filter(one -> one.isUnfinished() && one.step() != Restoring.Step.PREPARED)
          .ifPresent(one -> {
            if (one.sha256().equals(sha256)) {
              ids.add(one.id());
            } else if (!serves(master, one)) {
              throw new Failure.Refused(
                  one.sha256().equals("recover")
                      ? master.name() + ": a recovery, " + one.id() + ", is not at its end"
                      : master.name()
                          + ": the restore of another snapshot, "
                          + one.id()
                          + ", is not at its end; its sha256 is "
                          + one.sha256(),
                  (one.sha256().equals("recover")
                          ? "go on with that one first: mainstay etcd recover"
                          : "go on with that one first: mainstay etcd restore with its file")
                      + "; or give it up: mainstay etcd undo");
            }
          });
    }
    if (ids.size() > 1) {
      throw new Failure.Refused(
          "the masters are in the middle of different restores: " + String.join(", ", ids),
          "nothing was changed. mainstay etcd undo gives them back what they had, as far as none"
              + " was started; docs/etcd.md says how to look at each host");
    }
    ids.forEach(id -> refuseHalf(masters, id));
    return ids.stream().findFirst();
  }

  /** Whether a run before this one began to restore the snapshot with {@code sha256}. */
  static boolean hasBegun(EtcdView view, String sha256) {
    return view.facts().values().stream()
        .flatMap(one -> one.restore().stream())
        .filter(one -> one.isUnfinished() && one.step() != Restoring.Step.PREPARED)
        .anyMatch(one -> one.sha256().equals(sha256));
  }

  /** Whether a master that was started on new data does what it should: it only was not noted. */
  private boolean serves(NodeSpec master, Restoring restore) {
    return restore.step() == Restoring.Step.STARTED
        && view.of(master).map(EtcdFacts::healthy).orElse(false);
  }

  private boolean allServe(List<NodeSpec> masters) {
    return masters.stream()
        .allMatch(master ->
            view.of(master)
                .flatMap(EtcdFacts::restore)
                .map(one -> one.step() == Restoring.Step.DONE || serves(master, one))
                .orElse(false));
  }

  /** All take part in restore {@code id}; but those that joined once the others were well again. */
  private void refuseHalf(List<NodeSpec> masters, String id) {
    List<NodeSpec> part =
        masters.stream().filter(master -> stepOf(master, id).isPresent()).toList();
    boolean allServe = allServe(part);
    for (NodeSpec master : masters) {
      if (!part.contains(master) && !allServe) {
        boolean othersWentOn = !view.healthy().isEmpty();
        String names =
            part.stream().map(one -> one.name().value()).collect(Collectors.joining(", "));
        boolean started =
            part.stream()
                .anyMatch(one ->
                    stepOf(one, id)
                        .map(step -> step.compareTo(Restoring.Step.STARTED) >= 0)
                        .orElse(false));
        throw new Failure.Refused(
            master.name() + " does not take part in restore " + id + ", which " + names + " is in",
            started && othersWentOn
                ? "nothing was changed. The others went on without it: mainstay apply --replace "
                    + names
                : "nothing was changed. mainstay etcd undo gives back what was there; then restore"
                    + " anew");
      }
    }
  }

  private Optional<Restoring.Step> stepOf(NodeSpec master, String id) {
    return view.of(master)
        .flatMap(EtcdFacts::restore)
        .filter(one -> one.id().equals(id))
        .map(Restoring::step);
  }

  /** Those that have not come to {@code step} of restore {@code id}. */
  private List<NodeSpec> before(List<NodeSpec> masters, String id, Restoring.Step step) {
    return masters.stream()
        .filter(master -> stepOf(master, id).map(is -> is.compareTo(step) < 0).orElse(true))
        .toList();
  }

  private List<Step<Action>> keep(String id) {
    List<NodeSpec> sources = view.healthy().isEmpty() ? List.of() : view.sources();
    return sources.stream()
        .limit(1)
        .map(master ->
            step(
                KEEP,
                master,
                "keep a verified snapshot of what is there now",
                Disruption.NONE,
                Set.of(),
                new EtcdAction.Keep(master, id)))
        .toList();
  }

  /** Enough that the restored revision is ahead of every one that anybody has seen. */
  private long bump() {
    return Math.max(0, view.newestRevision() - revision) + BUMP;
  }

  private String cluster(List<NodeSpec> masters) {
    return masters.stream()
        .map(spec::fullName)
        .map(name -> name + "=https://" + name + ":2380")
        .collect(Collectors.joining(","));
  }

  private static List<Step<Action>> each(
      List<NodeSpec> masters,
      String path,
      String what,
      Disruption disrupts,
      Set<String> after,
      Function<NodeSpec, Action> action) {
    return masters.stream()
        .map(master -> step(path, master, what, disrupts, after, action.apply(master)))
        .toList();
  }

  private static Step<Action> step(
      String path,
      NodeSpec master,
      String what,
      Disruption disrupts,
      Set<String> after,
      Action action) {
    return new Step<>(
        path + "/" + master.name(),
        master.name().value(),
        Why.RESTORE_ASKED,
        what,
        disrupts,
        after,
        action);
  }

  private static Set<String> ids(List<Step<Action>> steps) {
    return steps.stream().map(Step::id).collect(Collectors.toSet());
  }
}
