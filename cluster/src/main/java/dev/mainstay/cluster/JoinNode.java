package dev.mainstay.cluster;

import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.Stdin;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

/**
 * Joins masters and workers. What a joining node needs (a token of 30 minutes, and for a master the
 * certificate authorities) comes from any ready master, goes through this process's memory and
 * reaches the host on standard input; it is in no command line, log or journal.
 */
final class JoinNode {
  private static final Duration SHORT = Duration.ofMinutes(1);
  private static final Duration KUBEADM = Duration.ofMinutes(20);

  private final ClusterSpec spec;
  private final KubeadmConfig.HostTraits traits;
  private final RemoteSteps remote;
  private final ControlPlane controlPlane;

  JoinNode(
      ClusterSpec spec,
      KubeadmConfig.HostTraits traits,
      RemoteSteps remote,
      ControlPlane controlPlane) {
    this.spec = spec;
    this.traits = traits;
    this.remote = remote;
    this.controlPlane = controlPlane;
  }

  boolean joinMaster(NodeSpec node, Progress progress) throws InterruptedException {
    controlPlane.awaitSettledMembers(progress);
    progress.at("kubeadm join");
    join(node);
    return true;
  }

  boolean joinWorker(NodeSpec node) throws InterruptedException {
    join(node);
    remote.run(
        node,
        "starting kubelet",
        "joined-worker",
        List.of(node.address().value()),
        Stdin.EMPTY,
        SHORT);
    return true;
  }

  private void join(NodeSpec node) throws InterruptedException {
    NodeSpec source = controlPlane.readyMaster();
    Secret credentials =
        Secret.of(
            remote.run(
                source,
                "preparing the join of " + node.name(),
                "credentials",
                List.of(node.role().word()),
                Stdin.EMPTY,
                SHORT));
    remote.feed(
        node,
        node.isMaster() ? "joining the control plane" : "joining the cluster",
        "join",
        files(node, credentials),
        List.of(node.role().word()),
        KUBEADM);
  }

  private Secret files(NodeSpec node, Secret credentials) {
    StringBuilder lines = new StringBuilder();
    String token = "";
    String ca = "";
    for (String line : new String(credentials.reveal(), StandardCharsets.UTF_8).split("\n", -1)) {
      if (line.startsWith("token - ")) {
        token =
            new String(
                    Base64.getDecoder().decode(line.substring("token - ".length())),
                    StandardCharsets.UTF_8)
                .strip();
      } else if (line.startsWith("ca - ")) {
        ca = line.substring("ca - ".length());
      } else if (!line.isBlank()) {
        lines.append(line).append('\n');
      }
    }
    if (token.isEmpty() || ca.isEmpty()) {
      throw new Failure.Failed(
          node.name() + ": the master gave no token", "run the same command again");
    }
    lines.append(
        new HostFile(KubeadmConfig.DISCOVERY, "600", KubeadmConfig.discovery(spec, ca, token))
            .line());
    lines.append(
        new HostFile(
                "/etc/mainstay/kubeadm/join.yaml",
                "600",
                KubeadmConfig.join(spec, node, traits, token))
            .line());
    return Secret.of(lines.toString());
  }
}
