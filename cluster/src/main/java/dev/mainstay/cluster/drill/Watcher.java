package dev.mainstay.cluster.drill;

import dev.mainstay.cluster.drill.Sample.Kind;
import dev.mainstay.cluster.endpoint.Route;
import dev.mainstay.cluster.endpoint.Tunnel;
import dev.mainstay.model.NodeSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/**
 * Mutable: a client of one node's local proxy, as pods and kubelet there are. It makes a request on
 * a kept connection every 100 ms, one with a connection of its own every 250 ms, and has a watch of
 * an object that somebody changes all the time.
 *
 * <p>It sits on the control machine and goes through the login to the node's own 127.0.0.1, so that
 * hosts need no program for it; its times include the way there.
 */
public final class Watcher implements AutoCloseable {
  private static final Duration KEPT_PERIOD = Duration.ofMillis(100);
  private static final Duration NEW_PERIOD = Duration.ofMillis(250);
  private static final Duration AGAIN = Duration.ofMillis(20);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final NodeSpec node;
  private final SSLContext tls;
  private final Stopwatch stopwatch;
  private final Tunnel tunnel;
  private final String path;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient keeping;
  private final HttpClient watching;
  private final List<Sample> samples = new ArrayList<>();
  private final Map<Kind, CountDownLatch> first = new EnumMap<>(Kind.class);
  private volatile boolean closed;
  private volatile Duration lastEvent = Duration.ZERO;

  private Watcher(NodeSpec node, SSLContext tls, Tunnel tunnel, String path, Stopwatch stopwatch) {
    this.node = node;
    this.tls = tls;
    this.tunnel = tunnel;
    this.path = path;
    this.stopwatch = stopwatch;
    this.keeping = client(HttpClient.Version.HTTP_2);
    this.watching = client(HttpClient.Version.HTTP_2);
    for (Kind kind : Kind.values()) {
      first.put(kind, new CountDownLatch(1));
    }
  }

  /**
   * Begins to watch.
   *
   * @param route to the nodes' local proxies
   * @param tls the cluster's authority and a client certificate
   * @param namespace of the ConfigMap that changes all the time, and {@code name} its name
   * @throws IOException if this machine has no port to give
   */
  public static Watcher start(
      NodeSpec node,
      Route route,
      SSLContext tls,
      String namespace,
      String name,
      Stopwatch stopwatch)
      throws IOException {
    Watcher watcher =
        new Watcher(
            node,
            tls,
            Tunnel.open(node, route),
            "/api/v1/namespaces/" + namespace + "/configmaps",
            stopwatch);
    watcher.threads.execute(() -> watcher.every(KEPT_PERIOD, () -> watcher.kept(name)));
    watcher.threads.execute(() -> watcher.every(NEW_PERIOD, () -> watcher.fresh(name)));
    watcher.threads.execute(() -> watcher.watch(name));
    return watcher;
  }

  private HttpClient client(HttpClient.Version version) {
    return HttpClient.newBuilder()
        .sslContext(tls)
        .version(version)
        .connectTimeout(PATIENCE)
        .executor(threads)
        .build();
  }

  public NodeSpec node() {
    return node;
  }

  /**
   * Waits until everything that it does went well once.
   *
   * @return whether it did within {@code most}
   */
  public boolean awaitFirst(Duration most) throws InterruptedException {
    long deadline = System.nanoTime() + most.toNanos();
    for (CountDownLatch latch : first.values()) {
      if (!latch.await(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
        return false;
      }
    }
    return true;
  }

  /** What was seen so far, in the order in which it ended. */
  public List<Sample> samples() {
    synchronized (samples) {
      return List.copyOf(samples);
    }
  }

  private void add(Kind kind, Duration began, String failure) {
    if (closed) {
      return; // cut by our own end
    }
    Duration now = stopwatch.now();
    synchronized (samples) {
      samples.add(new Sample(kind, now, now.minus(began), failure));
    }
    if (failure.isEmpty()) {
      first.getOrDefault(kind, new CountDownLatch(0)).countDown();
    }
  }

  private void every(Duration period, Runnable work) {
    while (!closed) {
      long began = System.nanoTime();
      work.run();
      pause(period.minusNanos(System.nanoTime() - began));
    }
  }

  private void pause(Duration pause) {
    try {
      if (pause.isPositive() && !closed) {
        Thread.sleep(pause);
      }
    } catch (InterruptedException stopped) {
      closed = true;
    }
  }

  private HttpRequest get(String resource) {
    return HttpRequest.newBuilder(
            URI.create("https://127.0.0.1:" + tunnel.port() + path + resource))
        .timeout(PATIENCE)
        .build();
  }

  private void kept(String name) {
    request(Kind.KEPT, keeping, name);
  }

  private void fresh(String name) {
    HttpClient own = client(HttpClient.Version.HTTP_1_1);
    try {
      request(Kind.NEW, own, name);
    } finally {
      own.shutdownNow();
    }
  }

  private void request(Kind kind, HttpClient client, String name) {
    Duration began = stopwatch.now();
    try {
      int status =
          client.send(get("/" + name), HttpResponse.BodyHandlers.discarding()).statusCode();
      add(kind, began, status == HttpURLConnection.HTTP_OK ? "" : "status " + status);
    } catch (IOException failed) {
      add(kind, began, reason(failed));
    } catch (InterruptedException stopped) {
      closed = true;
    }
  }

  private void watch(String name) {
    String resource = "?watch=1&timeoutSeconds=7200&fieldSelector=metadata.name%3D" + name;
    while (!closed) {
      try {
        HttpResponse<Stream<String>> response =
            watching.send(get(resource), HttpResponse.BodyHandlers.ofLines());
        try (Stream<String> lines = response.body()) {
          if (response.statusCode() == HttpURLConnection.HTTP_OK) {
            Iterator<String> events = lines.iterator();
            while (events.hasNext()) {
              events.next();
              event("");
            }
            event("the watch ended");
          }
        }
      } catch (IOException notBegun) {
        // what does not begin cannot end: that there is no event is what counts
      } catch (UncheckedIOException failed) {
        event(reason(failed));
      } catch (InterruptedException stopped) {
        closed = true;
      }
      pause(AGAIN);
    }
  }

  private void event(String failure) {
    Duration since = lastEvent;
    if (failure.isEmpty()) {
      lastEvent = stopwatch.now();
    }
    add(Kind.EVENT, since.isZero() ? stopwatch.now() : since, failure);
  }

  private static String reason(Throwable failed) {
    String message = String.valueOf(failed.getMessage());
    return message.equals("null") ? failed.getClass().getSimpleName() : message;
  }

  @Override
  public void close() {
    closed = true;
    keeping.shutdownNow();
    watching.shutdownNow();
    tunnel.close();
    threads.shutdownNow();
  }
}
