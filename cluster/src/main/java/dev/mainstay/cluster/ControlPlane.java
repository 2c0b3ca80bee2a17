package dev.mainstay.cluster;

import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.Stdin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Mutable: the masters that are finished, and work done on any one of them; none is special. A
 * master that this run finishes is added.
 */
final class ControlPlane {
  private static final Duration SHORT = Duration.ofMinutes(1);
  private static final Duration SETTLE = Duration.ofMinutes(3);
  private static final Duration SETTLE_PAUSE = Duration.ofMillis(500);

  /** How long the masters may all be silent for a moment. */
  static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final ClusterSpec spec;
  private final RemoteSteps remote;
  private final ClusterFacts facts;
  private final Duration patience;
  private final Set<NodeName> finished = new ConcurrentSkipListSet<>();

  ControlPlane(ClusterSpec spec, ClusterFacts facts, RemoteSteps remote) {
    this(spec, facts, remote, PATIENCE);
  }

  ControlPlane(ClusterSpec spec, ClusterFacts facts, RemoteSteps remote, Duration patience) {
    this.patience = patience;
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
   * A finished master whose own API answers; under load, and while one leads to a new leader of
   * etcd, none may for a moment.
   *
   * @throws Failure.Failed if none does for a minute
   */
  NodeSpec readyMaster() throws InterruptedException {
    long giveUp = System.nanoTime() + patience.toNanos();
    while (true) {
      List<String> tried = new ArrayList<>();
      Optional<NodeSpec> ready = anyReady(tried);
      if (ready.isPresent()) {
        return ready.get();
      }
      if (finished.isEmpty() || System.nanoTime() - giveUp >= 0) {
        throw new Failure.Failed(
            "no finished master answers at its API\n" + String.join("\n", tried),
            "mainstay status shows the masters, mainstay etcd members whether there is a quorum;"
                + " bring masters back, then run the same command again");
      }
      Thread.sleep(PAUSE);
    }
  }

  private Optional<NodeSpec> anyReady(List<String> tried) throws InterruptedException {
    for (NodeSpec master : spec.masters()) {
      if (!finished.contains(master.name())) {
        continue;
      }
      try {
        Output output = remote.tryRun(master, "ready", List.of(), Stdin.EMPTY, SHORT);
        if (output.isSuccess()) {
          return Optional.of(master);
        }
        tried.add(master.name() + ": " + output.tail(2));
      } catch (Failure.Locked lost) {
        throw lost;
      } catch (Failure unreachable) {
        tried.add(String.valueOf(unreachable.getMessage()));
      }
    }
    return Optional.empty();
  }

  /**
   * Waits until every etcd member is a healthy voter, which the next join needs.
   *
   * @throws Failure.Failed if one is not after three minutes; it is named
   */
  void awaitSettledMembers(Progress progress) throws InterruptedException {
    progress.at("waiting for healthy etcd members");
    Output output =
        remote.until(
            readyMaster(),
            "members-healthy",
            SETTLE,
            SETTLE_PAUSE,
            waits -> progress.at("waiting for healthy etcd members: " + waits.tail(1)));
    if (!output.isSuccess()) {
      throw new Failure.Failed(
          "no master can join while a member of etcd is not well: " + output.tail(3),
          "bring that master back (mainstay status names it); if it is gone for good, give its name"
              + " to another machine (apply --replace NAME) or take it out (apply --remove NAME)"
              + " first");
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
