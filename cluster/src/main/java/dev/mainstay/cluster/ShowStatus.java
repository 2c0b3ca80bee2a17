package dev.mainstay.cluster;

import dev.mainstay.cluster.ClusterStatus.Etcd;
import dev.mainstay.cluster.ClusterStatus.NodeStatus;
import dev.mainstay.cluster.ClusterStatus.State;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.RemoteCommand;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Mutable: finds out how a cluster is, again and again; changes nothing. A host that does not
 * answer holds up nobody for longer than the patience that there is: what is known of the others is
 * shown, and what it says at last comes with the next look.
 */
public final class ShowStatus {
  /** A member that is dead keeps etcdctl for three seconds, and then it answers. */
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private static final String ADVICE = "run mainstay apply";
  private static final Set<String> PODS_NEED = Set.of("containerd", "kubelet");

  private final Hosts hosts;
  private final Clock clock;
  private final Observe observe;
  private final Looks<NodeName, Seen> looks = new Looks<>();
  private final Looks<NodeName, Optional<ClusterApi>> questions = new Looks<>();

  /** Shows nothing yet. What {@code hosts} are not logged in to counts into the patience. */
  public ShowStatus(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
    this.observe = new Observe(hosts, clock);
  }

  /** One host's part: as much as was seen until something failed. */
  private record Seen(
      Optional<HostFacts> facts,
      HostHealth health,
      Optional<HostCertificates> certificates,
      Optional<Failure> failure) {
    static Seen nothing(Failure why) {
      return new Seen(Optional.empty(), HostHealth.NONE, Optional.empty(), Optional.of(why));
    }
  }

  /**
   * One look at a cluster.
   *
   * @param facts what was observed
   * @param status what follows from it
   */
  record Look(ClusterFacts facts, ClusterStatus status) {}

  /**
   * The condition of {@code spec}'s cluster, its nodes in the file's order. Steps of a run that
   * goes on are not waited for.
   *
   * @param patience how long each host is waited for; one that takes longer counts as unreachable
   */
  public ClusterStatus show(ClusterSpec spec, Duration patience) throws InterruptedException {
    return look(spec, patience).status();
  }

  /** The same with what it follows from. */
  Look look(ClusterSpec spec, Duration patience) throws InterruptedException {
    Map<NodeName, HostHealth> healths = new HashMap<>();
    ClusterFacts facts = observe(spec, patience, healths);
    return new Look(facts, status(spec, facts, healths, clock.instant()));
  }

  /**
   * What follows from what was seen: a pure function.
   *
   * @param healths what every node that answered said of its proxy
   * @param now when it was seen
   */
  static ClusterStatus status(
      ClusterSpec spec, ClusterFacts facts, Map<NodeName, HostHealth> healths, Instant now) {
    List<Problem> problems = new ArrayList<>();
    List<NodeStatus> nodes = new ArrayList<>();
    for (NodeSpec node : spec.nodes()) {
      HostHealth health = healths.getOrDefault(node.name(), HostHealth.NONE);
      nodes.add(node(spec, node, facts, health, now, problems));
    }
    List<Problem> blind =
        spec.nodes().stream()
            .flatMap(node -> ProxyHealth.problem(spec, node, facts, healths).stream())
            .toList();
    problems.addAll(blind);
    List<NodeName> estranged = facts.estranged(spec);
    for (NodeName name : estranged) {
      boolean newer = facts.isNewer(spec, name);
      problems.add(
          Problem.error(
              name.value(),
              newer ? ClusterFacts.NEWER : ClusterFacts.ESTRANGED,
              newer ? ClusterFacts.NEWER_ADVICE : ClusterFacts.ESTRANGED_ADVICE));
    }
    Set<String> doubled = new HashSet<>();
    for (NodeSpec node : spec.nodes()) {
      facts
          .doubled(spec, node)
          .ifPresent(what -> {
            doubled.add(node.name().value());
            // that it moved is what the other one's report looks like
            problems.removeIf(problem ->
                problem.where().equals(node.name().value())
                    && problem.what().startsWith(Amendment.IT_IS_AT));
            problems.add(Problem.error(node.name().value(), what, ClusterFacts.DOUBLED_ADVICE));
          });
    }
    facts
        .api()
        .ifPresent(api ->
            ClusterHealth.lacks(spec, facts, api).stream()
                .map(ShowStatus::problem)
                // what else is amiss there follows from it, and apply does not mend it
                .filter(
                    lack -> estranged.stream().noneMatch(its -> its.value().equals(lack.where())))
                .filter(lack -> !doubled.contains(lack.where()))
                .forEach(problems::add));
    Peers peers = Peers.of(facts);
    facts
        .api()
        .map(api -> new Quorum(api.members()))
        .map(peers::problems)
        // where nobody leads this may be why
        .orElseGet(() -> peers.problems(peers.misses().keySet(), Quorum.of(spec.masters().size())))
        .forEach(problems::add);
    facts
        .api()
        .map(ClusterApi::dns)
        .ifPresent(dns ->
            dns.onlyNode()
                .filter(node -> dns.couldLeave(node, Set.of()))
                .ifPresent(node ->
                    problems.add(
                        Problem.warning(
                            "coredns",
                            "all its pods are on " + node + ": its death would be noticed",
                            ADVICE))));
    FindDepartures.expected(spec, facts, Set.of(), problems).stream()
        .filter(departure -> departure.hasNode() || !departure.memberIds().isEmpty())
        .map(departure -> departure.node().name().value())
        .forEach(name ->
            problems.add(
                Problem.warning(
                    name,
                    "is in the cluster and not in the file",
                    "mainstay apply --remove " + name + " takes it out")));
    if (facts.api().isEmpty()) {
      problems.add(silent(spec, facts));
    }
    return new ClusterStatus(
        spec,
        state(facts, problems, blind),
        facts.api().map(api -> etcd(spec, api, peers)).orElse(new Etcd(0, 0, "", 0)),
        nodes,
        problems);
  }

  /**
   * The condition in one word.
   *
   * @param blind those of the problems that are about what proxies see: no errors, as these nodes
   *     work, and yet the next dead master hurts them
   */
  static State state(ClusterFacts facts, List<Problem> problems, List<Problem> blind) {
    return facts.api().isEmpty()
        ? State.DOWN
        : problems.stream().anyMatch(Problem::isError) || !blind.isEmpty()
            ? State.DEGRADED
            : State.HEALTHY;
  }

  /** What it means that no master's API answers. */
  private static Problem silent(ClusterSpec spec, ClusterFacts facts) {
    String cluster = spec.name().value();
    if (facts.hosts().values().stream().anyMatch(HostFacts::isProvisioned)) {
      List<NodeSpec> members = Observe.members(spec, facts.hosts());
      int masters = members.size();
      long there = members.stream().filter(master -> facts.host(master.name()).isPresent()).count();
      if (there < Quorum.of(masters)) {
        return Problem.error(
            cluster,
            "no master answers at its API: of %d masters %d can be reached, and etcd needs %d"
                .formatted(masters, there, Quorum.of(masters)),
            "bring masters back. If so many are gone for good: mainstay etcd members, then mainstay"
                + " etcd recover");
      }
      return Problem.error(
          cluster,
          "no master answers at its API",
          "on a master: crictl ps -a, and journalctl -u kubelet");
    }
    if (facts.unreachable().isEmpty()) {
      return Problem.error(cluster, "there is no cluster yet", ADVICE);
    }
    return Problem.error(
        cluster,
        "%d of %d hosts cannot be reached, so that it is not known whether there is a cluster"
            .formatted(facts.unreachable().size(), spec.nodes().size()),
        "is this machine in their network?");
  }

  private static Problem problem(String lack) {
    int colon = lack.indexOf(": ");
    return Problem.error(
        lack.substring(0, colon),
        lack.substring(colon + 2),
        "run mainstay apply, or wait a moment");
  }

  private ClusterFacts observe(
      ClusterSpec spec, Duration patience, Map<NodeName, HostHealth> healths)
      throws InterruptedException {
    Map<NodeName, HostFacts> facts = new HashMap<>();
    Map<NodeName, Failure> unreachable = new HashMap<>();
    Map<NodeName, HostCertificates> certificates = new HashMap<>();
    spec.nodes().forEach(node -> looks.begin(node.name(), () -> see(spec, node)));
    for (NodeSpec node : spec.nodes()) {
      Seen seen =
          looks.take(node.name(), patience).orElseGet(() -> Seen.nothing(late(node, patience)));
      seen.facts().ifPresent(host -> facts.put(node.name(), host));
      seen.certificates().ifPresent(found -> certificates.put(node.name(), found));
      seen.failure().ifPresent(why -> unreachable.put(node.name(), why));
      healths.put(node.name(), seen.health());
    }
    Optional<ClusterApi> api =
        Observe.askAny(Observe.ready(spec, facts), patience, this::askWithPatience);
    return new ClusterFacts(facts, unreachable, api, certificates, List.of());
  }

  private Optional<ClusterApi> askWithPatience(NodeSpec master) throws InterruptedException {
    questions.begin(master.name(), () -> observe.ask(master));
    return questions.take(master.name(), ANSWER).flatMap(answer -> answer);
  }

  private static Failure late(NodeSpec node, Duration patience) {
    return new Failure.Unreachable(
        "%s (%s): no answer within %d s"
            .formatted(node.name(), node.address(), patience.toSeconds()),
        "is the host on, and not too busy to answer?",
        true);
  }

  private Seen see(ClusterSpec spec, NodeSpec node) throws InterruptedException {
    Optional<HostFacts> facts = Optional.empty();
    HostHealth health = HostHealth.NONE;
    try {
      HostFacts host = observe.host(spec, node, Duration.ZERO);
      facts = Optional.of(host);
      health = health(node);
      HostCertificates certificates =
          Observe.isNode(host)
              ? new ObserveCertificates(hosts, ObserveCertificates.Extent.DISK).of(node)
              : HostCertificates.NONE;
      return new Seen(facts, health, Optional.of(certificates), Optional.empty());
    } catch (Failure failure) {
      return new Seen(facts, health, Optional.empty(), Optional.of(failure));
    }
  }

  private HostHealth health(NodeSpec node) throws InterruptedException {
    try {
      return HostHealth.parse(
          hosts.login(node).run(RemoteCommand.of(Scripts.script("health"))).stdout());
    } catch (Failure lost) {
      return HostHealth.NONE;
    }
  }

  private static NodeStatus node(
      ClusterSpec spec,
      NodeSpec node,
      ClusterFacts facts,
      HostHealth health,
      Instant now,
      List<Problem> problems) {
    Optional<HostFacts> host = facts.host(node.name());
    Optional<ClusterApi.KubeNode> kube = facts.api().flatMap(api -> api.node(spec.fullName(node)));
    String where = node.name().value();
    Failure unreachable = facts.unreachable().get(node.name());
    if (unreachable != null) {
      problems.add(Problem.error(where, withoutLabel(node, unreachable), unreachable.advice()));
    }
    boolean proxyActive = host.map(seen -> seen.isActive("mainstay-proxy")).orElse(false);
    boolean inDrill = host.map(HostFacts::isInDrill).orElse(false);
    if (inDrill) {
      problems.add(
          Problem.warning(
              where,
              "is in a drill: what does not run there was stopped on purpose",
              "wait: it heals itself within minutes"));
    }
    if (host.isPresent() && host.get().isProvisioned() && !proxyActive && !inDrill) {
      problems.add(Problem.error(where, "its local proxy does not run", ADVICE));
    }
    boolean isAnother =
        host.filter(seen -> seen.stage() == Stage.EMPTY)
            .flatMap(seen -> kube.map(its -> !its.machineId().equals(seen.machineId())))
            .orElse(false);
    if (isAnother) {
      problems.add(
          Problem.error(
              where,
              "another machine answers at " + node.address() + " than the cluster's " + node.name(),
              "mend the address in the file; or, if this one is to take its place: mainstay apply"
                  + " --replace "
                  + node.name()));
    }
    HostsBlock block = HostsBlock.of(spec, facts);
    String hostsBlock =
        host.map(seen -> hostsBlock(block, new HostsFile(seen.hostsFile()))).orElse("unknown");
    if (hostsBlock.equals("old")
        || (hostsBlock.equals("missing") && kube.isPresent() && !isAnother)) {
      problems.add(Problem.warning(where, "hosts block is " + hostsBlock, ADVICE));
    }
    host.filter(seen -> seen.isProvisioned() && !inDrill)
        .ifPresent(seen -> problems.addAll(drift(spec, node, seen, block, facts)));
    host.filter(HostFacts::hasLostItsMember)
        .ifPresent(_ ->
            problems.add(
                Problem.error(where, "has lost its etcd's data", HostFacts.madeAnew(node.name()))));
    host.filter(HostFacts::isInRestore)
        .ifPresent(seen ->
            problems.add(
                Problem.warning(
                    where,
                    "a restore or recovery of etcd is not at its end here"
                        + (seen.isHeld() ? " and holds its kubelet" : ""),
                    PlanRestore.GO_ON)));
    HostCertificates certificates =
        facts.certificates().getOrDefault(node.name(), HostCertificates.NONE);
    problems.addAll(CertificateHealth.problems(where, certificates, now));
    if (node.isMaster()) {
      health
          .backup()
          .flatMap(backup -> OwnBackupHealth.problem(where, spec.etcdBackup(), backup))
          .ifPresent(problems::add);
    }
    return new NodeStatus(
        where,
        node.role().word(),
        node.address().value(),
        host.isPresent(),
        kube.map(ClusterApi.KubeNode::ready).orElse(false),
        kube.map(ClusterApi.KubeNode::kubelet).orElse(""),
        proxyActive,
        named(health.backends(), where),
        hostsBlock,
        certificates.earliestExpiry());
  }

  /** What happened to a node that is named beside it. */
  private static String withoutLabel(NodeSpec node, Failure failure) {
    String message = String.valueOf(failure.getMessage());
    String label = node.name() + " (" + node.address() + "): ";
    return message.startsWith(label) ? message.substring(label.length()) : message;
  }

  /** A master's way to itself carries the master's name, as its way to any other would. */
  private static List<ClusterStatus.BackendStatus> named(
      List<ClusterStatus.BackendStatus> backends, String node) {
    return backends.stream()
        .map(backend ->
            backend.name().equals(HostHealth.SELF)
                ? new ClusterStatus.BackendStatus(node, backend.up())
                : backend)
        .toList();
  }

  private static String hostsBlock(HostsBlock block, HostsFile hosts) {
    return hosts.generation() == 0 ? "missing" : hosts.isCurrent(block) ? "current" : "old";
  }

  /** What differs on a finished node from what it should be, beside its hosts block and proxy. */
  private static List<Problem> drift(
      ClusterSpec spec, NodeSpec node, HostFacts host, HostsBlock block, ClusterFacts facts) {
    List<HostFile> wanted =
        HostFiles.of(
            spec,
            node,
            host,
            host.identity().map(NodeIdentity::clusterId).orElse(""),
            Optional.empty(),
            node.isMaster() ? ProxyConfig.Mode.SELF : ProxyConfig.Mode.OTHERS);
    HostDrift drift = HostDrift.of(spec, node, host, wanted, block, 0);
    String where = node.name().value();
    List<String> differs = new ArrayList<>();
    drift.files().stream()
        // a round trip of this moment, which a busy host makes long; plan looks at that
        .filter(file -> drift.suits(file).isEmpty())
        .forEach(file ->
            differs.add(
                file.path()
                    + (file.isAbsent() ? " is not wanted" : " is missing, old or was changed")));
    if (drift.authorityLost()) {
      differs.add(ProxyConfig.AUTHORITY + " is missing or was changed");
    }
    List<Problem> problems = new ArrayList<>();
    for (String unit : drift.unitsDown()) {
      if (PODS_NEED.contains(unit) && !host.isActive(unit)) {
        // its Node is called Ready for a while yet
        problems.add(Problem.error(where, unit + " does not run", ADVICE));
      } else if (!unit.equals("mainstay-proxy") || host.isActive(unit)) {
        differs.add(
            (unit.contains(".") ? unit : unit + ".service")
                + " does not run or does not start at boot");
      }
    }
    drift
        .proxyElsewhere()
        .filter(_ -> drift.hosts().isEmpty())
        .ifPresent(to -> differs.add("its running local proxy leads to " + to));
    differs.addAll(Amendment.of(spec, node, host, facts.api()).phrases());
    differs.forEach(what -> problems.add(Problem.warning(where, what, ADVICE)));
    return problems;
  }

  private static Etcd etcd(ClusterSpec spec, ClusterApi api, Peers peers) {
    Quorum voters = new Quorum(api.members());
    String leader =
        api.members().stream()
            .filter(ClusterApi.Member::leader)
            .map(ClusterApi.Member::name)
            .map(name -> shortName(spec, name))
            .findFirst()
            .orElse("");
    return new Etcd(
        api.members().size(),
        Peers.living(voters).size(),
        leader,
        Math.max(0, peers.canLose(voters)));
  }

  private static String shortName(ClusterSpec spec, String fullName) {
    return spec.nodes().stream()
        .filter(node -> spec.fullName(node).equals(fullName))
        .map(node -> node.name().value())
        .findFirst()
        .orElse(fullName);
  }
}
