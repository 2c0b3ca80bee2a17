package dev.mainstay.cluster;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import dev.mainstay.model.SshSpec;
import dev.mainstay.ssh.Hosts;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Looks at the hosts and plans what makes them the cluster that the file describes. */
public final class PlanChanges {
  /** The paths of all phases that a plan may have. */
  public static final Set<String> PHASES =
      Set.of(
          "certificates/kubelet",
          "certificates/renew",
          "cluster/addons",
          "cluster/verify",
          "hosts/configure",
          "hosts/deliver",
          "hosts/images",
          "masters/amend",
          "masters/init",
          "masters/join",
          "nodes/drain",
          "nodes/register",
          "nodes/remove",
          "nodes/return",
          "workers/configure",
          "workers/forget",
          "workers/join",
          "workers/move");

  /**
   * What the user wants beyond what the file says.
   *
   * @param replaced the names that get another machine, or the same one anew
   * @param drainTimeout how long the pods of a node that leaves may take to go
   */
  public record Wishes(Set<NodeName> replaced, Duration drainTimeout) {
    /** Nobody is replaced, pods have five minutes. */
    public static final Wishes NONE = new Wishes(Set.of(), Duration.ofMinutes(5));

    public Wishes {
      replaced = Set.copyOf(replaced);
    }

    /**
     * Goes on if the file has all of them; nobody has been asked yet.
     *
     * @throws Failure.Usage if a name to replace is not in the file
     */
    public void ensureKnown(ClusterSpec spec) {
      for (NodeName name : replaced) {
        if (spec.node(name).isEmpty()) {
          throw new Failure.Usage(
              "--replace " + name + ": the file has no such node",
              "to take a node out, take its line out of the file and name it: --remove " + name);
        }
      }
    }
  }

  /** Where the bundle comes from, which may take long: asked for only where it is needed. */
  @FunctionalInterface
  public interface BundleSource {
    Bundle get() throws InterruptedException;
  }

  // an answer that a busy host gives late is no finding; longer is, and a plan says that it waits
  private static final Duration MOMENT = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Observe observe;
  private final Supplier<String> freshId;
  private final Map<NodeName, SshSpec> logins;

  /**
   * Prepares the use case.
   *
   * @param freshId makes the id of a new cluster
   * @param logins how nodes were logged into that the file may have no more
   */
  public PlanChanges(
      Hosts hosts, Clock clock, Supplier<String> freshId, Map<NodeName, SshSpec> logins) {
    this.observe = new Observe(hosts, clock);
    this.freshId = freshId;
    this.logins = Map.copyOf(logins);
  }

  /**
   * The changes; nothing is changed yet. A cluster that merely is not well is looked at again for
   * some seconds: by then it may be.
   *
   * @param source asked once nothing speaks against the file that can be known without a bundle
   * @throws Failure.Unreachable if a host answers with another key than the pinned one; if any host
   *     cannot be reached while there is no cluster yet; if no master can be reached
   * @throws Failure.PreflightFailed if a host cannot carry its node
   * @throws Failure.Refused if the difference must not, or cannot yet, be planned
   */
  public Changes plan(ClusterSpec spec, BundleSource source, Wishes wishes)
      throws InterruptedException {
    Changes first = look(spec, source, wishes);
    return patiently(first, () -> look(spec, first::bundle, wishes), MOMENT, PAUSE);
  }

  /** Another look at the hosts and the cluster. */
  interface Look {
    Changes again() throws InterruptedException;
  }

  /**
   * What {@code look} finds in the end: a cluster of which nothing is to be done but to wait is
   * looked at until more is, or nothing, or {@code moment} is over.
   */
  static Changes patiently(Changes first, Look look, Duration moment, Duration pause)
      throws InterruptedException {
    long end = System.nanoTime() + moment.toNanos();
    Changes changes = first;
    while (changes.onlyWaits() && System.nanoTime() < end) {
      Thread.sleep(pause);
      changes = look.again();
    }
    return changes;
  }

  private Changes look(ClusterSpec spec, BundleSource source, Wishes wishes)
      throws InterruptedException {
    ClusterFacts seen = observe.all(spec);
    seen.hosts().values().stream()
        .filter(HostFacts::isInDrill)
        .findFirst()
        .ifPresent(host -> {
          throw PlanDrill.inDrill(host);
        });
    refuseInRestore(seen, wishes.replaced());
    refuseWithoutData(spec, seen, wishes.replaced());
    refuseUnreachable(spec, seen);
    Planner.refuseOtherVersion(spec, seen, wishes.replaced());
    FindDepartures.Found found =
        new FindDepartures(observe, logins).find(spec, seen, wishes.replaced());
    ClusterFacts facts = found.facts();
    List<Problem> problems = Preflight.check(spec, facts);
    List<Problem> errors = problems.stream().filter(Problem::isError).toList();
    if (!errors.isEmpty()) {
      throw preflightFailed(errors);
    }
    Bundle bundle = source.get();
    ClusterDescription description =
        new ClusterDescription(spec, NetworkManifests.of(spec, bundle));
    PlanRenewal.Renewal renewal =
        PlanRenewal.ofDue(spec, facts.certificates(), observe.clock().instant());
    List<Problem> warnings = new ArrayList<>(problems);
    warnings.addAll(renewal.problems());
    warnings.addAll(found.notes());
    warnings.addAll(silent(facts));
    facts
        .api()
        .map(api -> new Quorum(api.members()))
        .ifPresent(quorum ->
            Peers.of(facts).problems(quorum).forEach(problem -> warnings.add(problem.asWarning())));
    return new Changes(
        spec,
        facts,
        bundle,
        new Planner(spec, facts, bundle, description, freshId.get(), wishes.drainTimeout())
            .renewing(renewal)
            .plan(),
        warnings);
  }

  /** Machines that leave and cannot be reset, because they do not answer. */
  private static List<Problem> silent(ClusterFacts facts) {
    List<Problem> silent = new ArrayList<>();
    for (Departure departure : facts.departures()) {
      departure
          .silence()
          .ifPresent(why ->
              silent.add(
                  Problem.warning(
                      departure.node().name().value(),
                      "leaves without its machine: " + why.getMessage(),
                      "should the old machine ever come back, reset it before it meets the others:"
                          + " it still holds keys of the cluster")));
    }
    return silent;
  }

  static Failure preflightFailed(List<Problem> errors) {
    return new Failure.PreflightFailed(
        "hosts are not fit for their nodes; nothing was changed\n"
            + errors.stream().map(Problem::toString).collect(Collectors.joining("\n")),
        "");
  }

  /** Whoever is to be made anew may be in the middle of anything. */
  private static void refuseInRestore(ClusterFacts facts, Set<NodeName> replaced) {
    String names =
        facts.hosts().values().stream()
            .filter(host -> host.isProvisioned() && host.isInRestore())
            // that it serves on the new data was only not noted
            .filter(host -> host.isHeld() || !host.ready())
            .map(HostFacts::node)
            .filter(node -> !replaced.contains(node))
            .sorted()
            .map(NodeName::value)
            .collect(Collectors.joining(", "));
    if (!names.isEmpty()) {
      throw new Failure.Refused(
          "a restore or recovery of etcd is not at its end on " + names,
          "nothing was changed; " + PlanRestore.GO_ON);
    }
  }

  /** Its end would be waited for in vain. */
  private static void refuseWithoutData(
      ClusterSpec spec, ClusterFacts facts, Set<NodeName> replaced) {
    spec.masters().stream()
        .map(NodeSpec::name)
        .filter(name -> !replaced.contains(name))
        .filter(name -> facts.host(name).map(HostFacts::hasLostItsMember).orElse(false))
        .findFirst()
        .ifPresent(name -> {
          throw new Failure.Refused(
              name + " has lost its etcd's data",
              "nothing was changed; " + HostFacts.madeAnew(name));
        });
  }

  private static void refuseUnreachable(ClusterSpec spec, ClusterFacts facts) {
    boolean exists = facts.hosts().values().stream().anyMatch(HostFacts::isProvisioned);
    boolean anyMaster =
        spec.masters().stream().map(NodeSpec::name).anyMatch(facts.hosts()::containsKey);
    List<Failure> blocking =
        facts.unreachable().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(Map.Entry::getValue)
            .filter(failure -> !exists || !anyMaster || !failure.isRetryable())
            .toList();
    if (!blocking.isEmpty()) {
      throw new Failure.Unreachable(
          blocking.stream().map(Failure::text).collect(Collectors.joining("\n")),
          exists ? "" : "nothing was changed: a new cluster is made when all its hosts answer",
          true);
    }
  }
}
