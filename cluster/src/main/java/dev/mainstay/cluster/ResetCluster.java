package dev.mainstay.cluster;

import dev.mainstay.engine.Apply;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.RunListener;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Secret;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Gives hosts back as they were before Mainstay: the cluster on them is gone for good. */
public final class ResetCluster {
  private static final int WINDOW = 64;
  private static final Duration DEADLINE = Duration.ofMinutes(20);

  private final Hosts hosts;
  private final Clock clock;

  public ResetCluster(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
  }

  /**
   * What a reset would do, one step a host that has anything of ours.
   *
   * @param unreachable the hosts that cannot be reached and are left as they are
   */
  public record Reset(Plan<Action> plan, List<Failure> unreachable) {}

  /**
   * Plans the reset of {@code spec}'s hosts.
   *
   * @throws Failure.Refused if a host belongs to another cluster
   */
  public Reset plan(ClusterSpec spec) throws InterruptedException {
    ClusterFacts facts = new Observe(hosts, clock).all(spec);
    List<Step<Action>> steps = new ArrayList<>();
    for (NodeSpec node : spec.nodes()) {
      Optional<HostFacts> host = facts.host(node.name());
      if (host.isEmpty() || isUntouched(host.get())) {
        continue;
      }
      host.get()
          .identity()
          .filter(identity -> !identity.cluster().equals(spec.name().value()))
          .ifPresent(identity -> {
            throw new Failure.Refused(
                node.name() + " belongs to cluster " + identity.cluster(),
                "nothing was changed; is the address right?");
          });
      steps.add(
          new Step<>(
              "hosts/reset/" + node.name(),
              node.name().value(),
              Why.RESET_ASKED,
              "undo kubeadm, remove everything of Mainstay, its packages and its hosts block",
              Disruption.CONTROL_PLANE,
              Set.of(),
              new Action.Reset(node, new HostsFile(host.get().hostsFile()).withoutBlock().text())));
    }
    return new Reset(
        new Plan<>(List.of(new Phase<>("hosts/reset", "hosts as they were", steps))),
        List.copyOf(facts.unreachable().values()));
  }

  private static boolean isUntouched(HostFacts host) {
    return host.identity().isEmpty()
        && host.stage() == Stage.EMPTY
        && host.artifacts().isEmpty()
        && new HostsFile(host.hostsFile()).generation() == 0;
  }

  /** Carries the reset out; one result a host. */
  public Map<Step<Action>, StepResult> run(
      Reset reset, List<RunListener<Action>> listeners, StopSignal stop)
      throws InterruptedException {
    RemoteSteps remote = new RemoteSteps(hosts, stop);
    return new Apply<Action>(
            (step, progress) -> {
              if (!(step.action() instanceof Action.Reset host)) {
                throw new IllegalArgumentException(step.id());
              }
              return reset(remote, host);
            },
            listeners,
            stop,
            WINDOW,
            System::nanoTime)
        .run(reset.plan());
  }

  /** Gives one host back. */
  static boolean reset(RemoteSteps remote, Action.Reset host) throws InterruptedException {
    remote.feed(
        host.node(),
        "resetting the host",
        "reset",
        Secret.of(host.hostsText()),
        List.of(),
        DEADLINE);
    return true;
  }
}
