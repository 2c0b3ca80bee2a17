package dev.mainstay.cluster;

import dev.mainstay.bundle.Artifact;
import dev.mainstay.bundle.Bundle;
import dev.mainstay.bundle.Kind;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What has to be done so that the cluster becomes what the file says: a pure function of the file,
 * of what was observed and of the bundle.
 *
 * <pre>
 * 1. every host: artifacts it lacks, then files and units, then images        (side by side)
 *    then masters and workers that moved, or whose static pods differ: {@link PlanAmendments}
 *    then certificates that are due: {@link PlanRenewal}; first of both where no API answers
 * 2. no cluster: the first master is initialised and finished
 * 3. network and description                                                 (beside 4 and 5)
 * 4. the other masters one at a time: join, finish
 * 5. workers as soon as one master is finished                               (side by side)
 * 6. a look at the whole
 * </pre>
 *
 * <p>It keeps: a host whose init or join did not end is cleaned before anything else happens to it,
 * and never initialised where a finished master exists; a member is never added while another one
 * is being added; a finished node gets no step that it does not need.
 */
final class Planner {
  private static final String DELIVER = "hosts/deliver";
  private static final String CONFIGURE = "hosts/configure";
  private static final String IMAGES = "hosts/images";
  private static final String CLEAN_UP = "hosts/clean-up";

  private final ClusterSpec spec;
  private final ClusterFacts facts;
  private final Bundle bundle;
  private final ClusterDescription description;
  private final String clusterId;
  private final NodeSpec founder;
  private final HostsBlock block;
  private final PlanAmendments amendments;
  private final PlanDepartures departures;

  private final List<Step<Action>> drain = new ArrayList<>();
  private final List<Step<Action>> forget = new ArrayList<>();
  private final List<Step<Action>> remove = new ArrayList<>();
  private final List<Step<Action>> comeback = new ArrayList<>();
  private final List<Step<Action>> deliver = new ArrayList<>();
  private final List<Step<Action>> configure = new ArrayList<>();
  private final List<Step<Action>> follow = new ArrayList<>();
  private final List<Step<Action>> amend = new ArrayList<>();
  private final List<Step<Action>> move = new ArrayList<>();
  private final List<Step<Action>> images = new ArrayList<>();
  private final List<Step<Action>> init = new ArrayList<>();
  private final List<Step<Action>> masters = new ArrayList<>();
  private final List<Step<Action>> workers = new ArrayList<>();
  private final List<Step<Action>> register = new ArrayList<>();
  private final List<Step<Action>> addons = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();
  private Set<String> disturbed = Set.of();
  private PlanRenewal.Renewal renewal = PlanRenewal.Renewal.NONE;

  /**
   * Prepares a plan.
   *
   * @param freshId the id of the cluster if there is none yet
   * @param patience how long the pods of a node that leaves may take to go
   */
  Planner(
      ClusterSpec spec,
      ClusterFacts facts,
      Bundle bundle,
      ClusterDescription description,
      String freshId,
      Duration patience) {
    this.spec = spec;
    this.facts = facts;
    this.bundle = bundle;
    this.description = description;
    this.clusterId =
        facts.hosts().values().stream()
            .sorted((a, b) -> b.stage().compareTo(a.stage()))
            .flatMap(host -> host.identity().stream())
            .map(NodeIdentity::clusterId)
            .findFirst()
            .orElse(freshId);
    this.founder = founder();
    this.block = HostsBlock.of(spec, facts);
    this.amendments = new PlanAmendments(spec, facts);
    this.departures = new PlanDepartures(spec, facts, patience);
  }

  /** Puts {@code renewal} into the plan: before all that needs an API, where none answers. */
  Planner renewing(PlanRenewal.Renewal renewal) {
    this.renewal = renewal;
    ids.addAll(renewal.ids());
    return this;
  }

  /**
   * Whether certificates are renewed so that an API answers again. Those that are merely due must
   * not stand before what else brings it back.
   */
  private boolean recovers() {
    return facts.api().isEmpty() && renewal.bringsBack();
  }

  /** Whether the cluster's API gives no answer, for which this plan has no remedy but to wait. */
  private boolean isSilent() {
    return facts.api().isEmpty()
        && !amendments.quorumIsLost()
        && facts.hosts().values().stream().anyMatch(HostFacts::isProvisioned);
  }

  /**
   * The plan; empty where nothing has to change.
   *
   * @throws Failure.Refused where the difference is one that must not, or cannot yet, be planned
   */
  Plan<Action> plan() {
    refuseWhatIsNotOurs();
    departures.refuseLossOfQuorum();
    departures.refuseReturnWithoutMember();
    refuseEstranged();
    int generation = nextGeneration();
    departures.drains().forEach(step -> add(drain, step));
    departures.returns().forEach(step -> add(comeback, step));
    if (workersForgetFirst()) {
      Set<String> drained = departures.drained(Role.MASTER);
      spec.workers().forEach(worker -> prepare(worker, generation, leavers(worker, drained)));
    }
    departures.removals(ids(forget)).forEach(step -> add(remove, step));
    departures.endings().forEach(step -> add(remove, step));
    Set<String> gone = departures.membersGone();
    Set<String> unasked = new HashSet<>(gone);
    if (nothingElseWaitsForMasters()) {
      // a worker's proxy asks masters how they are until its pods have gone: they let only nodes
      // ask
      unasked.addAll(departures.drained(Role.WORKER));
    }
    spec.masters().forEach(master -> prepare(master, generation, leavers(master, unasked)));
    amendments.masters(this::prepared).forEach(step -> add(amend, step));
    amendments.kubeconfigsOfMasters(lastAmendment()).forEach(step -> add(amend, step));
    if (!workersForgetFirst()) {
      spec.workers().forEach(worker -> prepare(worker, generation, leavers(worker, gone)));
    }
    amendments.workers(this::prepared).forEach(step -> add(move, step));
    String ready = foundCluster();
    Set<String> serving = new HashSet<>(ready.isEmpty() ? lastAmendment() : Set.of(ready));
    serving.addAll(gone);
    Set<String> settled = joinMasters(serving);
    joinWorkers();
    registerNodes();
    addons(settled);
    List<Step<Action>> verify = new ArrayList<>();
    List<String> lacks =
        facts
            .api()
            .map(api -> ClusterHealth.lacks(spec, facts, api))
            .orElse(List.of("no master answers at its API"));
    if (!ids.isEmpty() || !lacks.isEmpty()) {
      verify.add(
          new Step<>(
              "cluster/verify",
              "",
              ids.isEmpty() ? Why.CLUSTER_NOT_WELL : Why.CLUSTER_CHANGED,
              ids.isEmpty()
                  ? "wait until it is well; now: " + String.join("; ", lacks)
                  : "wait until every node, etcd member, local proxy and add-on is well",
              Disruption.NONE,
              Set.copyOf(ids),
              new Action.Verify()));
      Set<String> abandoned = amendments.abandonedAddresses();
      if (!abandoned.isEmpty()) {
        verify.add(
            new Step<>(
                "cluster/connections",
                "",
                Why.ADDRESS_CHANGED,
                "close what is left of connections to " + String.join(", ", abandoned),
                Disruption.NONE,
                Set.of("cluster/verify"),
                new Action.CloseStaleConnections(abandoned)));
      }
    }
    List<Phase<Action>> phases = new ArrayList<>();
    phases.add(new Phase<>("nodes/drain", "nodes that leave: their pods go first", drain));
    phases.add(new Phase<>("nodes/return", "nodes that stay after all", comeback));
    phases.add(new Phase<>(DELIVER, "artifacts to the hosts", deliver));
    phases.add(
        new Phase<>("workers/forget", "workers' proxies forget the masters that leave", forget));
    phases.add(new Phase<>("nodes/remove", "machines that leave the cluster", remove));
    phases.add(new Phase<>(CONFIGURE, "files and units on the hosts", configure));
    phases.add(new Phase<>(IMAGES, "images into containerd", images));
    if (recovers()) {
      phases.addAll(renewals());
    }
    phases.add(new Phase<>("masters/amend", "masters that moved or differ", amend));
    if (!recovers()) {
      phases.addAll(renewals());
    }
    phases.addAll(
        List.of(
            new Phase<>("workers/configure", "files and units on the workers", follow),
            new Phase<>("workers/move", "workers that moved or differ", move),
            new Phase<>("masters/init", "the first master", init),
            new Phase<>("masters/join", "the other masters, one at a time", masters),
            new Phase<>("workers/join", "workers, side by side", workers),
            new Phase<>("nodes/register", "nodes that the cluster has forgotten", register),
            new Phase<>("cluster/addons", "network and description", addons),
            new Phase<>("cluster/verify", "a look at the whole", verify)));
    phases.stream()
        .map(Phase::path)
        .filter(path -> !PlanChanges.PHASES.contains(path))
        .forEach(path -> {
          throw new IllegalStateException("phase " + path + " is not among the known ones");
        });
    return new Plan<>(phases);
  }

  /**
   * The renewal, after what masters wait for before they find each other at new addresses; and
   * after their amendment too, unless that waits for the API that the renewal brings back.
   */
  private List<Phase<Action>> renewals() {
    Set<String> first = new HashSet<>();
    for (NodeSpec master : spec.masters()) {
      for (String phase : List.of(DELIVER, CONFIGURE, IMAGES)) {
        // nobody waits for a machine that is yet to become a master
        if (stage(master).compareTo(Stage.JOINED) >= 0 && ids.contains(id(phase, master))) {
          first.add(id(phase, master));
        }
      }
    }
    if (!recovers()) {
      amend.forEach(step -> first.add(step.id()));
    }
    return renewal.phases().stream()
        .map(phase ->
            new Phase<>(
                phase.path(),
                phase.title(),
                phase.steps().stream().map(step -> step.alsoAfter(first)).toList()))
        .toList();
  }

  /** The master that makes the cluster, or made it, or stands for it. */
  private NodeSpec founder() {
    for (Stage stage : List.of(Stage.PROVISIONED, Stage.JOINED)) {
      for (NodeSpec master : spec.masters()) {
        Optional<HostFacts> host = facts.host(master.name());
        if (host.isPresent() && host.get().stage() == stage) {
          return master;
        }
      }
    }
    return spec.masters().getFirst();
  }

  private boolean clusterExists() {
    return facts.hosts().values().stream()
        .anyMatch(host -> host.isProvisioned() || host.stage() == Stage.JOINED);
  }

  private void refuseWhatIsNotOurs() {
    for (HostFacts host : facts.hosts().values()) {
      host.identity()
          .filter(identity -> !identity.clusterId().equals(clusterId))
          .ifPresent(identity -> {
            throw new Failure.Refused(
                host.node()
                    + " belongs to another cluster called "
                    + identity.cluster()
                    + " (id "
                    + identity.clusterId()
                    + ", not "
                    + clusterId
                    + ")",
                "is the address right? To use the host anew: mainstay reset with that"
                    + " cluster's file");
          });
    }
    facts.hosts().values().forEach(this::refuseOtherDomain);
    facts.api().ifPresent(this::refuseOtherNodes);
    facts.api().ifPresent(this::refuseOtherMaking);
    facts.api().ifPresent(this::refuseOtherMachines);
    refuseDoubled();
    refuseLostMasters();
    refuseOtherVersion(spec, facts, Set.of());
  }

  /** Names stand in certificates, in etcd's membership and in every node's own; none is changed. */
  private void refuseOtherDomain(HostFacts host) {
    if (!Observe.isNode(host)) {
      return;
    }
    new HostsFile(host.hostsFile())
        .domain()
        .filter(domain -> !domain.equals(spec.domain().value()))
        .ifPresent(domain -> {
          throw new Failure.Refused(
              "%s is a node of the cluster in the domain %s; the file says %s"
                  .formatted(host.node(), domain, spec.domain()),
              "nothing was changed. A cluster keeps its domain: put \"domain: "
                  + domain
                  + "\" into the file");
        });
  }

  private void refuseOtherMaking(ClusterApi api) {
    List<String> differences = description.madeOtherwise(api.description());
    if (!differences.isEmpty()) {
      throw new Failure.Refused(
          "the file asks for what counts only when a cluster is made: "
              + String.join("; ", differences),
          "nothing was changed. Put the file back as it was: Mainstay does not change that on a"
              + " cluster that is there");
    }
  }

  private void refuseOtherNodes(ClusterApi api) {
    for (ClusterApi.KubeNode node : api.nodes()) {
      if (!node.name().endsWith("." + spec.domain().value())) {
        throw new Failure.Refused(
            node.name()
                + " is a node of the cluster that Mainstay did not make: its name is not in "
                + spec.domain().value(),
            "nothing was changed. If it is gone: kubectl delete node " + node.name());
      }
    }
  }

  /** An empty machine that shows the host key of a node is a clone, or the node set up anew. */
  private void refuseOtherMachines(ClusterApi api) {
    for (NodeSpec node : spec.nodes()) {
      Optional<ClusterApi.KubeNode> known = api.node(spec.fullName(node));
      Optional<HostFacts> host = facts.host(node.name());
      if (known.isPresent()
          && host.isPresent()
          && host.get().stage() == Stage.EMPTY
          && facts.departures().stream().noneMatch(one -> one.node().name().equals(node.name()))
          && !known.get().machineId().equals(host.get().machineId())) {
        throw new Failure.Unreachable(
            "%s (%s): another machine answers: its machine id is %s, that of the cluster's %s is %s; its host key is %s"
                .formatted(
                    node.name(),
                    node.address(),
                    host.get().machineId(),
                    node.name(),
                    known.get().machineId(),
                    host.get().fingerprint()),
            "nothing was changed. If the address is wrong, mend it in the file; if the machine is"
                + " to take the node's place: mainstay apply --replace "
                + node.name(),
            false);
      }
    }
  }

  private void refuseEstranged() {
    List<NodeName> estranged = new ArrayList<>(facts.estranged(spec));
    // what is to be made anew may be what was recovered, as those see it that came back
    facts.departures().stream()
        .map(Departure::node)
        .filter(node ->
            facts.api().isPresent() && facts.api().get().strangers().contains(spec.fullName(node)))
        .forEach(node -> estranged.add(node.name()));
    if (!estranged.isEmpty()) {
      boolean newer = estranged.stream().anyMatch(name -> facts.isNewer(spec, name));
      throw new Failure.Refused(
          estranged.stream().map(NodeName::value).collect(Collectors.joining(", "))
              + ": "
              + (newer ? ClusterFacts.NEWER : ClusterFacts.ESTRANGED),
          "nothing was changed. "
              + (newer ? ClusterFacts.NEWER_ADVICE : ClusterFacts.ESTRANGED_ADVICE));
    }
  }

  /** Each look would find what the other machine reported, and put it right for some seconds. */
  private void refuseDoubled() {
    for (NodeSpec node : spec.nodes()) {
      if (facts.departures().stream().noneMatch(one -> one.node().name().equals(node.name()))) {
        facts
            .doubled(spec, node)
            .ifPresent(what -> {
              throw new Failure.Refused(
                  node.name() + ": " + what, "nothing was changed; " + ClusterFacts.DOUBLED_ADVICE);
            });
      }
    }
  }

  private void refuseLostMasters() {
    if (spec.masters().stream().anyMatch(master -> stage(master).compareTo(Stage.JOINED) >= 0)) {
      return;
    }
    for (NodeSpec worker : spec.workers()) {
      if (stage(worker).compareTo(Stage.JOINED) >= 0) {
        throw new Failure.Refused(
            worker.name() + " is a node of the cluster, but no master that can be reached is",
            "bring a master back. If all are gone for good, so is the cluster: mainstay reset gives"
                + " the hosts back for a new one");
      }
    }
  }

  /**
   * Refuses to make another Kubernetes of a living cluster.
   *
   * @param replaced nodes whose machines are made anew, whatever they run
   * @throws Failure.Refused with the version that it has
   */
  static void refuseOtherVersion(ClusterSpec spec, ClusterFacts facts, Set<NodeName> replaced) {
    for (NodeSpec node : spec.nodes()) {
      facts
          .host(node.name())
          .filter(host -> Observe.isNode(host) && !replaced.contains(node.name()))
          .map(HostFacts::kubelet)
          .filter(kubelet -> !kubelet.isEmpty() && !kubelet.equals(spec.kubernetes().tag()))
          .ifPresent(kubelet -> {
            throw new Failure.Refused(
                node.name() + " runs " + kubelet + ", the file says " + spec.kubernetes().tag(),
                "nothing was changed. Put the version back: this version of Mainstay does not"
                    + " upgrade clusters yet");
          });
    }
  }

  // 1. hosts

  /** Whether workers' proxies are configured before any master leaves. */
  private boolean workersForgetFirst() {
    return departures.workersGoFirst() && !amendments.workersWait();
  }

  private static Set<String> ids(List<Step<Action>> steps) {
    Set<String> ids = new HashSet<>();
    steps.forEach(step -> ids.add(step.id()));
    return ids;
  }

  /** Whether it holds nobody up that masters' files are written late. */
  private boolean nothingElseWaitsForMasters() {
    return renewal.ids().isEmpty()
        && amendments.areNone()
        && facts.hosts().values().stream().allMatch(HostFacts::isProvisioned);
  }

  /**
   * What a node's files wait for because others leave: nobody's etcd may lose the address of a
   * member that is one still.
   */
  private Set<String> leavers(NodeSpec node, Set<String> membersGone) {
    return stage(node).compareTo(Stage.JOINED) >= 0 ? membersGone : Set.of();
  }

  private void prepare(NodeSpec node, int generation, Set<String> leavers) {
    facts.host(node.name()).ifPresent(host -> prepare(node, host, generation, leavers));
  }

  private void prepare(NodeSpec node, HostFacts host, int generation, Set<String> leavers) {
    boolean fresh = host.stage() == Stage.EMPTY && host.artifacts().isEmpty();
    List<Artifact> lacking =
        bundle.artifactsFor(node.role(), host.distribution()).stream()
            .filter(artifact -> lacks(host, artifact))
            .toList();
    Set<String> before = new HashSet<>();
    if (!lacking.isEmpty()) {
      long bytes = lacking.stream().mapToLong(Artifact::size).sum();
      before.add(
          add(
              deliver,
              new Step<>(
                  id(DELIVER, node),
                  node.name().value(),
                  Why.ARTIFACTS_MISSING,
                  "send %d artifacts (%d MB) and install them"
                      .formatted(lacking.size(), Math.ceilDiv(bytes, 1_000_000)),
                  fresh ? Disruption.NONE : Disruption.NODE,
                  served(node),
                  new Action.Deliver(node, lacking))));
    }
    Set<String> first = new HashSet<>(before);
    first.addAll(leavers);
    first.addAll(departures.emptied(node.name()));
    if (ids.contains(id("nodes/return", node))) {
      first.add(id("nodes/return", node));
    }
    configure(node, host, fresh, generation, first)
        .ifPresent(id -> {
          before.clear();
          before.add(id);
        });
    List<Artifact> newImages =
        lacking.stream().filter(artifact -> artifact.kind() == Kind.IMAGE).toList();
    if (!newImages.isEmpty()) {
      add(
          images,
          new Step<>(
              id(IMAGES, node),
              node.name().value(),
              Why.ARTIFACTS_MISSING,
              "import %d images".formatted(newImages.size()),
              Disruption.NONE,
              before,
              new Action.ImportImages(node, newImages)));
    }
  }

  /**
   * What a delivery waits for, so that who is needed first does not share the line with those who
   * are not: a new cluster needs its first master first and its second one next; masters that join
   * a cluster do so one at a time, and the artifacts of one come while the one before it joins.
   */
  private Set<String> served(NodeSpec node) {
    if (!clusterExists()) {
      String first = id(DELIVER, founder);
      return spec.nodes().indexOf(node) > 1 && ids.contains(first) ? Set.of(first) : Set.of();
    }
    List<NodeSpec> joining = joining();
    return joining.subList(0, Math.max(0, joining.indexOf(node))).reversed().stream()
        .map(before -> id(DELIVER, before))
        .filter(ids::contains)
        .findFirst()
        .map(Set::of)
        .orElse(Set.of());
  }

  private static boolean lacks(HostFacts host, Artifact artifact) {
    return artifact.kind() == Kind.PACKAGE
        ? !host.packages().contains(artifact.name())
        : !host.artifacts().contains(artifact.sha256());
  }

  private Optional<String> configure(
      NodeSpec node, HostFacts host, boolean fresh, int generation, Set<String> delivered) {
    HostDrift drift =
        HostDrift.of(
            spec,
            node,
            host,
            HostFiles.of(spec, node, host, clusterId, Optional.of(pauseImage()), mode(node, host)),
            block,
            generation);
    if (drift.isEmpty()) {
      return Optional.empty();
    }
    Set<String> after = new HashSet<>(delivered);
    boolean follows = !node.isMaster() && amendments.workersWait();
    if (follows) {
      after.addAll(lastAmendment());
    }
    if (Observe.isNode(host) && host.isActive("containerd") && drift.changesNode()) {
      // what does not start here would start nowhere. Who is down already waits for nobody, and
      // nobody for him
      after.addAll(disturbed);
      if (node.isMaster()) {
        disturbed = Set.of(id(CONFIGURE, node));
      }
    }
    return Optional.of(
        add(
            follows ? follow : !node.isMaster() && workersForgetFirst() ? forget : configure,
            new Step<>(
                id(CONFIGURE, node),
                node.name().value(),
                fresh ? Why.HOST_NOT_PREPARED : Why.HOST_DIFFERS,
                fresh
                    ? "write the hosts block, %d files and units, and start containerd and the"
                            .formatted(drift.files().size())
                        + " local proxy"
                    : "put right " + String.join(", ", drift.phrases()),
                fresh || !drift.disturbsNode() ? Disruption.NONE : Disruption.NODE,
                after,
                new Action.Configure(node, drift, HostFile.hosts(host.hostsFile()).sha256()))));
  }

  /** The last of the steps that amend masters; empty where there is none. */
  private Set<String> lastAmendment() {
    if (amend.isEmpty()) {
      return Set.of();
    }
    if (!amendments.quorumIsLost()) {
      return Set.of(amend.getLast().id());
    }
    Set<String> all = new HashSet<>();
    amend.forEach(step -> all.add(step.id()));
    return all;
  }

  private int nextGeneration() {
    int newest = 0;
    boolean allCurrent = true;
    for (HostFacts host : facts.hosts().values()) {
      HostsFile hosts = new HostsFile(host.hostsFile());
      newest = Math.max(newest, hosts.generation());
      // a host without a block is new: it takes the generation that the others have
      allCurrent &= hosts.generation() == 0 || hosts.isCurrent(block);
    }
    return newest == 0 ? 1 : allCurrent ? newest : newest + 1;
  }

  private ProxyConfig.Mode mode(NodeSpec node, HostFacts host) {
    if (!node.isMaster()) {
      return ProxyConfig.Mode.OTHERS;
    }
    if (host.isProvisioned()) {
      return ProxyConfig.Mode.SELF;
    }
    return node.equals(founder) ? ProxyConfig.Mode.BOOTSTRAP : ProxyConfig.Mode.OTHERS;
  }

  private String pauseImage() {
    return bundle.manifest().artifacts().stream()
        .filter(artifact -> artifact.kind() == Kind.IMAGE && artifact.name().endsWith("/pause"))
        .map(Artifact::reference)
        .findFirst()
        .orElseThrow(() ->
            new Failure.Failed(
                "the bundle in " + bundle.directory() + " has no pause image",
                "make it anew: mainstay bundle build"));
  }

  // 2. the first master

  /** The id of the step after which there is a finished master; empty where there is one now. */
  private String foundCluster() {
    Optional<HostFacts> host = facts.host(founder.name());
    if (host.isEmpty() || host.get().isProvisioned()) {
      return "";
    }
    Set<String> prepared = prepared(founder);
    if (!clusterExists()) {
      if (host.get().stage() == Stage.STARTED) {
        prepared = Set.of(cleanUp(init, founder, prepared));
      }
      prepared =
          Set.of(
              add(
                  init,
                  new Step<>(
                      id("masters/init", founder),
                      founder.name().value(),
                      Why.CLUSTER_MISSING,
                      "kubeadm init",
                      Disruption.NONE,
                      prepared,
                      new Action.Initialise(founder))));
    }
    return finish(init, "masters/init", founder, prepared);
  }

  private String finish(List<Step<Action>> phase, String path, NodeSpec master, Set<String> after) {
    return add(
        phase,
        new Step<>(
            path + "/" + master.name() + "/finish",
            master.name().value(),
            Why.MASTER_NOT_FINISHED,
            "name its etcd member, point its kubeconfigs and its proxy to itself",
            Disruption.NONE,
            after,
            new Action.FinishMaster(master)));
  }

  // 4. the other masters

  /**
   * Joins what is missing.
   *
   * @param ready the steps after which the masters that are there serve
   * @return the steps after which all masters do
   */
  private Set<String> joinMasters(Set<String> ready) {
    Set<String> previous = ready;
    // a learner that an unfinished join left behind would hold up every join: all of them go first
    for (NodeSpec master : unfinished(Stage.STARTED)) {
      Set<String> after = prepared(master);
      after.addAll(previous);
      previous = Set.of(cleanUp(masters, master, after));
    }
    previous = snapshotOfOnlyCopy(previous);
    for (NodeSpec master : joining()) {
      Set<String> after = prepared(master);
      after.addAll(previous);
      if (stage(master) != Stage.JOINED) {
        after =
            Set.of(
                add(
                    masters,
                    new Step<>(
                        id("masters/join", master),
                        master.name().value(),
                        Why.NODE_MISSING,
                        "kubeadm join as a master, through the masters that are there",
                        Disruption.NONE,
                        after,
                        new Action.JoinMaster(master))));
      }
      previous = Set.of(finish(masters, "masters/join", master, after));
    }
    return previous;
  }

  /**
   * Between one member and three there are two, of which neither can be lost: what etcd holds is
   * kept first.
   */
  private Set<String> snapshotOfOnlyCopy(Set<String> after) {
    Set<String> leaving = new HashSet<>();
    facts.departures().forEach(departure -> leaving.addAll(departure.memberIds()));
    boolean only =
        facts
            .api()
            .map(api -> new Quorum(api.members()).without(leaving).voters().size() == 1)
            .orElse(false);
    if (!only || unfinished(Stage.EMPTY, Stage.STARTED).isEmpty()) {
      return after;
    }
    return Set.of(
        add(
            masters,
            new Step<>(
                "masters/snapshot/" + founder.name(),
                founder.name().value(),
                Why.ONLY_COPY,
                "keep a verified snapshot of etcd under /var/lib/mainstay/backup",
                Disruption.NONE,
                after,
                new Action.SnapshotEtcd(founder, "before-growth"))));
  }

  /** The masters besides the founder that are not finished, in the order in which they join. */
  private List<NodeSpec> joining() {
    return unfinished(Stage.values());
  }

  /** Those of them that are at one of {@code stages}. */
  private List<NodeSpec> unfinished(Stage... stages) {
    return spec.masters().stream()
        .filter(master -> !master.equals(founder))
        .filter(master -> facts.host(master.name()).isPresent())
        .filter(master -> List.of(stages).contains(stage(master)))
        .filter(master -> stage(master) != Stage.PROVISIONED)
        .toList();
  }

  private Stage stage(NodeSpec node) {
    return facts.host(node.name()).map(HostFacts::stage).orElse(Stage.EMPTY);
  }

  private String cleanUp(List<Step<Action>> phase, NodeSpec node, Set<String> after) {
    return add(
        phase,
        new Step<>(
            id(CLEAN_UP, node),
            node.name().value(),
            Why.JOIN_UNFINISHED,
            "take its etcd member and Node away if they exist, then kubeadm reset",
            Disruption.NODE,
            after,
            new Action.CleanUp(node)));
  }

  // 5. workers

  private void joinWorkers() {
    for (NodeSpec worker : spec.workers()) {
      Optional<HostFacts> host = facts.host(worker.name());
      if (host.isEmpty() || host.get().isProvisioned()) {
        continue;
      }
      Set<String> after = new HashSet<>(prepared(worker));
      after.addAll(founded());
      if (host.get().stage() != Stage.EMPTY) {
        after = new HashSet<>(Set.of(cleanUp(workers, worker, after)));
      }
      add(
          workers,
          new Step<>(
              id("workers/join", worker),
              worker.name().value(),
              Why.NODE_MISSING,
              "kubeadm join",
              Disruption.NONE,
              after,
              new Action.JoinWorker(worker)));
    }
  }

  /** Nodes that somebody deleted, or that a restore of etcd did not know. */
  private void registerNodes() {
    for (NodeSpec node : spec.nodes()) {
      boolean isNode = facts.host(node.name()).map(HostFacts::isProvisioned).orElse(false);
      boolean isForgotten =
          facts.api().map(api -> api.node(spec.fullName(node)).isEmpty()).orElse(false);
      if (isNode && isForgotten) {
        add(
            register,
            new Step<>(
                id("nodes/register", node),
                node.name().value(),
                Why.NODE_FORGOTTEN,
                "restart its kubelet, which registers its Node again; its pods are made anew",
                Disruption.NODE,
                prepared(node),
                new Action.RegisterNode(node)));
      }
    }
  }

  // 3. network and description

  private void addons(Set<String> settled) {
    if (recovers() || isSilent()) {
      return; // what the cluster has cannot be asked now; the next apply does
    }
    boolean same =
        facts.api().map(api -> description.isStoredIn(api.description(), clusterId)).orElse(false);
    Set<String> founded = founded();
    Set<String> last = new HashSet<>(settled);
    last.addAll(departures.all());
    // while the API is silent because its masters moved, nothing is known of its add-ons: the look
    // at the whole, and the next plan, find what is amiss
    boolean unknown = amendments.quorumIsLost();
    boolean unmade =
        facts.api().isPresent()
            ? facts.api().get().description().isBlank()
            : !clusterExists() && ids.contains(foundersFinish());
    if (unmade && !(masters.isEmpty() && workers.isEmpty())) {
      // until all have joined the cluster would not know what it was made with, and any file would
      // do
      last.add(
          add(
              addons,
              new Step<>(
                  "cluster/addons/making",
                  "",
                  Why.DESCRIPTION_DIFFERS,
                  "store what counts only when a cluster is made in ConfigMap kube-system/mainstay",
                  Disruption.NONE,
                  founded,
                  new Action.Describe(description.foundingManifest(clusterId, founder)))));
    }
    boolean forwards =
        !unknown
            && facts
                .api()
                .map(api -> api.dns().corefile().contains("forward . /etc/resolv.conf"))
                .orElse(true);
    if (forwards && facts.hosts().values().stream().allMatch(host -> host.nameservers() == 0)) {
      add(
          addons,
          new Step<>(
              "cluster/addons/dns",
              "",
              Why.NO_NAMESERVER,
              "let CoreDNS answer for the cluster alone: no host knows a nameserver",
              Disruption.NONE,
              founded,
              new Action.StopForwardingDns()));
    }
    boolean network =
        unknown
            || facts.api().map(api -> description.hasNetworkOf(api.description())).orElse(false);
    if (!network && !description.networkManifests().isEmpty()) {
      last.add(
          add(
              addons,
              new Step<>(
                  "cluster/addons/network",
                  "",
                  Why.NETWORK_DIFFERS,
                  "apply the manifests of the network: " + spec.network().plugin().word(),
                  Disruption.NONE,
                  founded,
                  new Action.ApplyNetwork(description.networkManifests()))));
    }
    spreadsDnsAfter()
        .ifPresent(after ->
            last.add(
                add(
                    addons,
                    new Step<>(
                        "cluster/addons/dns-spread",
                        "",
                        Why.DNS_ON_ONE_NODE,
                        "move one of CoreDNS's pods to another node: a node's death must not take"
                            + " all of them",
                        Disruption.NONE,
                        after,
                        new Action.SpreadDns()))));
    if (!same) {
      add(
          addons,
          new Step<>(
              "cluster/addons/description",
              "",
              Why.DESCRIPTION_DIFFERS,
              "store the cluster's description in ConfigMap kube-system/mainstay",
              Disruption.NONE,
              last,
              new Action.Describe(description.manifest(clusterId))));
    }
  }

  /** What the spreading of CoreDNS's pods waits for; empty where there is nothing to spread. */
  private Optional<Set<String>> spreadsDnsAfter() {
    Optional<String> joins =
        Stream.of(masters, workers)
            .flatMap(List::stream)
            .filter(step ->
                step.action() instanceof Action.FinishMaster
                    || step.action() instanceof Action.JoinWorker)
            .map(Step::id)
            .findFirst();
    if (facts.api().isEmpty()) {
      // kubeadm starts them all where it makes the cluster
      return clusterExists() ? Optional.empty() : joins.map(Set::of);
    }
    ClusterApi.Dns dns = facts.api().get().dns();
    Set<String> leaving = new HashSet<>();
    facts.departures().forEach(departure -> leaving.add(spec.fullName(departure.node())));
    return dns.onlyNode()
        .filter(node -> !leaving.contains(node)) // from there they are drained
        .flatMap(
            node -> dns.couldLeave(node, leaving) ? Optional.of(founded()) : joins.map(Set::of));
  }

  private String foundersFinish() {
    return "masters/init/" + founder.name() + "/finish";
  }

  /** The steps after which there is a finished master that answers, if this plan has them. */
  private Set<String> founded() {
    String finished = foundersFinish();
    return ids.contains(finished)
        ? Set.of(finished)
        : amendments.quorumIsLost() ? lastAmendment() : Set.of();
  }

  private Set<String> prepared(NodeSpec node) {
    Set<String> prepared = new HashSet<>(recovers() ? renewal.ids() : Set.of());
    prepared.addAll(departures.lastOf(node.name()));
    for (String phase :
        List.of(DELIVER, CONFIGURE, IMAGES, PlanAmendments.MASTERS, PlanAmendments.WORKERS)) {
      if (ids.contains(id(phase, node))) {
        prepared.add(id(phase, node));
      }
    }
    return prepared;
  }

  private static String id(String phase, NodeSpec node) {
    return phase + "/" + node.name();
  }

  private String add(List<Step<Action>> phase, Step<Action> step) {
    phase.add(step);
    ids.add(step.id());
    return step.id();
  }
}
