package dev.mainstay.cluster;

import dev.mainstay.cluster.EtcdFacts.Restoring;
import dev.mainstay.engine.Apply;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.RunListener;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gives masters back what they had before a restore or a recovery of etcd that broke off, as long
 * as none was started on the new data.
 */
public final class UndoEtcd {
  private static final int WINDOW = 64;
  private static final String UNDO = "etcd/undo";

  private final Hosts hosts;
  private final Clock clock;

  public UndoEtcd(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
  }

  /**
   * What an undo would do: empty where nothing broke off.
   *
   * @param unreachable the masters that stay as they are, and why
   */
  public record Undo(ClusterSpec spec, Plan<Action> plan, List<Failure> unreachable) {
    public Undo {
      unreachable = List.copyOf(unreachable);
    }
  }

  /**
   * Plans it; nothing is changed.
   *
   * @param lost masters that are gone for good, whatever they were started on
   * @throws Failure.Refused if a master was started on its new data, or so many cannot be asked
   *     that they may have been
   */
  public Undo plan(ClusterSpec spec, Set<NodeName> lost) throws InterruptedException {
    EtcdView view = new LookAtEtcd(hosts).all(spec);
    view.clusterId();
    return new Undo(spec, plan(view, lost), List.copyOf(view.unreachable().values()));
  }

  static Plan<Action> plan(EtcdView view, Set<NodeName> lost) {
    List<Step<Action>> steps = new ArrayList<>();
    for (NodeSpec master : view.reachable()) {
      view.of(master)
          .flatMap(EtcdFacts::restore)
          .filter(Restoring::isUnfinished)
          .ifPresent(restore -> {
            refuseStarted(view, restore, lost);
            steps.add(
                new Step<>(
                    UNDO + "/" + master.name(),
                    master.name().value(),
                    restore.sha256().equals("recover") ? Why.QUORUM_LOST : Why.RESTORE_ASKED,
                    "put what its etcd had before "
                        + restore.id()
                        + " back into its place, and start it",
                    Disruption.CONTROL_PLANE,
                    Set.of(),
                    new EtcdAction.Undo(master, restore.id())));
          });
    }
    return new Plan<>(
        steps.isEmpty() ? List.of() : List.of(new Phase<>(UNDO, "masters as they were", steps)));
  }

  private static void refuseStarted(EtcdView view, Restoring restore, Set<NodeName> lost) {
    boolean recovers = restore.sha256().equals("recover");
    String goOn =
        recovers ? "mainstay etcd recover" : "mainstay etcd restore with the file of that restore";
    for (NodeSpec other : view.reachable()) {
      view.of(other)
          .flatMap(EtcdFacts::restore)
          .filter(one -> one.id().equals(restore.id()))
          .filter(one -> one.step().compareTo(Restoring.Step.STARTED) >= 0)
          .ifPresent(one -> {
            boolean othersWentOn =
                view.healthy().stream().anyMatch(healthy -> !isIn(view, healthy, restore));
            throw new Failure.Refused(
                other.name() + " was started on the data of " + restore.id(),
                othersWentOn
                    ? "nothing was changed. The others went on without it: mainstay apply --replace"
                        + " "
                        + other.name()
                    : "nothing was changed. Go on: " + goOn);
          });
    }
    long unasked =
        view.unreachable().keySet().stream().filter(name -> !lost.contains(name)).count();
    // a recovery has one master, and that one was asked
    if (!recovers && unasked >= view.quorum()) {
      throw new Failure.Refused(
          "%d masters cannot be asked, which could have been started on the data of %s"
              .formatted(unasked, restore.id()),
          "nothing was changed. Bring them back, or go on: "
              + goOn
              + ". Those that are gone for good: --lost NAME");
    }
  }

  private static boolean isIn(EtcdView view, NodeSpec master, Restoring restore) {
    return view.of(master)
        .flatMap(EtcdFacts::restore)
        .map(one -> one.id().equals(restore.id()))
        .orElse(false);
  }

  /** Carries it out; one result a step. */
  public Map<Step<Action>, StepResult> run(
      Undo undo, List<RunListener<Action>> listeners, StopSignal stop) throws InterruptedException {
    EtcdSteps steps = EtcdSteps.over(hosts, clock, undo.spec(), EtcdSteps.Snapshot.NONE, stop);
    return new Apply<>(steps, listeners, stop, WINDOW, System::nanoTime).run(undo.plan());
  }
}
