package dev.mainstay.cluster;

import dev.mainstay.bundle.Artifact;
import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.engine.Apply.StepRunner;
import dev.mainstay.engine.FanOut;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.Stdin;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;

/**
 * Carries out the actions of a plan. Each remote script looks whether its effect holds already, so
 * that a step may be run again after a crash at any point.
 */
final class Steps implements StepRunner<Action> {
  private static final Duration SENDING = Duration.ofMinutes(60);
  private static final Duration CONFIGURING = Duration.ofMinutes(12);
  private static final Duration IMPORTING = Duration.ofMinutes(20);
  private static final Duration CLEANING = Duration.ofMinutes(13);

  private static final Duration MOVING = Duration.ofMinutes(15);
  private static final int WINDOW = 64;

  private final ClusterSpec spec;
  private final ClusterFacts facts;
  private final List<NodeSpec> reachable;
  private final Bundle bundle;
  private final RemoteSteps remote;
  private final Clock clock;
  private final MakeMaster makeMaster;
  private final JoinNode joinNode;
  private final AmendMaster amendMaster;
  private final ControlPlane controlPlane;
  private final RenewMaster renewMaster;
  private final RenewKubelet renewKubelet;
  private final LeaveCluster leaveCluster;
  private final VerifyCluster verify;

  Steps(ClusterSpec spec, ClusterFacts facts, Bundle bundle, RemoteSteps remote, Observe observe) {
    this(spec, facts, bundle, remote, observe, ControlPlane.PATIENCE);
  }

  Steps(
      ClusterSpec spec,
      ClusterFacts facts,
      Bundle bundle,
      RemoteSteps remote,
      Observe observe,
      Duration patience) {
    KubeadmConfig.HostTraits traits = traits(facts);
    this.spec = spec;
    this.facts = facts;
    this.reachable =
        spec.nodes().stream().filter(node -> facts.host(node.name()).isPresent()).toList();
    this.bundle = bundle;
    this.remote = remote;
    this.clock = observe.clock();
    this.controlPlane = new ControlPlane(spec, facts, remote, patience);
    this.makeMaster = new MakeMaster(spec, traits, remote, controlPlane);
    this.amendMaster = new AmendMaster(spec, facts, remote);
    this.joinNode = new JoinNode(spec, traits, remote, controlPlane);
    this.renewMaster = new RenewMaster(spec, remote, observe.clock());
    this.renewKubelet = new RenewKubelet(spec, remote);
    this.leaveCluster = new LeaveCluster(spec, remote, controlPlane, observe);
    this.verify = new VerifyCluster(spec, facts, remote, controlPlane, observe);
  }

  private static KubeadmConfig.HostTraits traits(ClusterFacts facts) {
    return new KubeadmConfig.HostTraits(
        facts.hosts().values().stream().anyMatch(host -> host.cgroup() == 1),
        facts.hosts().values().stream().allMatch(HostFacts::conntrackWritable));
  }

  @Override
  public boolean run(Step<Action> step, Progress progress) throws InterruptedException {
    return switch (step.action()) {
      case Action.Deliver(NodeSpec node, List<Artifact> artifacts) ->
          deliver(node, artifacts, progress);
      case Action.Configure configure -> configure(configure);
      case Action.ImportImages(NodeSpec node, List<Artifact> images) -> importImages(node, images);
      case Action.CleanUp(NodeSpec node) -> cleanUp(node);
      case Action.Initialise(NodeSpec node) -> makeMaster.initialise(node);
      case Action.FinishMaster(NodeSpec node) -> makeMaster.finish(node);
      case Action.JoinMaster(NodeSpec node) -> joinNode.joinMaster(node, progress);
      case Action.JoinWorker(NodeSpec node) -> joinNode.joinWorker(node);
      case Action.AmendMaster amendment -> amendMaster.amend(amendment, progress);
      case Action.MoveWorker(NodeSpec node) -> moveWorker(node);
      case Action.PointKubelet(NodeSpec node) -> pointKubelet(node);
      case Action.CloseStaleConnections(Set<String> addresses) -> closeStale(addresses);
      case Action.ApplyNetwork(List<String> manifests) -> apply(manifests, "applying the network");
      case Action.StopForwardingDns() -> stopForwardingDns();
      case Action.SpreadDns() -> spreadDns(progress);
      case Action.Describe(String manifest) ->
          apply(List.of(manifest), "storing the cluster's description");
      case Action.RenewCertificates renewal -> renewMaster.renew(renewal, progress);
      case Action.RenewKubelet renewal -> renewKubelet.renew(renewal, progress);
      case Action.Drain drain -> leaveCluster.drain(drain, progress);
      case Action.RetireMaster retirement -> leaveCluster.retire(retirement, progress);
      case Action.RemoveMember removal -> leaveCluster.removeMember(removal, progress);
      case Action.DeleteNode(NodeSpec node) -> leaveCluster.deleteNode(node);
      case Action.RegisterNode(NodeSpec node) -> remote.register(spec, node);
      case Action.ReturnNode comeback -> leaveCluster.putBack(comeback);
      case Action.SnapshotEtcd(NodeSpec node, String occasion) -> snapshot(node, occasion);
      case Action.Verify() -> verify.await(progress);
      case Action.OfEtcd other ->
          throw new IllegalArgumentException("no plan of changes has " + other);
      case Action.Reset reset -> ResetCluster.reset(remote, reset);
    };
  }

  private boolean deliver(NodeSpec node, List<Artifact> artifacts, Progress progress)
      throws InterruptedException {
    Set<String> arrived =
        new HashSet<>(
            remote
                .run(node, "listing artifacts", "received", List.of(), Stdin.EMPTY, SENDING)
                .lines()
                .toList());
    remote.run(
        node,
        "receiving artifacts",
        "receive",
        List.of(),
        new ArtifactStream(bundle, artifacts, arrived, progress),
        SENDING);
    return true;
  }

  private boolean configure(Action.Configure configure) throws InterruptedException {
    HostDrift drift = configure.drift();
    StringBuilder files = new StringBuilder();
    drift.hosts().ifPresent(file -> files.append(file.line()));
    drift.files().forEach(file -> files.append(file.line()));
    List<String> arguments = new ArrayList<>();
    arguments.add(configure.hostsBefore());
    arguments.add(drift.proxyElsewhere().isPresent() ? "reload-proxy" : "-");
    arguments.addAll(drift.staleAddresses());
    remote.feed(
        configure.node(),
        "configuring the host",
        "configure",
        Secret.of(files.toString()),
        arguments,
        CONFIGURING);
    return true;
  }

  private boolean moveWorker(NodeSpec node) throws InterruptedException {
    remote.run(
        node,
        "taking the new address",
        "move-worker",
        List.of(spec.fullName(node), node.address().value()),
        Stdin.EMPTY,
        MOVING);
    return true;
  }

  private boolean pointKubelet(NodeSpec node) throws InterruptedException {
    remote.run(
        node,
        "pointing kubelet to the endpoint",
        "point-kubelet",
        List.of("https://" + spec.endpoint()),
        Stdin.EMPTY,
        CONFIGURING);
    return true;
  }

  /** On all hosts that were looked at; one that is lost meanwhile has no connections to close. */
  private boolean closeStale(Set<String> addresses) throws InterruptedException {
    FanOut.map(
        reachable,
        WINDOW,
        node -> {
          try {
            return remote.tryRun(
                node, "close-stale", List.copyOf(addresses), Stdin.EMPTY, CONFIGURING);
          } catch (Failure.Unreachable lost) {
            return new Output(1, "", String.valueOf(lost.getMessage()));
          } catch (InterruptedException interrupted) {
            throw new CancellationException();
          }
        });
    return true;
  }

  private boolean importImages(NodeSpec node, List<Artifact> images) throws InterruptedException {
    List<String> arguments = new ArrayList<>();
    for (Artifact image : images) {
      arguments.add(image.sha256());
      arguments.add(image.reference());
    }
    remote.run(node, "importing images", "import-images", arguments, Stdin.EMPTY, IMPORTING);
    return true;
  }

  private boolean cleanUp(NodeSpec node) throws InterruptedException {
    controlPlane.forget(node);
    remote.run(
        node,
        "undoing kubeadm",
        "kubeadm-reset",
        List.of(facts.stageSeen(node.name()).word()),
        Stdin.EMPTY,
        CLEANING);
    return true;
  }

  private boolean snapshot(NodeSpec node, String occasion) throws InterruptedException {
    String id = occasion + "-" + BackupEtcd.TIME.format(clock.instant());
    remote.run(
        node, "keeping a snapshot of etcd", "etcd-keep", List.of(id), Stdin.EMPTY, CONFIGURING);
    return true;
  }

  private boolean stopForwardingDns() throws InterruptedException {
    remote.run(
        controlPlane.readyMaster(),
        "configuring CoreDNS",
        "dns-without-forwarding",
        List.of(),
        Stdin.EMPTY,
        Duration.ofMinutes(2));
    return true;
  }

  /** Where no other node takes one, they stay: that is no reason to fail. */
  private boolean spreadDns(Progress progress) throws InterruptedException {
    NodeSpec master = controlPlane.readyMaster();
    Output could =
        remote.until(
            master,
            "dns-could-move",
            VerifyCluster.LIMIT,
            Duration.ofMillis(500),
            not -> progress.at(not.tail(1)));
    return could.isSuccess()
        && !remote
            .run(
                master,
                "spreading CoreDNS",
                "dns-spread",
                List.of(),
                Stdin.EMPTY,
                Duration.ofMinutes(2))
            .isBlank();
  }

  private boolean apply(List<String> manifests, String doing) throws InterruptedException {
    NodeSpec master = controlPlane.readyMaster();
    for (String manifest : manifests) {
      remote.feed(
          master, doing, "apply-manifest", Secret.of(manifest), List.of(), Duration.ofMinutes(2));
    }
    return true;
  }
}
