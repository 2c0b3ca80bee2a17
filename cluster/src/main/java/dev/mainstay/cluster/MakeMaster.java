package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.Stdin;
import java.time.Duration;
import java.util.List;

/** Makes the first master, and finishes every master once kubeadm is done with it. */
final class MakeMaster {
  private static final Duration KUBEADM = Duration.ofMinutes(20);
  private static final Duration FINISHING = Duration.ofMinutes(15);

  private final ClusterSpec spec;
  private final KubeadmConfig.HostTraits traits;
  private final RemoteSteps remote;
  private final ControlPlane controlPlane;

  MakeMaster(
      ClusterSpec spec,
      KubeadmConfig.HostTraits traits,
      RemoteSteps remote,
      ControlPlane controlPlane) {
    this.spec = spec;
    this.traits = traits;
    this.remote = remote;
    this.controlPlane = controlPlane;
  }

  boolean initialise(NodeSpec node) throws InterruptedException {
    remote.feed(
        node,
        "kubeadm init",
        "init",
        Secret.of(KubeadmConfig.init(spec, node, traits)),
        List.of(),
        KUBEADM);
    return true;
  }

  /**
   * Names the etcd member, points the kubeconfigs to the master's own apiserver, waits for its
   * /readyz, and only then lets its proxy lead to itself.
   */
  boolean finish(NodeSpec node) throws InterruptedException {
    remote.run(
        node,
        "unbinding the master from its address",
        "normalise-master",
        List.of(spec.fullName(node), "https://" + spec.endpoint()),
        Stdin.EMPTY,
        FINISHING);
    remote.feed(
        node,
        "pointing the local proxy to the master itself",
        "serve",
        Secret.of(
            ProxyConfig.render(spec, node, ProxyConfig.Mode.SELF, ProxyTimeouts.NEAR).content()),
        List.of(node.address().value()),
        FINISHING);
    controlPlane.hasFinished(node);
    return true;
  }
}
