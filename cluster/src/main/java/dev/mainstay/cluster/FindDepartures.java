package dev.mainstay.cluster;

import dev.mainstay.cluster.Departure.Cause;
import dev.mainstay.engine.FanOut;
import dev.mainstay.model.Address;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/**
 * Finds the machines that a cluster has and is to lose: those whose names the file no longer has,
 * and those that {@code --replace} names.
 *
 * <p>Where a machine was is known from the description that the cluster keeps, from its Node and
 * from the hosts blocks of the others. The last two matter for what a failed join or an interrupted
 * removal left, of which the description does not know.
 */
final class FindDepartures {
  private static final int WINDOW = 64;

  /**
   * What was found.
   *
   * @param facts with the departures, and with the hosts that are made nodes anew as unfinished
   */
  record Found(ClusterFacts facts, List<Problem> notes) {}

  private final Observe observe;
  private final Map<NodeName, SshSpec> logins;

  /**
   * Prepares it.
   *
   * @param logins how nodes were logged into that the file may have no more; others are tried as
   *     the first master is
   */
  FindDepartures(Observe observe, Map<NodeName, SshSpec> logins) {
    this.observe = observe;
    this.logins = Map.copyOf(logins);
  }

  /**
   * Finds and looks at them.
   *
   * @param replaced the names of the file that get another machine, or the same one anew
   * @throws Failure.Unreachable if a name's new machine cannot be reached, or a leaving machine
   *     answers and does not let us in: it must not be left running unseen
   */
  Found find(ClusterSpec spec, ClusterFacts facts, Set<NodeName> replaced)
      throws InterruptedException {
    for (NodeName name : replaced) {
      refuseSilent(facts, name);
    }
    refuseWithoutApi(spec, facts, replaced);
    List<Departure> looked =
        FanOut.map(
            expected(spec, facts, replaced, new ArrayList<>()),
            WINDOW,
            one -> look(spec, facts, one));
    // a host that was in the middle of a step may have become a member while it was waited for
    List<Problem> notes = new ArrayList<>();
    ClusterFacts now = looked.isEmpty() ? facts : askedAgain(spec, facts);
    List<Departure> departures = new ArrayList<>();
    for (Departure known : expected(spec, now, replaced, notes)) {
      Departure departure = known.withHostOf(looked);
      refuseTheLiving(spec, now, departure);
      if (!departure.isForgotten()) {
        departures.add(departure);
      } else {
        unseen(departure).ifPresent(notes::add);
      }
    }
    Map<NodeName, HostFacts> hosts = new HashMap<>(facts.hosts());
    departures.stream()
        .filter(one -> one.cause() == Cause.REBUILT)
        .forEach(
            one -> hosts.computeIfPresent(one.node().name(), (name, host) -> host.unfinished()));
    return new Found(now.leaving(hosts, departures), notes);
  }

  /** Who leaves, and whether the rest has a quorum, only the cluster itself knows. */
  static void refuseWithoutApi(ClusterSpec spec, ClusterFacts facts, Set<NodeName> replaced) {
    if (facts.api().isPresent()
        || facts.hosts().values().stream().noneMatch(HostFacts::isProvisioned)) {
      return;
    }
    Set<String> unwanted = new TreeSet<>();
    replaced.forEach(name -> unwanted.add(name.value()));
    List<HostsFile> blocks =
        blocks(facts.hosts().values().stream().filter(HostFacts::isProvisioned));
    namesOfTheNewest(blocks).stream()
        .filter(NodeName::isValid)
        .filter(name -> spec.node(new NodeName(name)).isEmpty())
        .forEach(unwanted::add);
    if (!unwanted.isEmpty()) {
      throw new Failure.Refused(
          "no API answers, without which nobody is taken out or replaced: "
              + String.join(", ", unwanted),
          "nothing was changed. Put the file back as it was and bring the masters back (mainstay"
              + " status, mainstay apply); if a majority of them is gone for good: mainstay etcd"
              + " recover");
    }
  }

  private ClusterFacts askedAgain(ClusterSpec spec, ClusterFacts facts)
      throws InterruptedException {
    Optional<ClusterApi> api = observe.askAny(spec, facts.hosts());
    if (api.isEmpty()) {
      throw new Failure.Failed(
          "no master answers at its API any more",
          "nothing was changed; run the same command again");
    }
    return new ClusterFacts(
        facts.hosts(), facts.unreachable(), api, facts.certificates(), facts.departures());
  }

  /**
   * One that lives and cannot be reached would go on with the cluster's keys, unseen. A member was
   * heard just now, whatever is said of its machine; a Node stays Ready for a while.
   */
  static void refuseTheLiving(ClusterSpec spec, ClusterFacts facts, Departure departure) {
    if (departure.host().isPresent() || tenant(spec, departure.node()).isPresent()) {
      return;
    }
    ClusterApi api = facts.api().orElseThrow(() -> new IllegalArgumentException("no API"));
    boolean lives =
        departure.node().isMaster()
            ? api.members().stream()
                .anyMatch(member ->
                    departure.memberIds().contains(member.id())
                        && member.healthy()
                        && !member.learner())
            : departure.mayBeAlive()
                && api.node(spec.fullName(departure.node()))
                    .map(ClusterApi.KubeNode::ready)
                    .orElse(false);
    if (lives) {
      throw new Failure.Unreachable(
          departure.node().name()
              + " is to leave, lives (the cluster sees it healthy) and cannot be reached: "
              + departure.silence().map(Failure::getMessage).orElse(""),
          "nothing was changed. Let Mainstay in, or switch the machine off and wait until "
              + (departure.node().isMaster()
                  ? "mainstay etcd members calls it healthy no more"
                  : "its Node is not Ready"),
          false);
    }
  }

  /** Of one that the cluster does not know any more, and whose machine may not know that. */
  private static Optional<Problem> unseen(Departure departure) {
    return departure
        .silence()
        .filter(why -> !why.isOtherMachine() && !why.isRetryable())
        .map(why ->
            Problem.warning(
                departure.node().name().value(),
                "is no node any more, and its machine could not be looked at: " + why.getMessage(),
                "if it was never reset, reset it before it meets the others: it holds keys of the"
                    + " cluster"));
  }

  private static void refuseSilent(ClusterFacts facts, NodeName name) {
    Failure unreachable = facts.unreachable().get(name);
    if (unreachable != null) {
      throw new Failure.Unreachable(
          "--replace " + name + " needs its new machine: " + unreachable.getMessage(),
          "write the new machine's address into the file. Without one, take the line out of the"
              + " file and run mainstay apply --remove "
              + name,
          false);
    }
  }

  // pure

  /**
   * The departures as far as they are known without their hosts, by name.
   *
   * @param notes gets what the user should know
   */
  static List<Departure> expected(
      ClusterSpec spec, ClusterFacts facts, Set<NodeName> replaced, List<Problem> notes) {
    if (facts.api().isEmpty()) {
      return List.of();
    }
    ClusterApi api = facts.api().get();
    List<Departure> departures = new ArrayList<>();
    lastKnown(spec, facts, api)
        .forEach((name, last) -> {
          Optional<NodeSpec> now = spec.node(name);
          if (now.isEmpty()) {
            Set<String> members = membersOf(spec, last, api);
            departures.add(
                new Departure(
                    // a member without a name says more about the role than a hosts block does
                    members.isEmpty() ? last : as(Role.MASTER, last),
                    Cause.REMOVED,
                    Optional.empty(),
                    Optional.empty(),
                    api.node(spec.fullName(last)).isPresent(),
                    members));
          } else if (replaced.contains(name)) {
            replacement(spec, facts, api, now.get(), last, notes).ifPresent(departures::add);
          }
        });
    return departures;
  }

  private static NodeSpec as(Role role, NodeSpec node) {
    return new NodeSpec(node.name(), role, node.address(), node.ssh());
  }

  private static Optional<Departure> replacement(
      ClusterSpec spec,
      ClusterFacts facts,
      ClusterApi api,
      NodeSpec now,
      NodeSpec last,
      List<Problem> notes) {
    HostFacts host =
        facts.host(now.name()).orElseThrow(() -> new IllegalArgumentException("no host"));
    Optional<ClusterApi.KubeNode> kube = api.node(spec.fullName(now));
    Set<String> members = membersOf(spec, last, api);
    boolean isItsMachine =
        host.stage().compareTo(Stage.JOINED) >= 0
            || kube.map(node -> node.machineId().equals(host.machineId())).orElse(false);
    if (!isItsMachine) {
      return kube.isEmpty() && members.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new Departure(
                  last,
                  Cause.REPLACED,
                  Optional.empty(),
                  Optional.empty(),
                  kube.isPresent(),
                  members));
    }
    boolean isWell =
        kube.map(ClusterApi.KubeNode::ready).orElse(false)
            && (!now.isMaster()
                || api.members().stream()
                    .anyMatch(member -> members.contains(member.id()) && member.healthy()));
    if (host.stage() == Stage.JOINED) {
      notes.add(
          Problem.warning(
              now.name().value(),
              "is not replaced: the machine at " + now.address() + " has joined and is finished",
              "to take it out instead, take its line out and name it: mainstay apply --remove "
                  + now.name()));
      return Optional.empty();
    }
    if (isWell) {
      notes.add(
          Problem.warning(
              now.name().value(),
              "is not replaced: the machine at " + now.address() + " is its own, and well",
              "for another machine write that one's address into the file; to make it anew, take"
                  + " its line out, apply --remove "
                  + now.name()
                  + ", put it back, apply"));
      return Optional.empty();
    }
    return Optional.of(
        new Departure(
            now, Cause.REBUILT, Optional.of(host), Optional.empty(), kube.isPresent(), members));
  }

  /** Every node that the cluster knows, with the address that it had, by name. */
  private static Map<NodeName, NodeSpec> lastKnown(
      ClusterSpec spec, ClusterFacts facts, ClusterApi api) {
    Map<NodeName, NodeSpec> known = new TreeMap<>();
    SshSpec ssh = spec.masters().getFirst().ssh().ofAnotherHost();
    String suffix = "." + spec.domain().value();
    Set<String> members = new HashSet<>();
    api.members().forEach(member -> members.add(member.name()));
    // what a newer block says goes over what an older one said; neither says anything of roles
    List<HostsFile> blocks =
        blocks(
            facts.hosts().values().stream()
                .filter(host -> host.stage().compareTo(Stage.JOINED) >= 0));
    blocks.forEach(block ->
        block
            .addresses()
            .forEach((name, address) ->
                learn(known, name, address, members.contains(name + suffix), ssh)));
    for (ClusterApi.KubeNode node : api.nodes()) {
      if (node.name().endsWith(suffix)) {
        learn(
            known,
            node.name().substring(0, node.name().length() - suffix.length()),
            node.internalIp(),
            members.contains(node.name()),
            ssh);
      }
    }
    for (NodeSpec node : ClusterDescription.nodesIn(api.description(), ssh)) {
      NodeSpec seen = known.get(node.name());
      known.put(
          node.name(),
          seen == null ? node : new NodeSpec(node.name(), node.role(), seen.address(), node.ssh()));
    }
    return known;
  }

  /** The hosts blocks of {@code hosts}, the newest last. */
  private static List<HostsFile> blocks(Stream<HostFacts> hosts) {
    return hosts
        .map(host -> new HostsFile(host.hostsFile()))
        .sorted(Comparator.comparingInt(HostsFile::generation))
        .toList();
  }

  /**
   * The names that the newest of {@code blocks} have. A host that was off while a node left still
   * has that one in its block, long after its machine became something else.
   */
  private static Set<String> namesOfTheNewest(List<HostsFile> blocks) {
    Set<String> names = new HashSet<>();
    blocks.stream()
        .filter(block -> block.generation() == blocks.getLast().generation())
        .forEach(block -> names.addAll(block.addresses().keySet()));
    return names;
  }

  private static void learn(
      Map<NodeName, NodeSpec> known, String name, String address, boolean isMaster, SshSpec ssh) {
    Optional<Address> parsed = Address.parse(address);
    if (NodeName.isValid(name) && parsed.isPresent()) {
      NodeName short_ = new NodeName(name);
      known.put(
          short_, new NodeSpec(short_, isMaster ? Role.MASTER : Role.WORKER, parsed.get(), ssh));
    }
  }

  /** The ids of a node's members; one that never started has an address and no name. */
  private static Set<String> membersOf(ClusterSpec spec, NodeSpec node, ClusterApi api) {
    String name = spec.fullName(node);
    String byAddress = "https://" + node.address() + ":2380";
    boolean isItsAddress =
        spec.nodes().stream()
            .noneMatch(other ->
                !other.name().equals(node.name()) && other.address().equals(node.address()));
    Set<String> ids = new HashSet<>();
    for (ClusterApi.Member member : api.members()) {
      if (member.name().equals(name)
          || (member.name().isEmpty() && isItsAddress && member.peerUrls().contains(byAddress))) {
        ids.add(member.id());
      }
    }
    return ids;
  }

  /** The node of the file that has the address of {@code leaving} now. */
  private static Optional<NodeSpec> tenant(ClusterSpec spec, NodeSpec leaving) {
    return spec.nodes().stream()
        .filter(other -> other.address().equals(leaving.address()))
        .findFirst();
  }

  // hosts

  private NodeSpec reachedAsBefore(NodeSpec node) {
    return new NodeSpec(
        node.name(), node.role(), node.address(), logins.getOrDefault(node.name(), node.ssh()));
  }

  private Departure look(ClusterSpec spec, ClusterFacts facts, Departure expected) {
    if (expected.host().isPresent()
        || (expected.isForgotten() && !logins.containsKey(expected.node().name()))) {
      return expected; // it left to the end, and its login and key were forgotten then
    }
    NodeSpec node = reachedAsBefore(expected.node());
    Optional<NodeSpec> tenant = tenant(spec, node);
    if (tenant.isPresent()) {
      return silent(
          expected,
          new Failure.Unreachable(
              node.name()
                  + ": its address "
                  + node.address()
                  + " is "
                  + tenant.get().name()
                  + "'s now",
              "",
              false));
    }
    try {
      HostFacts host = observe.host(spec, node);
      boolean isIt =
          host.identity()
              .map(identity ->
                  identity.node().equals(node.name().value())
                      && identity.cluster().equals(spec.name().value())
                      && clusterIds(facts).contains(identity.clusterId())
                      && (identity.machineId().isEmpty()
                          || identity.machineId().equals(host.machineId())))
              .orElse(false);
      if (isIt) {
        boolean isMaster =
            host.identity().map(its -> its.role().equals(Role.MASTER.word())).orElse(false);
        return new Departure(
            as(isMaster ? Role.MASTER : Role.WORKER, node),
            expected.cause(),
            Optional.of(host),
            Optional.empty(),
            expected.hasNode(),
            expected.memberIds());
      }
      if (wasReset(spec, facts, expected, host)) {
        return expected;
      }
      return silent(
          expected,
          new Failure.Unreachable(
              node.name() + " (" + node.address() + "): the machine there is not that node",
              "",
              false));
    } catch (Failure failure) {
      if (!failure.isRetryable() && !failure.isOtherMachine() && !expected.isForgotten()) {
        throw new Failure.Unreachable(
            node.name()
                + " is to leave, and its machine answers without letting us in: "
                + failure.getMessage(),
            "nothing was changed. "
                + failure.advice()
                + ". If the machine is not the node's any more, switch it off or cut it off first",
            false);
      }
      return silent(expected, failure);
    } catch (InterruptedException interrupted) {
      throw new CancellationException();
    }
  }

  /** Whether an earlier run came as far as its reset: its Node goes last. */
  static boolean wasReset(
      ClusterSpec spec, ClusterFacts facts, Departure expected, HostFacts host) {
    return host.stage() == Stage.EMPTY
        && facts
            .api()
            .flatMap(api -> api.node(spec.fullName(expected.node())))
            .map(node -> node.machineId().equals(host.machineId()))
            .orElse(false);
  }

  /** The ids that finished hosts of the file carry: one, in a sound cluster. */
  private static Set<String> clusterIds(ClusterFacts facts) {
    Set<String> ids = new HashSet<>();
    facts.hosts().values().stream()
        .filter(HostFacts::isProvisioned)
        .flatMap(host -> host.identity().stream())
        .forEach(identity -> ids.add(identity.clusterId()));
    return ids;
  }

  private static Departure silent(Departure expected, Failure why) {
    return new Departure(
        expected.node(),
        expected.cause(),
        Optional.empty(),
        Optional.of(why),
        expected.hasNode(),
        expected.memberIds());
  }
}
