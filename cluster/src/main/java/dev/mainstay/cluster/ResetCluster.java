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
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

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
   * @throws Failure.Refused if a host belongs to another cluster, also to one of the same name, or
   *     is another node
   */
  public Reset plan(ClusterSpec spec) throws InterruptedException {
    return plan(spec, new Observe(hosts, clock).all(spec));
  }

  static Reset plan(ClusterSpec spec, ClusterFacts facts) {
    List<Step<Action>> steps = new ArrayList<>();
    for (NodeSpec node : spec.nodes()) {
      Optional<HostFacts> host = facts.host(node.name());
      if (host.isEmpty() || isUntouched(host.get())) {
        continue;
      }
      host.get().identity().ifPresent(identity -> refuseOthers(spec, node, identity));
      steps.add(
          new Step<>(
              "hosts/reset/" + node.name(),
              node.name().value(),
              Why.RESET_ASKED,
              "undo kubeadm, remove everything of Mainstay, its packages and its hosts block",
              Disruption.CONTROL_PLANE,
              Set.of(),
              Action.Reset.of(node, host.get())));
    }
    refuseTwoClusters(facts);
    return new Reset(
        new Plan<>(List.of(new Phase<>("hosts/reset", "hosts as they were", steps))),
        List.copyOf(facts.unreachable().values()));
  }

  private static void refuseOthers(ClusterSpec spec, NodeSpec node, NodeIdentity identity) {
    String is = identity.node() + " of cluster " + identity.cluster();
    if (!is.equals(node.name() + " of cluster " + spec.name())) {
      throw new Failure.Refused(
          "the host of %s (%s) is %s".formatted(node.name(), node.address(), is),
          "nothing was changed; is the address right?");
    }
  }

  /** Clusters may well have the same name: whoever types it means one of them. */
  private static void refuseTwoClusters(ClusterFacts facts) {
    Map<String, Set<String>> nodes = new TreeMap<>();
    facts
        .hosts()
        .forEach((name, host) ->
            host.identity()
                .ifPresent(identity ->
                    nodes
                        .computeIfAbsent(identity.clusterId(), id -> new TreeSet<>())
                        .add(name.value())));
    if (nodes.size() > 1) {
      throw new Failure.Refused(
          "the hosts belong to %d clusters of the same name: %s"
              .formatted(
                  nodes.size(),
                  nodes.values().stream()
                      .map(names -> String.join(", ", names))
                      .collect(Collectors.joining("; "))),
          "nothing was changed; is every address right? If so, take the lines of one of them out of"
              + " the file, and reset the others alone");
    }
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
        new Secret(HostFile.hosts(host.hostsText()).bytes()),
        List.of(host.clusterId().isEmpty() ? "-" : host.clusterId(), host.hostsBefore()),
        DEADLINE);
    return true;
  }
}
