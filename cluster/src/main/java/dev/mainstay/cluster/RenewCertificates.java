package dev.mainstay.cluster;

import dev.mainstay.engine.Apply;
import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.RunListener;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import dev.mainstay.ssh.Hosts;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Renews certificates and nothing else. It plans from the certificates alone, so that it is the
 * same whether the API answers or ended together with them.
 */
public final class RenewCertificates {
  private static final int WINDOW = 64;

  private final Hosts hosts;
  private final Clock clock;

  public RenewCertificates(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
  }

  /**
   * What a renewal would do.
   *
   * @param unreachable the hosts that cannot be reached and are left as they are
   */
  public record Renewal(ClusterSpec spec, Plan<Action> plan, List<Failure> unreachable) {
    public Renewal {
      unreachable = List.copyOf(unreachable);
    }
  }

  /**
   * Plans the renewal of all that ends {@code within} a span; without one, of what is due.
   *
   * @throws Failure.Refused if anything is due that cannot be signed here
   */
  public Renewal planDue(ClusterSpec spec, Optional<Duration> within) throws InterruptedException {
    return plan(spec, PlanRenewal.Extent.DUE, new DueDate(within));
  }

  /** Plans the renewal of everything that kubeadm made; as {@link #planDue} else. */
  public Renewal planAll(ClusterSpec spec) throws InterruptedException {
    return plan(spec, PlanRenewal.Extent.ALL, DueDate.RULE);
  }

  private Renewal plan(ClusterSpec spec, PlanRenewal.Extent extent, DueDate due)
      throws InterruptedException {
    Map<NodeName, Failure> unreachable = new TreeMap<>();
    Map<NodeName, HostCertificates> seen =
        new ObserveCertificates(hosts, ObserveCertificates.Extent.DISK)
            .all(spec.nodes(), unreachable);
    PlanRenewal.Renewal renewal = PlanRenewal.of(spec, seen, extent, due, clock.instant());
    if (!renewal.problems().isEmpty()) {
      throw new Failure.Refused(
          renewal.problems().stream().map(Problem::toString).collect(Collectors.joining("\n")),
          "nothing was changed");
    }
    List<Phase<Action>> phases = new ArrayList<>(renewal.phases());
    Set<String> ids = renewal.ids();
    if (!ids.isEmpty()) {
      phases.add(
          new Phase<>(
              "cluster/verify",
              "a look at the whole",
              List.of(
                  new Step<>(
                      "cluster/verify",
                      "",
                      Why.CLUSTER_CHANGED,
                      "wait until every node, etcd member, local proxy and add-on is well",
                      Disruption.NONE,
                      ids,
                      new Action.Verify()))));
    }
    return new Renewal(spec, new Plan<>(phases), List.copyOf(unreachable.values()));
  }

  /** Carries it out; one result a step. */
  public Map<Step<Action>, StepResult> run(
      Renewal renewal, List<RunListener<Action>> listeners, StopSignal stop)
      throws InterruptedException {
    ClusterSpec spec = renewal.spec();
    RemoteSteps remote = new RemoteSteps(hosts, stop);
    RenewMaster renewMaster = new RenewMaster(spec, remote, clock);
    RenewKubelet renewKubelet = new RenewKubelet(spec, remote);
    return new Apply<Action>(
            (step, progress) -> {
              if (step.action() instanceof Action.RenewCertificates action) {
                return renewMaster.renew(action, progress);
              }
              if (step.action() instanceof Action.RenewKubelet action) {
                return renewKubelet.renew(action, progress);
              }
              if (step.action() instanceof Action.Verify) {
                return verify(spec, remote, progress);
              }
              throw new IllegalArgumentException(step.id());
            },
            listeners,
            stop,
            WINDOW,
            System::nanoTime)
        .run(renewal.plan());
  }

  private boolean verify(ClusterSpec spec, RemoteSteps remote, Progress progress)
      throws InterruptedException {
    Observe observe = new Observe(hosts, clock);
    ClusterFacts facts = observe.all(spec);
    return new VerifyCluster(spec, facts, remote, new ControlPlane(spec, facts, remote), observe)
        .await(progress);
  }
}
