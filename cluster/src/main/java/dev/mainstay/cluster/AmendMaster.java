package dev.mainstay.cluster;

import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.Secret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts a master's static pods anew with other manifests, because its address changed or they
 * differ from what they should be.
 *
 * <pre>
 * 1. gate: where there is a quorum, the other masters serve, and it stands without this one if its
 *    etcd has to begin anew
 * 2. on the host, in one script: kubelet rests, manifests are written, the containers end, the
 *    lease of the old address goes, kubelet starts
 * 3. there as well: its apiserver is ready and lets people in, kubelet reports the new address, and
 *    the pods on the host's network begin anew
 * </pre>
 *
 * <p>It keeps: no certificate is touched; etcd's data is not touched; never two masters at a time
 * while there is a quorum to lose.
 */
final class AmendMaster {
  private static final Duration DEADLINE = Duration.ofMinutes(15);
  private static final Duration GATE = Duration.ofMinutes(2);
  private static final Duration GATE_PAUSE = Duration.ofMillis(250);
  // kubelet's own grace for static pods: the apiserver has turned away, drained and closed by then
  private static final int GRACEFUL_SECONDS = 30;

  private final ClusterSpec spec;
  private final ClusterFacts facts;
  private final RemoteSteps remote;

  AmendMaster(ClusterSpec spec, ClusterFacts facts, RemoteSteps remote) {
    this.spec = spec;
    this.facts = facts;
    this.remote = remote;
  }

  boolean amend(Action.AmendMaster amendment, Progress progress) throws InterruptedException {
    NodeSpec node = amendment.node();
    List<String> others = List.of();
    if (!amendment.quorumIsLost()) {
      progress.at("waiting until the other masters serve");
      others = awaitOthers(node, amendment.containers().contains("etcd"));
    }
    progress.at("restarting with " + node.address());
    StringBuilder files = new StringBuilder();
    amendment.manifests().forEach(file -> files.append(file.line()));
    List<String> arguments = new ArrayList<>();
    arguments.add(spec.fullName(node));
    arguments.add(node.address().value());
    arguments.add(amendment.from().orElse("-"));
    // nobody was led to a master that moved, so that there is nothing to drain
    arguments.add(amendment.from().isPresent() ? "1" : String.valueOf(GRACEFUL_SECONDS));
    arguments.add(
        amendment.containers().isEmpty() ? "-" : String.join(",", amendment.containers()));
    arguments.addAll(others);
    remote.feed(
        node,
        "restarting its static pods",
        "amend-master",
        Secret.of(files.toString()),
        arguments,
        DEADLINE);
    return true;
  }

  /**
   * Waits until the other masters that can be reached serve.
   *
   * @return their full names
   * @throws Failure.Refused if etcd on {@code node} must restart and would take the quorum with it
   * @throws Failure.Failed if they do not serve in time
   */
  private List<String> awaitOthers(NodeSpec node, boolean etcdRestarts)
      throws InterruptedException {
    List<NodeSpec> others =
        spec.masters().stream()
            .filter(master -> !master.equals(node))
            .filter(master -> facts.host(master.name()).map(HostFacts::isProvisioned).orElse(false))
            .toList();
    int members = Observe.members(spec, facts.hosts()).size();
    int quorum = Quorum.of(members);
    // of two members neither can restart and leave a quorum
    if (etcdRestarts && members > 2 && others.size() < quorum) {
      throw new Failure.Refused(
          "%s: etcd has to restart here, and only %d of the other %d members can be reached; %d are needed meanwhile"
              .formatted(node.name(), others.size(), members - 1, quorum),
          "bring the other masters back first; mainstay status names them");
    }
    for (NodeSpec other : others) {
      await(node, other);
    }
    return others.stream().map(spec::fullName).toList();
  }

  private void await(NodeSpec node, NodeSpec other) throws InterruptedException {
    Output output = remote.until(other, "master-healthy", GATE, GATE_PAUSE, _ -> {});
    if (output.isSuccess()) {
      return;
    }
    throw new Failure.Failed(
        node.name()
            + ": its turn does not come, because "
            + other.name()
            + " does not serve: "
            + output.tail(2),
        "mainstay status shows it; repair " + other.name() + ", then run the same command again");
  }
}
