package dev.mainstay.cluster;

import static java.util.stream.Collectors.toSet;

import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.engine.FanOut;
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
import java.util.function.BooleanSupplier;

/**
 * Waits until the whole is well: every node Ready, every etcd member a healthy voter known by name,
 * the add-ons ready, and the API answering through every node's own local proxy.
 */
final class VerifyCluster {
  private static final Duration PAUSE = Duration.ofMillis(500);
  static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Duration SHORT = Duration.ofSeconds(30);
  private static final int WINDOW = 64;

  private final ClusterSpec spec;
  private final ClusterFacts facts;
  private final List<NodeSpec> reachable;
  private final Set<NodeName> masters;
  private final RemoteSteps remote;
  private final ControlPlane controlPlane;
  private final Observe observe;

  /**
   * Looks at nothing yet.
   *
   * @param facts the hosts that could not be looked at before are not waited for now
   */
  VerifyCluster(
      ClusterSpec spec,
      ClusterFacts facts,
      RemoteSteps remote,
      ControlPlane controlPlane,
      Observe observe) {
    this.spec = spec;
    this.facts = facts;
    this.reachable =
        spec.nodes().stream().filter(node -> facts.host(node.name()).isPresent()).toList();
    this.masters =
        reachable.stream().filter(NodeSpec::isMaster).map(NodeSpec::name).collect(toSet());
    this.remote = remote;
    this.controlPlane = controlPlane;
    this.observe = observe;
  }

  /**
   * Returns false: looking changes nothing.
   *
   * @throws Failure.Failed with all that is not well after 5 minutes; if a stop was asked for
   *     before
   */
  boolean await(Progress progress) throws InterruptedException {
    if (!awaitUnless(remote::endsWaits, progress)) {
      throw new Failure.Failed(
          "stopped before the cluster was seen to be well", "mainstay status shows how it is");
    }
    return false;
  }

  /**
   * The same until it is stopped; a look that was begun ends first.
   *
   * @return whether all is well; false only where it was stopped before it was
   * @throws Failure.Failed with all that is not well after 5 minutes
   */
  boolean awaitUnless(BooleanSupplier stopped, Progress progress) throws InterruptedException {
    long giveUp = System.nanoTime() + LIMIT.toNanos();
    List<String> lacks = List.of();
    do {
      if (stopped.getAsBoolean()) {
        return false;
      }
      lacks = lacks();
      if (lacks.isEmpty()) {
        return true;
      }
      progress.at(
          lacks.getFirst() + (lacks.size() > 1 ? " and " + (lacks.size() - 1) + " more" : ""));
      Thread.sleep(PAUSE);
    } while (System.nanoTime() < giveUp);
    throw new Failure.Failed(
        "the cluster is not well after "
            + LIMIT.toMinutes()
            + " minutes:\n"
            + String.join("\n", lacks),
        "mainstay status shows it; look at what is named, then run mainstay apply");
  }

  /** The cluster and every node's proxy are asked at the same time. */
  private List<String> lacks() throws InterruptedException {
    List<List<String>> both =
        FanOut.map(
            List.<Look>of(this::unwell, this::silentProxies),
            2,
            look -> {
              try {
                return look.lacks();
              } catch (InterruptedException interrupted) {
                throw new java.util.concurrent.CancellationException();
              }
            });
    return both.getFirst().isEmpty() ? both.getLast() : both.getFirst();
  }

  private interface Look {
    List<String> lacks() throws InterruptedException;
  }

  private List<String> unwell() throws InterruptedException {
    return observe
        .ask(controlPlane.readyMaster())
        .map(api -> ClusterHealth.lacks(spec, facts, api, masters))
        .orElse(List.of("the API does not answer"));
  }

  private List<String> silentProxies() throws InterruptedException {
    List<String> silent = new ArrayList<>();
    for (Optional<String> one : FanOut.map(reachable, WINDOW, this::silence)) {
      one.ifPresent(silent::add);
    }
    return silent;
  }

  private Optional<String> silence(NodeSpec node) {
    try {
      Output output = remote.tryRun(node, "answers", List.of(), Stdin.EMPTY, SHORT);
      return output.isSuccess()
          ? Optional.empty()
          : Optional.of(node.name() + ": " + output.tail(1));
    } catch (Failure.Locked lost) {
      throw lost;
    } catch (Failure unreachable) {
      return Optional.of(String.valueOf(unreachable.getMessage()));
    } catch (InterruptedException interrupted) {
      throw new java.util.concurrent.CancellationException();
    }
  }
}
