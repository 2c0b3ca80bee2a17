package dev.mainstay.cluster;

import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.model.CertificateSpec;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.GoDuration;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Secret;
import java.time.Duration;
import java.util.List;

/**
 * Gives a kubelet the certificates that it could not renew itself. A master signs with its own key
 * of the authority, and not the cluster's signer after a bootstrap: that would need an API and a
 * controller-manager, and the latter needs this kubelet to be started again.
 */
final class RenewKubelet {
  private static final Duration DEADLINE = Duration.ofMinutes(12);

  private final ClusterSpec spec;
  private final RemoteSteps remote;

  RenewKubelet(ClusterSpec spec, RemoteSteps remote) {
    this.spec = spec;
    this.remote = remote;
  }

  boolean renew(Action.RenewKubelet action, Progress progress) throws InterruptedException {
    NodeSpec node = action.node();
    Secret pair = Secret.of("");
    if (action.overdue().contains(KubeletCertificate.CLIENT)) {
      NodeSpec signer =
          action
              .signer()
              .orElseThrow(() ->
                  new Failure.Failed(
                      node.name() + ": no master can sign for its kubelet",
                      "run the same command again"));
      progress.at("signed by " + signer.name());
      pair = sign(node, signer);
    }
    progress.at("restarting kubelet");
    remote.feed(
        node,
        "renewing kubelet's certificates",
        "renew-kubelet",
        pair,
        action.overdue().stream().map(KubeletCertificate::word).toList(),
        DEADLINE);
    return true;
  }

  private Secret sign(NodeSpec node, NodeSpec signer) throws InterruptedException {
    Duration validity = spec.certificates().validity();
    Duration longest = CertificateSpec.DEFAULT.validity();
    return Secret.of(
        remote.feed(
            signer,
            "signing for the kubelet of " + node.name(),
            "sign-kubelet",
            Secret.of(KubeadmConfig.renewal(spec, signer)),
            List.of(
                spec.fullName(node),
                GoDuration.text(validity.compareTo(longest) < 0 ? validity : longest)),
            DEADLINE));
  }
}
