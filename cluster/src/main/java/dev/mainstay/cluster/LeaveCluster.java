package dev.mainstay.cluster;

import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.Stdin;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Takes nodes out of the cluster, and back in where that was given up. */
final class LeaveCluster {
  private static final Duration SHORT = Duration.ofMinutes(1);

  /** A Node and its pods, one after the other. */
  private static final Duration DELETING = Duration.ofMinutes(3);

  /** How long kubectl is let to drain before it is asked anew. */
  private static final Duration ONE_DRAIN = Duration.ofSeconds(15);

  private static final Duration RETIRING = Duration.ofMinutes(14);
  private static final Duration GATE = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int BLOCKED = 76;
  private static final int TRY_AGAIN = 75;

  private final ClusterSpec spec;
  private final RemoteSteps remote;
  private final ControlPlane controlPlane;
  private final Observe observe;

  LeaveCluster(ClusterSpec spec, RemoteSteps remote, ControlPlane controlPlane, Observe observe) {
    this.spec = spec;
    this.remote = remote;
    this.controlPlane = controlPlane;
    this.observe = observe;
  }

  /**
   * Empties a node. kubectl is asked again and again, for a while each time: whether the node's
   * kubelet is still there may change meanwhile, and nobody ends the pods of one that is gone.
   *
   * @throws Failure.Failed with the pods that stay and what holds them, if they do not go in time
   *     or a stop was asked for; the node takes no new pods then, and nothing else was done to it
   */
  boolean drain(Action.Drain drain, Progress progress) throws InterruptedException {
    NodeSpec node = drain.node();
    long giveUp = System.nanoTime() + drain.patience().toNanos();
    String stay = "pods go elsewhere";
    while (true) {
      NodeSpec master = controlPlane.readyMaster();
      progress.at(stay.lines().findFirst().orElse("").strip() + ", seen from " + master.name());
      Duration left = Duration.ofNanos(giveUp - System.nanoTime());
      Duration slice = left.compareTo(ONE_DRAIN) < 0 ? left : ONE_DRAIN;
      Output output =
          remote.tryRun(
              master,
              "drain",
              List.of(spec.fullName(node), String.valueOf(Math.max(1, slice.toSeconds()))),
              Stdin.EMPTY,
              ONE_DRAIN.plus(SHORT));
      if (output.isSuccess()) {
        return true;
      }
      boolean isOver = System.nanoTime() >= giveUp;
      if (output.exit() != BLOCKED && (isOver || output.exit() != TRY_AGAIN)) {
        throw RemoteSteps.failure(master, "draining " + node.name(), output);
      }
      stay = output.stderr().strip();
      if (isOver) {
        throw stayed("pods stay on it after " + drain.patience().toSeconds() + " s", node, stay);
      }
      if (remote.endsWaits()) {
        throw stayed("stopped while pods were still on it", node, stay);
      }
      if (output.exit() == TRY_AGAIN) {
        Thread.sleep(PAUSE);
      }
    }
  }

  private static Failure stayed(String what, NodeSpec node, String stay) {
    return new Failure.Failed(
        "%s: %s:\n%s".formatted(node.name(), what, stay),
        "the node takes no new pods, and is a node still. Give those pods another place (or more"
            + " replicas, or a wider PodDisruptionBudget), or delete them yourself; then run the"
            + " same command again, --drain-timeout gives it longer. To keep the node, put its line"
            + " back into the file: mainstay apply lets it take pods again");
  }

  /**
   * Takes a master out of service once the others are a healthy majority without it.
   *
   * @throws Failure.Refused with the arithmetic, if they are not within a minute
   */
  boolean retire(Action.RetireMaster retirement, Progress progress) throws InterruptedException {
    onceOthersAreAMajority(retirement.node(), retirement.memberIds(), progress);
    progress.at("its apiserver ends well");
    NodeSpec node = retirement.node();
    remote.feed(
        node,
        "retiring the master",
        "retire-master",
        Secret.of(
            ProxyConfig.render(spec, node, ProxyConfig.Mode.OTHERS, retirement.timeouts())
                .content()),
        List.of(),
        RETIRING);
    return true;
  }

  /**
   * Removes etcd members once the others are a healthy majority without them.
   *
   * @throws Failure.Refused with the arithmetic, if they are not within a minute
   */
  boolean removeMember(Action.RemoveMember removal, Progress progress) throws InterruptedException {
    long giveUp = System.nanoTime() + GATE.toNanos();
    while (true) {
      NodeSpec master = onceOthersAreAMajority(removal.node(), removal.memberIds(), progress);
      try {
        remote.run(
            master,
            "removing the etcd member of " + removal.node().name(),
            "remove-members",
            List.copyOf(removal.memberIds()),
            Stdin.EMPTY,
            SHORT);
        return true;
      } catch (Failure.Locked lost) {
        throw lost;
      } catch (Failure passing) {
        // an election, or an etcd that counts otherwise at this moment
        if (System.nanoTime() > giveUp) {
          throw passing;
        }
        progress.at(String.valueOf(passing.getMessage()));
        Thread.sleep(PAUSE);
      }
    }
  }

  /** A master that said so, when it said so. */
  private NodeSpec onceOthersAreAMajority(NodeSpec node, Set<String> memberIds, Progress progress)
      throws InterruptedException {
    long giveUp = System.nanoTime() + GATE.toNanos();
    while (true) {
      String refusal;
      try {
        NodeSpec master = controlPlane.readyMaster();
        Optional<ClusterApi> api = observe.ask(master);
        refusal = api.map(seen -> refusal(memberIds, seen)).orElse("the API does not answer");
        if (refusal.isEmpty()) {
          return master;
        }
      } catch (Failure.Locked lost) {
        throw lost;
      } catch (Failure passing) {
        // an election, or an apiserver that has just begun
        refusal = String.valueOf(passing.getMessage());
      }
      if (System.nanoTime() > giveUp) {
        throw new Failure.Refused(
            node.name() + " stays a member, to protect quorum: " + refusal,
            "mainstay status names what is not well; repair that, then run the same command again");
      }
      progress.at(refusal);
      Thread.sleep(PAUSE);
    }
  }

  private static String refusal(Set<String> memberIds, ClusterApi api) {
    Quorum quorum = new Quorum(api.members());
    return quorum.voters().stream()
        .filter(member -> memberIds.contains(member.id()))
        .flatMap(member -> quorum.refusalToRemove(member).stream())
        .findFirst()
        .orElse("");
  }

  boolean deleteNode(NodeSpec node) throws InterruptedException {
    remote.run(
        controlPlane.readyMaster(),
        "deleting the Node of " + node.name(),
        "delete-nodes",
        List.of(spec.fullName(node)),
        Stdin.EMPTY,
        DELETING);
    return true;
  }

  /** Undoes a drain and a retirement. */
  boolean putBack(Action.ReturnNode comeback) throws InterruptedException {
    NodeSpec node = comeback.node();
    if (comeback.retired()) {
      remote.run(
          node, "starting its static pods", "return-master", List.of(), Stdin.EMPTY, RETIRING);
    }
    remote.run(
        controlPlane.readyMaster(),
        "letting " + node.name() + " take pods",
        "undrain",
        List.of(spec.fullName(node)),
        Stdin.EMPTY,
        SHORT);
    return true;
  }
}
