package dev.mainstay.cluster;

import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.engine.Apply.StepRunner;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.Stdin;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Carries out the steps of restores and recoveries. Each script looks how far its host is, so that
 * a step may be run again after a crash at any point.
 */
final class EtcdSteps implements StepRunner<Action> {
  private static final Duration SENDING = Duration.ofHours(2);
  private static final Duration STOPPING = Duration.ofMinutes(13);
  private static final Duration STARTING = Duration.ofMinutes(15);
  private static final Duration CLEANING = Duration.ofMinutes(13);
  private static final Duration ANSWER = Duration.ofMinutes(2);
  private static final Duration PAUSE = Duration.ofMillis(250);

  /**
   * The snapshot of a restore.
   *
   * @param cluster Mainstay's id of the cluster that it must be of
   */
  record Snapshot(Stdin bytes, BackupFile.Checked checked, String cluster) {
    static final Snapshot NONE = new Snapshot(Stdin.EMPTY, new BackupFile.Checked(0, ""), "");
  }

  private final ClusterSpec spec;
  private final RemoteSteps remote;
  private final Observe observe;
  private final Snapshot snapshot;
  private final Consumer<String> warned;

  /** The steps on {@code spec}'s hosts, under {@code stop}'s guard until it is dismissed. */
  static EtcdSteps over(
      Hosts hosts, Clock clock, ClusterSpec spec, Snapshot snapshot, StopSignal stop) {
    return over(hosts, clock, spec, snapshot, stop, _ -> {});
  }

  /**
   * The same.
   *
   * @param warned is told what did not go well though the steps go on, from many threads
   */
  static EtcdSteps over(
      Hosts hosts,
      Clock clock,
      ClusterSpec spec,
      Snapshot snapshot,
      StopSignal stop,
      Consumer<String> warned) {
    return new EtcdSteps(
        spec, new RemoteSteps(hosts, stop), new Observe(hosts, clock), snapshot, warned);
  }

  EtcdSteps(
      ClusterSpec spec,
      RemoteSteps remote,
      Observe observe,
      Snapshot snapshot,
      Consumer<String> warned) {
    this.warned = warned;
    this.spec = spec;
    this.remote = remote;
    this.observe = observe;
    this.snapshot = snapshot;
  }

  /**
   * These steps, guarded until the first that disrupts anything. From there to stand still is worse
   * than to go on, also for a run that lost the cluster's lock: whoever came in between can only go
   * on with the same or undo it, and each script refuses a host that is not as far as it needs.
   */
  StepRunner<Action> guardedBy(StopSignal stop) {
    return (step, progress) -> {
      if (step.disrupts() != Disruption.NONE) {
        stop.dismissGuard();
      }
      return run(step, progress);
    };
  }

  @Override
  public boolean run(Step<Action> step, Progress progress) throws InterruptedException {
    if (step.action() instanceof Action.Verify) {
      ClusterFacts facts = observe.all(spec);
      return new VerifyCluster(spec, facts, remote, new ControlPlane(spec, facts, remote), observe)
          .await(progress);
    }
    if (step.action() instanceof Action.RegisterNode(NodeSpec node)) {
      return remote.register(spec, node);
    }
    if (!(step.action() instanceof EtcdAction action)) {
      throw new IllegalArgumentException(step.id());
    }
    return switch (action) {
      case EtcdAction.Keep(NodeSpec node, String id) -> keep(node, id);
      case EtcdAction.Prepare prepare -> prepare(prepare);
      case EtcdAction.Stop(NodeSpec node, String id) ->
          did(node, "stopping the control plane", "etcd-stop", List.of(id), STOPPING);
      case EtcdAction.Swap(NodeSpec node, String id) ->
          did(node, "putting restored data in place", "etcd-swap", List.of(id), STOPPING);
      case EtcdAction.Start(NodeSpec node, String id) ->
          did(node, "starting on restored data", "etcd-start", List.of(id), STARTING);
      case EtcdAction.Finish(NodeSpec node, String id) ->
          did(node, "keeping the old data", "etcd-finish", List.of(id), SENDING);
      case EtcdAction.Rebuild rebuild -> rebuild(rebuild);
      case EtcdAction.ForgetNodes(NodeSpec on, List<String> names) ->
          did(on, "removing Nodes", "delete-nodes", names, STOPPING);
      case EtcdAction.SetAside(NodeSpec node, String id) -> {
        did(node, "putting its old data aside", "etcd-set-aside", List.of(id), SENDING);
        yield did(node, "undoing kubeadm", "kubeadm-reset", List.of("aside"), CLEANING);
      }
      case EtcdAction.Answer(NodeSpec node) -> awaitAnswer(node);
      case EtcdAction.Undo(NodeSpec node, String id) ->
          did(node, "undoing the restore", "etcd-undo", List.of(id), STOPPING);
    };
  }

  /** Beside the old data itself, which is kept in any case: what is broken must not stay so. */
  private boolean keep(NodeSpec node, String id) throws InterruptedException {
    try {
      return did(node, "keeping a snapshot", "etcd-keep", List.of(id), SENDING);
    } catch (Failure.Failed unverified) {
      warned.accept(
          "warning: of what was there before there is no verified snapshot, only the data itself"
              + " that each master keeps: "
              + unverified.getMessage());
      return false;
    }
  }

  private boolean did(
      NodeSpec node, String doing, String script, List<String> arguments, Duration deadline)
      throws InterruptedException {
    remote.run(node, doing, script, arguments, Stdin.EMPTY, deadline);
    return true;
  }

  private boolean rebuild(EtcdAction.Rebuild rebuild) throws InterruptedException {
    List<String> arguments =
        new ArrayList<>(List.of(rebuild.id(), rebuild.name(), String.valueOf(rebuild.bump())));
    arguments.addAll(namesAndAddresses(spec, rebuild.unreached()));
    return did(
        rebuild.node(), "rebuilding etcd from what it has", "etcd-rebuild", arguments, SENDING);
  }

  /** Each one's full name and its address, as scripts want them. */
  private static List<String> namesAndAddresses(ClusterSpec spec, List<NodeSpec> nodes) {
    return nodes.stream()
        .flatMap(node -> Stream.of(spec.fullName(node), node.address().value()))
        .toList();
  }

  /**
   * Looks from the host of {@code survivor} for those of {@code unreached} that are alive.
   *
   * @throws Failure.Refused if one is
   */
  static void refuseAlive(
      RemoteSteps remote, ClusterSpec spec, NodeSpec survivor, List<NodeSpec> unreached)
      throws InterruptedException {
    if (!unreached.isEmpty()) {
      remote.run(
          survivor,
          "asking which other masters live",
          "etcd-others",
          namesAndAddresses(spec, unreached),
          Stdin.EMPTY,
          ANSWER);
    }
  }

  private boolean prepare(EtcdAction.Prepare prepare) throws InterruptedException {
    remote.run(
        prepare.node(),
        "restoring the snapshot beside its data",
        "etcd-prepare",
        List.of(
            prepare.id(),
            snapshot.checked().sha256(),
            String.valueOf(snapshot.checked().size()),
            prepare.name(),
            prepare.cluster(),
            String.valueOf(prepare.bump()),
            snapshot.cluster()),
        snapshot.bytes(),
        SENDING);
    return true;
  }

  private boolean awaitAnswer(NodeSpec node) throws InterruptedException {
    Output output = remote.until(node, "answers", ANSWER, PAUSE, _ -> {});
    if (output.isSuccess()) {
      return false;
    }
    throw new Failure.Failed(
        node.name() + ": " + output.tail(1), "mainstay status shows what is amiss");
  }
}
