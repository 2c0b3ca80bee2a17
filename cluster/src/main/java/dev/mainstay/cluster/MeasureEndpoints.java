package dev.mainstay.cluster;

import dev.mainstay.cluster.endpoint.Route;
import dev.mainstay.cluster.endpoint.Tunnel;
import dev.mainstay.engine.FanOut;
import dev.mainstay.model.ClusterName;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;

/**
 * Mutable: asks the cluster's endpoint on every node how long an answer takes, through the login to
 * the node's own 127.0.0.1; connections are kept from one time to the next, as clients there do.
 */
public final class MeasureEndpoints implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final ClusterSpec spec;
  private final Hosts hosts;
  private final Route route;
  private final Map<NodeName, Way> ways = new ConcurrentHashMap<>();
  private final Looks<ClusterName, Map<NodeName, Duration>> looks = new Looks<>();
  private volatile Optional<SSLContext> tls = Optional.empty();

  /** One node's. */
  private record Way(Tunnel tunnel, HttpClient client) {}

  /** Connects to nobody yet. */
  public MeasureEndpoints(ClusterSpec spec, Hosts hosts) {
    this.spec = spec;
    this.hosts = hosts;
    this.route = new Route.ThroughSsh(hosts, ClusterSpec.ENDPOINT_PORT);
  }

  /** Begins to ask, unless what was begun before was not taken yet. */
  public void begin() {
    looks.begin(spec.name(), this::measure);
  }

  /**
   * How long an answer took on each node; nodes that had none within two seconds are left out. All
   * are, as long as no master gives the credentials for it.
   *
   * @param patience how long this waits, counted from the beginning
   */
  public Map<NodeName, Duration> take(Duration patience) throws InterruptedException {
    return looks.take(spec.name(), patience).orElse(Map.of());
  }

  private Map<NodeName, Duration> measure() throws InterruptedException {
    SSLContext context;
    try {
      context = context();
    } catch (Failure silent) {
      return Map.of();
    }
    Map<NodeName, Duration> took = new HashMap<>();
    List<Optional<Duration>> measured =
        FanOut.map(
            spec.nodes(),
            // all at once: those that are dead must not keep the others from their answer
            spec.nodes().size(),
            node -> {
              try {
                return ask(node, context);
              } catch (InterruptedException interrupted) {
                throw new CancellationException();
              }
            });
    for (int i = 0; i < measured.size(); i++) {
      NodeName name = spec.nodes().get(i).name();
      measured.get(i).ifPresent(one -> took.put(name, one));
    }
    return took;
  }

  /** Whose authority the endpoints must prove to be of, and as whom we come. */
  private SSLContext context() throws InterruptedException {
    if (tls.isEmpty()) {
      tls = Optional.of(ClientTls.of(new ExportKubeconfig(hosts).administrator(spec)).context());
    }
    return tls.get();
  }

  private Optional<Duration> ask(NodeSpec node, SSLContext context) throws InterruptedException {
    try {
      Way way = ways.get(node.name());
      if (way == null) {
        way =
            new Way(
                Tunnel.open(node, route),
                HttpClient.newBuilder().sslContext(context).connectTimeout(PATIENCE).build());
        ways.put(node.name(), way);
      }
      long start = System.nanoTime();
      HttpResponse<Void> response =
          way.client()
              .send(
                  HttpRequest.newBuilder(
                          URI.create("https://127.0.0.1:" + way.tunnel().port() + "/version"))
                      .timeout(PATIENCE)
                      .build(),
                  HttpResponse.BodyHandlers.discarding());
      return response.statusCode() == java.net.HttpURLConnection.HTTP_OK
          ? Optional.of(Duration.ofNanos(System.nanoTime() - start))
          : Optional.empty();
    } catch (IOException silent) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    ways.values()
        .forEach(way -> {
          way.client().shutdownNow();
          way.tunnel().close();
        });
  }
}
