package dev.mainstay.cluster;

import dev.mainstay.cluster.DrillReport.NodeReport;
import dev.mainstay.cluster.RunDrill.View;
import dev.mainstay.cluster.drill.Beacon;
import dev.mainstay.cluster.drill.NodeFigures;
import dev.mainstay.cluster.drill.NodeFigures.Moments;
import dev.mainstay.cluster.drill.ProxyChange;
import dev.mainstay.cluster.drill.ProxyLog;
import dev.mainstay.cluster.drill.Sample;
import dev.mainstay.cluster.drill.Stopwatch;
import dev.mainstay.cluster.drill.Watcher;
import dev.mainstay.cluster.endpoint.Route;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** Mutable: a client and a reader of the proxy's log on each node, and what they have to see. */
final class Onlookers implements AutoCloseable {
  private static final String NAMESPACE = "kube-system";
  private static final String NAME = "mainstay-drill";
  private static final Duration SETTLING = Duration.ofSeconds(30);

  /** What stands on one node. */
  private record Client(NodeSpec node, Watcher watcher, ProxyLog log) {
    void close() {
      watcher.close();
      log.close();
    }
  }

  private final List<Client> clients = new ArrayList<>();
  private final List<Beacon> beacons = new ArrayList<>();

  /** Nobody, who sees nothing. */
  Onlookers() {}

  /**
   * Begins to look from the nodes of {@code turn}, and returns once each has seen something.
   *
   * @throws Failure if one of them cannot
   */
  static Onlookers start(PlanDrill.Turn turn, Hosts hosts, SSLContext tls, Stopwatch stopwatch)
      throws InterruptedException {
    Onlookers onlookers = new Onlookers();
    boolean begun = false;
    try {
      onlookers.beacons.add(beacon(turn.through(), hosts, tls));
      for (NodeSpec node : turn.watched()) {
        onlookers.clients.add(client(node, hosts, tls, stopwatch));
      }
      for (Client client : onlookers.clients) {
        if (!client.watcher.awaitFirst(SETTLING)) {
          throw new Failure.Failed(
              client.node.name()
                  + ": no answer through its local proxy, before anything was broken",
              "mainstay status shows how it is");
        }
      }
      begun = true;
      return onlookers;
    } finally {
      if (!begun) {
        onlookers.close();
      }
    }
  }

  private static Beacon beacon(NodeSpec master, Hosts hosts, SSLContext tls)
      throws InterruptedException {
    try {
      return Beacon.start(
          master, new Route.ThroughSsh(hosts, OpenEndpoint.API_PORT), tls, NAMESPACE, NAME);
    } catch (IOException refused) {
      throw new Failure.Failed(
          master.name() + ": its API does not take the drill's ConfigMap: " + refused.getMessage(),
          "nothing was broken; mainstay status shows how it is");
    }
  }

  private static Client client(NodeSpec node, Hosts hosts, SSLContext tls, Stopwatch stopwatch)
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

  /** How it looks at {@code now}, a view a node. */
  List<View> views(NodeSpec target, Duration now) {
    return clients.stream().map(client -> view(client, target, now)).toList();
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
    return new View(client.node.name(), sent, failed, now.minus(last), last(client, target));
  }

  private static Optional<ProxyChange> last(Client client, NodeSpec target) {
    return client.log.changes().stream()
        .filter(change -> change.master().equals(target.name().value()))
        .reduce((earlier, later) -> later);
  }

  /** Whether every proxy that held {@code target} down holds it up again. */
  boolean allUp(NodeSpec target) {
    return clients.stream()
        .flatMap(client -> last(client, target).stream())
        .allMatch(change -> change.state() == ProxyChange.State.UP);
  }

  /** What was seen from each node. */
  List<NodeReport> reports(Moments moments) {
    return clients.stream()
        .map(client -> {
          List<Sample> samples = client.watcher.samples();
          return new NodeReport(
              client.node, NodeFigures.of(samples, client.log.changes(), moments), samples);
        })
        .toList();
  }

  @Override
  public void close() {
    clients.forEach(Client::close);
    beacons.forEach(Beacon::close);
  }
}
