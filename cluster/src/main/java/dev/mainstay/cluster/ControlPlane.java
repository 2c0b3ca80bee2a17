package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.Stdin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Mutable: the masters that are finished, and work done on any one of them; none is special. A
 * master that this run finishes is added.
 */
final class ControlPlane {
  private static final Duration SHORT = Duration.ofMinutes(1);
  private static final int SETTLE_TRIES = 240;
  private static final Duration SETTLE_PAUSE = Duration.ofMillis(500);

  private final ClusterSpec spec;
  private final RemoteSteps remote;
  private final ClusterFacts facts;
  private final Set<NodeName> finished = new ConcurrentSkipListSet<>();

  ControlPlane(ClusterSpec spec, ClusterFacts facts, RemoteSteps remote) {
    this.spec = spec;
    this.facts = facts;
    this.remote = remote;
    facts.hosts().values().stream()
        .filter(HostFacts::isProvisioned)
        .map(HostFacts::node)
        .forEach(finished::add);
  }

  /** From now on {@code master} can stand for the cluster. */
  void hasFinished(NodeSpec master) {
    finished.add(master.name());
  }

  /**
   * A finished master whose own API answers.
   *
   * @throws Failure.Failed if none does
   */
  NodeSpec readyMaster() throws InterruptedException {
    StringBuilder tried = new StringBuilder();
    for (NodeSpec master : spec.masters()) {
      if (!finished.contains(master.name())) {
        continue;
      }
      try {
        Output output = remote.tryRun(master, "ready", List.of(), Stdin.EMPTY, SHORT);
        if (output.isSuccess()) {
          return master;
        }
        tried.append("\n").append(master.name()).append(": ").append(output.tail(2));
      } catch (Failure unreachable) {
        tried.append("\n").append(unreachable.getMessage());
      }
    }
    throw new Failure.Failed(
        "no finished master answers at its API" + tried,
        "mainstay status shows the masters; repair one, then run the same command again");
  }

  /** Waits until every etcd member is a healthy voter, which the next join needs. */
  void awaitSettledMembers() throws InterruptedException {
    NodeSpec master = readyMaster();
    Output output = remote.until(master, "members-healthy", SETTLE_TRIES, SETTLE_PAUSE, SHORT);
    if (!output.isSuccess()) {
      throw RemoteSteps.failure(master, "waiting for healthy etcd members", output);
    }
  }

  /**
   * Removes the etcd member of a node that never became one, and its Node. The member goes first:
   * once its data is gone, a cluster of two would have lost its quorum.
   */
  void forget(NodeSpec node) throws InterruptedException {
    if (finished.isEmpty()) {
      return;
    }
    // kubeadm knows a member by its address until it has a name, and the host may have moved since
    Set<String> addresses = new TreeSet<>(Set.of(node.address().value()));
    facts
        .host(node.name())
        .map(host -> new HostsFile(host.hostsFile()).addresses().get(node.name().value()))
        .ifPresent(addresses::add);
    List<String> arguments = new ArrayList<>(List.of(spec.fullName(node)));
    arguments.addAll(addresses);
    NodeSpec master = readyMaster();
    remote.run(
        master,
        "removing what is left of " + node.name(),
        "remove-member",
        arguments,
        Stdin.EMPTY,
        SHORT);
  }
}
