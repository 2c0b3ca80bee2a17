package dev.mainstay.cluster;

import dev.mainstay.engine.FanOut;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Looks at all hosts side by side, then asks one ready master about the cluster. Changes nothing.
 */
public final class Observe {
  private static final int WINDOW = 64;
  // a step goes on on its host when its run is no more, and what a plan is made of must not change
  // under it
  private static final Duration STEP = Duration.ofMinutes(10);
  private static final Duration DEADLINE = Duration.ofMinutes(1);
  // an apiserver that has just begun is ready before it answers everything
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final Hosts hosts;
  private final Clock clock;

  public Observe(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
  }

  Clock clock() {
    return clock;
  }

  /** One host's part of an observation. */
  private record Seen(NodeName node, Optional<HostFacts> facts, Optional<Failure> failure) {}

  ClusterFacts all(ClusterSpec spec) throws InterruptedException {
    Map<NodeName, HostFacts> facts = new TreeMap<>();
    Map<NodeName, Failure> unreachable = new TreeMap<>();
    for (Seen seen : FanOut.map(spec.nodes(), WINDOW, node -> look(spec, node))) {
      seen.facts().ifPresent(host -> facts.put(seen.node(), host));
      seen.failure().ifPresent(why -> unreachable.put(seen.node(), why));
    }
    Optional<ClusterApi> api = askAny(spec, facts);
    Map<NodeName, HostCertificates> certificates = certificates(spec, facts, unreachable);
    // also those that were lost since they were looked at: nobody is in both
    facts.keySet().removeAll(unreachable.keySet());
    return new ClusterFacts(facts, unreachable, api, certificates, List.of());
  }

  /**
   * What the first ready master says that answers; empty where none is ready, or none answers for a
   * while.
   */
  Optional<ClusterApi> askAny(ClusterSpec spec, Map<NodeName, HostFacts> facts)
      throws InterruptedException {
    return askAny(ready(spec, facts), PATIENCE, this::ask);
  }

  /** A question to a master: empty where its API does not answer. */
  interface Question {
    Optional<ClusterApi> ask(NodeSpec master) throws InterruptedException;
  }

  /**
   * The first answer of one of {@code masters}, who are asked in turn for {@code patience}; empty
   * where none gives one. Where who answered does not have all of them in its etcd, as after a
   * recovery whose dead masters came back, the answer of the newest data counts.
   */
  static Optional<ClusterApi> askAny(List<NodeSpec> masters, Duration patience, Question question)
      throws InterruptedException {
    if (masters.isEmpty()) {
      return Optional.empty();
    }
    long giveUp = System.nanoTime() + patience.toNanos();
    while (true) {
      Optional<ClusterApi> furthest = Optional.empty();
      for (NodeSpec master : masters) {
        Optional<ClusterApi> api = question.ask(master);
        if (api.isPresent()
            && masters.stream().map(NodeSpec::name).allMatch(api.get()::hasMember)) {
          return api;
        }
        if (furthest.isEmpty() || revision(api) > revision(furthest)) {
          furthest = api;
        }
      }
      if (furthest.isPresent()) {
        return furthest;
      }
      if (System.nanoTime() > giveUp) {
        return Optional.empty();
      }
      Thread.sleep(PAUSE);
    }
  }

  private static long revision(Optional<ClusterApi> api) {
    return api.map(ClusterApi::revision).orElse(-1L);
  }

  /** The masters that can tell about the cluster. */
  static List<NodeSpec> ready(ClusterSpec spec, Map<NodeName, HostFacts> facts) {
    List<NodeSpec> ready = new ArrayList<>();
    for (NodeSpec master : spec.masters()) {
      HostFacts host = facts.get(master.name());
      if (host != null && host.ready() && findsAQuorum(spec, facts, host) && isNode(host)) {
        ready.add(master);
      }
    }
    return ready;
  }

  /** Whether {@code host} is a node of a cluster, or nearly. */
  static boolean isNode(HostFacts host) {
    return host.stage().compareTo(Stage.JOINED) >= 0;
  }

  /** The masters that etcd has as members, as far as is known: not those that are yet to join. */
  static List<NodeSpec> members(ClusterSpec spec, Map<NodeName, HostFacts> facts) {
    return spec.masters().stream()
        .filter(master -> {
          HostFacts host = facts.get(master.name());
          return host == null || isNode(host);
        })
        .toList();
  }

  /** Those of nodes; hosts that are none yet have none of the cluster's. */
  private Map<NodeName, HostCertificates> certificates(
      ClusterSpec spec, Map<NodeName, HostFacts> facts, Map<NodeName, Failure> unreachable)
      throws InterruptedException {
    Map<NodeName, HostCertificates> certificates = new TreeMap<>();
    List<NodeSpec> joined = new ArrayList<>();
    for (NodeSpec node : spec.nodes()) {
      HostFacts host = facts.get(node.name());
      if (host != null && isNode(host)) {
        joined.add(node);
      } else if (host != null) {
        certificates.put(node.name(), HostCertificates.NONE);
      }
    }
    certificates.putAll(
        new ObserveCertificates(hosts, ObserveCertificates.Extent.DISK).all(joined, unreachable));
    return certificates;
  }

  /**
   * Whether {@code master}'s hosts block can lead its etcd to a quorum at the file's addresses,
   * where the hosts were just met; an API without a quorum would keep us waiting. A machine that is
   * no node yet is no member, wherever the block leads: it takes the place of one that is gone.
   */
  private static boolean findsAQuorum(
      ClusterSpec spec, Map<NodeName, HostFacts> facts, HostFacts master) {
    Map<String, String> addresses = new HostsFile(master.hostsFile()).addresses();
    List<NodeSpec> peers = members(spec, facts);
    long found =
        peers.stream()
            .filter(peer ->
                peer.name().equals(master.node())
                    || peer.address()
                        .value()
                        .equals(
                            addresses.getOrDefault(peer.name().value(), peer.address().value())))
            .count();
    return found >= Quorum.of(peers.size());
  }

  private Seen look(ClusterSpec spec, NodeSpec node) {
    try {
      return new Seen(node.name(), Optional.of(host(spec, node)), Optional.empty());
    } catch (Failure failure) {
      return new Seen(node.name(), Optional.empty(), Optional.of(failure));
    } catch (InterruptedException interrupted) {
      throw new java.util.concurrent.CancellationException();
    }
  }

  /** What {@code node}'s host is like once no step runs on it. */
  HostFacts host(ClusterSpec spec, NodeSpec node) throws InterruptedException {
    return host(spec, node, STEP);
  }

  /**
   * What {@code node}'s host is like.
   *
   * @param step how long a step that runs on it is waited for; with zero what is seen may be half
   *     done
   */
  HostFacts host(ClusterSpec spec, NodeSpec node, Duration step) throws InterruptedException {
    Host host = hosts.login(node);
    List<String> arguments = new ArrayList<>();
    arguments.add(String.valueOf(step.toSeconds()));
    arguments.addAll(HostFiles.PATHS);
    spec.settings()
        .containerd()
        .registryMirrors()
        .keySet()
        .forEach(registry -> arguments.add(RegistryMirrors.path(registry)));
    spec.masters().stream()
        .filter(master -> !master.name().equals(node.name()))
        .forEach(master -> arguments.add(master.address().value()));
    long start = clock.millis();
    Output output =
        host.run(
            new RemoteCommand(
                Scripts.script("observe"),
                arguments,
                dev.mainstay.ssh.Stdin.EMPTY,
                DEADLINE.plus(step)));
    long end = clock.millis();
    if (!output.isSuccess()) {
      throw new Failure.Failed(
          host.label() + ": cannot be observed: " + output.tail(3), "is it a Debian host?");
    }
    try {
      return HostFacts.parse(node.name(), host.fingerprint(), output.stdout(), start, end);
    } catch (IllegalArgumentException torn) {
      throw new Failure.Failed(
          host.label() + ": cannot be observed: " + torn.getMessage(),
          output.tail(3).isEmpty() ? "run the same command again" : output.tail(3));
    }
  }

  /** What {@code master} says about the cluster; empty where its API does not answer. */
  Optional<ClusterApi> ask(NodeSpec master) throws InterruptedException {
    return ask(master, ANSWER);
  }

  /** The same where an answer after {@code deadline} is none. */
  Optional<ClusterApi> ask(NodeSpec master, Duration deadline) throws InterruptedException {
    try {
      Output output =
          hosts.login(master).run(RemoteCommand.of(Scripts.script("cluster")).within(deadline));
      return ClusterApi.parse(output.stdout());
    } catch (Failure lost) {
      return Optional.empty();
    }
  }
}
