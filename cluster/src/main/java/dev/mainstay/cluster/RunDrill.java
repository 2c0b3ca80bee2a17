package dev.mainstay.cluster;

import dev.mainstay.cluster.DrillReport.NodeReport;
import dev.mainstay.cluster.DrillReport.Round;
import dev.mainstay.cluster.drill.Beacon;
import dev.mainstay.cluster.drill.NodeFigures;
import dev.mainstay.cluster.drill.NodeFigures.Moments;
import dev.mainstay.cluster.drill.ProxyChange;
import dev.mainstay.cluster.drill.ProxyLog;
import dev.mainstay.cluster.drill.Sample;
import dev.mainstay.cluster.drill.Stopwatch;
import dev.mainstay.cluster.drill.Watcher;
import dev.mainstay.cluster.endpoint.Route;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.LineOutput;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.Stdin;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;

/**
 * Breaks something on purpose and measures what it comes to on every node.
 *
 * <pre>
 * for each target:
 * 1. the cluster is healthy, and can afford it: looked at anew                      {@link PlanDrill}
 * 2. a client on every node, through its own local proxy                            {@link Watcher}
 * 3. a timer on the target that heals it; then the fault
 * 4. as long as it lasts, those clients go on
 * 5. it is healed, and the cluster is waited for until all of it is well
 * 6. the figures                                                                    {@link NodeFigures}
 * </pre>
 *
 * <p>Whatever happens in between, the fault is healed: by 5, or by the timer on the host itself
 * when the control machine is gone or cannot reach it.
 */
public final class RunDrill {
  /** Told how it goes; from one thread at a time. */
  public interface Listener {
    /** Something happened, in a sentence. */
    void happened(Duration at, String what);

    /** How it looks from the nodes now; several times a second. */
    void looks(Duration at, List<View> views);
  }

  /**
   * How it looks from one node.
   *
   * @param silence since the last answer on a kept connection
   * @param target how its proxy holds the target, where it said so
   */
  public record View(
      NodeName node, int sent, int failed, Duration silence, Optional<ProxyChange.State> target) {}

  private static final String NAMESPACE = "kube-system";
  private static final String NAME = "mainstay-drill";
  private static final Duration SHORT = Duration.ofMinutes(1);
  private static final Duration SETTLING = Duration.ofSeconds(30);
  private static final Duration CALM = Duration.ofSeconds(2);
  private static final Duration TICK = Duration.ofMillis(250);
  private static final Duration NODES_PERIOD = Duration.ofSeconds(3);
  // the timer is for a control machine that is gone: ours comes first
  private static final Duration MARGIN = Duration.ofSeconds(30);

  private final Hosts hosts;
  private final Clock clock;
  private final RemoteSteps remote;
  private final Observe observe;

  public RunDrill(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
    this.remote = new RemoteSteps(hosts);
    this.observe = new Observe(hosts, clock);
  }

  /**
   * Whom a drill would strike; nothing is broken yet.
   *
   * @param target whom to strike; empty: whom the fault itself names, or every master in turn
   * @throws Failure.Usage if the target is no node for this fault
   * @throws Failure.Refused if the cluster could not afford it
   * @throws Failure.Locked if another drill's fault is not healed yet
   */
  public Drill plan(ClusterSpec spec, Fault fault, Optional<NodeName> target, Duration lasts)
      throws InterruptedException {
    return PlanDrill.of(spec, observe.all(spec), new PlanDrill.Wish(fault, target, lasts));
  }

  /**
   * Does it. A stop signal heals what is broken and strikes nobody else.
   *
   * @throws Failure if nothing was struck yet and nothing can be
   */
  public DrillReport run(Drill drill, Listener listener, StopSignal stop)
      throws InterruptedException {
    Instant began = clock.instant();
    Stopwatch stopwatch = Stopwatch.start(System::nanoTime);
    SSLContext tls =
        ClientTls.of(new ExportKubeconfig(hosts).administrator(drill.spec())).context();
    List<Round> rounds = new ArrayList<>();
    for (NodeSpec target : drill.targets()) {
      if (stop.isRequested()) {
        return new DrillReport(drill, began, rounds, Optional.of("interrupted"));
      }
      try {
        ClusterFacts facts = observe.all(drill.spec());
        PlanDrill.of(
            drill.spec(),
            facts,
            new PlanDrill.Wish(drill.fault(), Optional.of(target.name()), drill.lasts()));
        rounds.add(round(drill, target, facts, tls, stopwatch, listener, stop));
      } catch (Failure failure) {
        if (rounds.isEmpty()) {
          throw failure;
        }
        return new DrillReport(drill, began, rounds, Optional.of(failure.text()));
      }
    }
    return new DrillReport(
        drill, began, rounds, stop.isRequested() ? Optional.of("interrupted") : Optional.empty());
  }

  private Round round(
      Drill drill,
      NodeSpec target,
      ClusterFacts facts,
      SSLContext tls,
      Stopwatch stopwatch,
      Listener listener,
      StopSignal stop)
      throws InterruptedException {
    List<NodeSpec> watched =
        drill.watched().stream()
            // its own proxy leads to itself
            .filter(node -> !drill.fault().takesApi() || !node.equals(target))
            .toList();
    NodeSpec other =
        drill.spec().masters().stream()
            .filter(master -> !master.equals(target))
            .findFirst()
            .orElse(target);
    List<Client> clients = new ArrayList<>();
    try (Beacon _ = beacon(other, tls)) {
      for (NodeSpec node : watched) {
        clients.add(client(node, tls, stopwatch));
      }
      for (Client client : clients) {
        if (!client.watcher.awaitFirst(SETTLING)) {
          throw new Failure.Failed(
              client.node.name()
                  + ": no answer through its local proxy, before anything was broken",
              "mainstay status shows how it is");
        }
      }
      look(CALM, target, clients, stopwatch, listener, stop);
      Set<String> notReady = new TreeSet<>();
      Duration struck;
      try {
        struck = strike(drill, target, stopwatch);
        listener.happened(struck, target.name() + ": " + drill.fault().meaning());
        CountDownLatch over = new CountDownLatch(1);
        Thread nodes = Thread.ofVirtual().name("nodes").start(() -> nodes(other, notReady, over));
        try {
          look(drill.lasts(), target, clients, stopwatch, listener, stop);
        } finally {
          over.countDown();
          // an answer that is waited for tells nothing any more
          nodes.interrupt();
          nodes.join();
        }
      } finally {
        heal(drill, target);
      }
      Duration healed = stopwatch.now();
      if (drill.fault().lasts()) {
        listener.happened(healed, target.name() + ": healed");
      }
      // who interrupts it wants to have it healed, and no more
      if (!stop.isRequested()) {
        new VerifyCluster(
                drill.spec(), facts, remote, new ControlPlane(drill.spec(), facts, remote), observe)
            .await(lacks -> listener.happened(stopwatch.now(), lacks));
        awaitUp(target, clients, stopwatch, listener, stop);
      }
      Duration well = stopwatch.now();
      listener.happened(well, stop.isRequested() ? "interrupted" : "all is well");
      look(Duration.ofSeconds(1), target, clients, stopwatch, listener, new StopSignal());
      notReady.remove(drill.spec().fullName(target));
      Moments moments =
          new Moments(target.name().value(), struck, drill.fault().lasts() ? healed : struck, well);
      return new Round(
          target,
          moments,
          well.minus(moments.healed()),
          notReady,
          clients.stream()
              .map(client -> {
                List<Sample> samples = client.watcher.samples();
                return new NodeReport(
                    client.node, NodeFigures.of(samples, client.log.changes(), moments), samples);
              })
              .toList());
    } finally {
      clients.forEach(Client::close);
    }
  }

  /** What stands on one node. */
  private record Client(NodeSpec node, Watcher watcher, ProxyLog log) {
    void close() {
      watcher.close();
      log.close();
    }
  }

  private Beacon beacon(NodeSpec master, SSLContext tls) throws InterruptedException {
    try {
      return Beacon.start(
          master, new Route.ThroughSsh(hosts, OpenEndpoint.API_PORT), tls, NAMESPACE, NAME);
    } catch (IOException refused) {
      throw new Failure.Failed(
          master.name() + ": its API does not take the drill's ConfigMap: " + refused.getMessage(),
          "nothing was broken; mainstay status shows how it is");
    }
  }

  private Client client(NodeSpec node, SSLContext tls, Stopwatch stopwatch)
      throws InterruptedException {
    ProxyLog log = ProxyLog.follow(hosts.login(node), Scripts.script("drill-follow"), stopwatch);
    try {
      return new Client(
          node,
          Watcher.start(
              node,
              new Route.ThroughSsh(hosts, ClusterSpec.ENDPOINT_PORT),
              tls,
              NAMESPACE,
              NAME,
              stopwatch),
          log);
    } catch (IOException noPort) {
      log.close();
      throw new Failure.Failed("this machine has no port to give: " + noPort.getMessage(), "");
    }
  }

  /** When it struck. */
  private Duration strike(Drill drill, NodeSpec target, Stopwatch stopwatch)
      throws InterruptedException {
    String heal = Scripts.script("drill-heal");
    AtomicReference<Duration> struck = new AtomicReference<>(Duration.ZERO);
    Output output =
        hosts
            .login(target)
            .run(
                new RemoteCommand(
                    Scripts.script("drill-strike"),
                    List.of(
                        HostFile.sha256(heal),
                        drill.fault().word(),
                        String.valueOf(drill.lasts().plus(MARGIN).toSeconds())),
                    Stdin.of(Secret.of(heal)),
                    SHORT),
                new LineOutput(_ -> struck.compareAndSet(Duration.ZERO, stopwatch.now())));
    if (!output.isSuccess()) {
      throw RemoteSteps.failure(target, drill.fault().word(), output);
    }
    return struck.get();
  }

  private void heal(Drill drill, NodeSpec target) throws InterruptedException {
    try {
      remote.run(target, "healing", "drill-heal", List.of(), Stdin.EMPTY, SHORT);
    } catch (Failure lost) {
      throw new Failure.Failed(
          "%s: what was broken (%s) could not be healed from here: %s"
              .formatted(target.name(), drill.fault().word(), lost.getMessage()),
          "the host heals itself within "
              + drill.lasts().plus(MARGIN).toSeconds()
              + " s of the fault; mainstay status shows when it is well");
    }
  }

  private void look(
      Duration time,
      NodeSpec target,
      List<Client> clients,
      Stopwatch stopwatch,
      Listener listener,
      StopSignal stop)
      throws InterruptedException {
    Duration until = stopwatch.now().plus(time);
    while (stopwatch.now().compareTo(until) < 0 && !stop.isRequested()) {
      Thread.sleep(TICK);
      listener.looks(
          stopwatch.now(),
          clients.stream().map(client -> view(client, target, stopwatch.now())).toList());
    }
  }

  private static View view(Client client, NodeSpec target, Duration now) {
    int sent = 0;
    int failed = 0;
    Duration last = Duration.ZERO;
    for (Sample sample : client.watcher.samples()) {
      if (sample.kind() != Sample.Kind.EVENT) {
        sent++;
        failed += sample.isWell() ? 0 : 1;
      }
      if (sample.kind() == Sample.Kind.KEPT && sample.isWell()) {
        last = sample.at();
      }
    }
    return new View(
        client.node.name(),
        sent,
        failed,
        now.minus(last),
        last(client, target).map(ProxyChange::state));
  }

  private static Optional<ProxyChange> last(Client client, NodeSpec target) {
    return client.log.changes().stream()
        .filter(change -> change.master().equals(target.name().value()))
        .reduce((earlier, later) -> later);
  }

  /** Until every proxy that held the target down holds it up again. */
  private void awaitUp(
      NodeSpec target,
      List<Client> clients,
      Stopwatch stopwatch,
      Listener listener,
      StopSignal stop)
      throws InterruptedException {
    Duration giveUp = stopwatch.now().plus(SHORT);
    while (stopwatch.now().compareTo(giveUp) < 0) {
      boolean allUp =
          clients.stream()
              .allMatch(client ->
                  last(client, target)
                      .map(change -> change.state() == ProxyChange.State.UP)
                      .orElse(true));
      if (allUp) {
        return;
      }
      look(TICK, target, clients, stopwatch, listener, stop);
      if (stop.isRequested()) {
        Thread.sleep(TICK);
      }
    }
    throw new Failure.Failed(
        target.name() + ": not every local proxy leads to it again after a minute",
        "mainstay status shows which; journalctl -u mainstay-proxy there says why");
  }

  private void nodes(NodeSpec master, Set<String> notReady, CountDownLatch over) {
    try {
      do {
        observe
            .ask(master)
            .ifPresent(api ->
                api.nodes().stream()
                    .filter(node -> !node.ready())
                    .forEach(node -> notReady.add(node.name())));
      } while (!over.await(NODES_PERIOD.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException done) {
      // the fault is over
    }
  }
}
