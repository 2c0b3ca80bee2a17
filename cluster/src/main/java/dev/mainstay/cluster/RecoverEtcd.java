package dev.mainstay.cluster;

import dev.mainstay.engine.Apply;
import dev.mainstay.engine.FanOut;
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
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;

/** Goes on with what survived, after so many masters are gone that etcd can have no quorum. */
public final class RecoverEtcd {
  private static final int WINDOW = 64;

  private final Hosts hosts;
  private final Clock clock;

  public RecoverEtcd(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
  }

  /**
   * What a recovery would do.
   *
   * @param startsOnly whether this run only starts the survivor, and the next one does the rest
   * @param explained what was found, what becomes of it and what may be lost, a paragraph each
   * @param unreachable the masters that are given up, and why they cannot be reached
   */
  public record Recovery(
      ClusterSpec spec,
      Plan<Action> plan,
      boolean startsOnly,
      List<String> explained,
      List<Failure> unreachable) {
    public Recovery {
      explained = List.copyOf(explained);
      unreachable = List.copyOf(unreachable);
    }
  }

  /** One worker: whether it was reached, and whether a ready API answers there. */
  private record Worker(NodeSpec node, boolean reached, boolean answers) {}

  /**
   * Plans the recovery; nothing is changed.
   *
   * @param lost masters whose data is gone for good although they can be reached
   * @param freshId the id of the recovery, if it does not go on with an earlier one
   * @throws Failure.Refused while a quorum is alive or could be, or where nothing survived; while a
   *     master lives that only the survivor reaches
   */
  public Recovery plan(ClusterSpec spec, Set<NodeName> lost, String freshId)
      throws InterruptedException {
    EtcdView view = new LookAtEtcd(hosts).all(spec);
    List<Worker> workers = FanOut.map(spec.workers(), WINDOW, this::look);
    PlanRecovery.Planned planned =
        new PlanRecovery(
                view,
                lost,
                workers.stream().filter(Worker::answers).map(Worker::node).toList(),
                workers.stream().filter(Worker::reached).map(Worker::node).toList(),
                freshId)
            .plan();
    EtcdSteps.refuseAlive(new RemoteSteps(hosts), spec, planned.survivor(), planned.unreached());
    return new Recovery(
        spec,
        planned.plan(),
        planned.startsOnly(),
        explain(view, planned),
        List.copyOf(view.unreachable().values()));
  }

  private Worker look(NodeSpec worker) {
    try {
      Output output = hosts.login(worker).run(RemoteCommand.of(Scripts.script("answers")));
      return new Worker(worker, true, output.isSuccess());
    } catch (Failure lost) {
      return new Worker(worker, false, false);
    } catch (InterruptedException interrupted) {
      throw new CancellationException();
    }
  }

  static List<String> explain(EtcdView view, PlanRecovery.Planned planned) {
    List<String> text = new ArrayList<>();
    NodeSpec survivor = planned.survivor();
    if (planned.startsOnly()) {
      return List.of(
          survivor.name()
              + " was rebuilt already and its etcd does not answer: it is started, and nobody else"
              + " is touched. Run the same command again afterwards: then it can be seen who is in"
              + " its cluster. If it never starts, --lost "
              + survivor.name()
              + " stops it for good and goes on with another survivor, if there is one.");
    }
    String gone = names(planned.givenUp());
    boolean isRebuilt = PlanRecovery.isRebuilt(view, survivor);
    text.addAll(isRebuilt ? whatIsLeft(survivor, gone) : whatIsGoneOnWith(view, planned, gone));
    if (!planned.others().isEmpty()) {
      text.add(
          names(planned.others())
              + ": stopped, the data put aside on the host, made empty for mainstay apply to join"
              + " anew.");
    }
    planned.others().stream()
        .filter(master -> PlanRecovery.isRebuilt(view, master))
        .forEach(master ->
            text.add(
                "%s was rebuilt by an earlier recovery and is given up, with all that was written there since. It is stopped before anything else; where that fails, switch it off for good and run the same command again: it must never serve beside %s."
                    .formatted(master.name(), survivor.name())));
    if (!planned.givenUp().isEmpty()) {
      text.add(
          "Never switch "
              + gone
              + " on again with their old disks: together they would be the old cluster once more,"
              + " and workers would talk to both.");
    }
    if (!isRebuilt) {
      text.add(
          "The data of "
              + survivor.name()
              + " as it is now is kept there under /var/lib/mainstay/backup.");
    }
    return text;
  }

  private static List<String> whatIsLeft(NodeSpec survivor, String gone) {
    return List.of(
        "The run that broke off made a cluster of one member out of the data of "
            + survivor.name()
            + " already, which is not touched any more: only what is left is done."
            + (gone.isEmpty()
                ? ""
                : " The Nodes of " + gone + " go, with the pods that ran there."));
  }

  private static List<String> whatIsGoneOnWith(
      EtcdView view, PlanRecovery.Planned planned, String gone) {
    List<String> text = new ArrayList<>();
    NodeSpec survivor = planned.survivor();
    text.add(
        "etcd has %d members and needs %d of them; a quorum cannot come back by itself."
            .formatted(view.voters(), view.quorum()));
    for (NodeSpec master : view.reachable()) {
      text.add(
          "%s has data up to revision %s%s%s."
              .formatted(
                  master.name(),
                  view.of(master).map(one -> one.revision()).orElseThrow().isPresent()
                      ? String.valueOf(view.of(master).get().revision().getAsLong())
                      : "that is not known",
                  view.status(master)
                      .map(one -> ", entry %d of the raft log".formatted(one.applied()))
                      .orElse(", and its etcd does not answer"),
                  master.equals(survivor)
                      ? ": the furthest, and what the cluster goes on with"
                      : ""));
    }
    text.add(
        planned.givenUp().isEmpty()
            ? "Nothing is given up."
            : "Given up for good: "
                + gone
                + ". What may be lost: whatever "
                + gone
                + " had acknowledged and "
                + survivor.name()
                + " had not yet received when the last of them died. As a rule that is less than a"
                + " second; it is more if "
                + survivor.name()
                + " was cut off before.");
    if (planned.fromFile()) {
      text.add(
          "The etcd of %s does not answer. It is started once more; if that fails its database file has to do, and the last 100 ms before it died may be missing from it."
              .formatted(survivor.name()));
    }
    return text;
  }

  private static String names(List<NodeSpec> nodes) {
    return nodes.stream().map(node -> node.name().value()).collect(Collectors.joining(", "));
  }

  /** Carries it out; one result a step. */
  public Map<Step<Action>, StepResult> run(
      Recovery recovery, List<RunListener<Action>> listeners, StopSignal stop)
      throws InterruptedException {
    EtcdSteps steps = EtcdSteps.over(hosts, clock, recovery.spec(), EtcdSteps.Snapshot.NONE, stop);
    return new Apply<>(steps.guardedBy(stop), listeners, stop, WINDOW, System::nanoTime)
        .run(recovery.plan());
  }
}
