package dev.mainstay.cluster.drill;

import dev.mainstay.cluster.endpoint.Route;
import dev.mainstay.cluster.endpoint.Tunnel;
import dev.mainstay.model.NodeSpec;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/**
 * Mutable: changes a ConfigMap all the time, through one master, so that whoever watches it should
 * hear something all the time. The ConfigMap goes with it.
 */
public final class Beacon implements AutoCloseable {
  private static final Duration PERIOD = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final String namespace;
  private final String name;
  private final Tunnel tunnel;
  private final HttpClient client;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile boolean closed;

  private Beacon(String namespace, String name, Tunnel tunnel, SSLContext tls) {
    this.namespace = namespace;
    this.name = name;
    this.tunnel = tunnel;
    this.client =
        HttpClient.newBuilder().sslContext(tls).connectTimeout(PATIENCE).executor(threads).build();
  }

  /**
   * Makes the ConfigMap and begins.
   *
   * @param route to the masters' APIs
   * @throws IOException if the master does not take it
   */
  public static Beacon start(
      NodeSpec master, Route route, SSLContext tls, String namespace, String name)
      throws IOException, InterruptedException {
    Beacon beacon = new Beacon(namespace, name, Tunnel.open(master, route), tls);
    try {
      // server-side apply makes what is not there
      beacon.send("application/apply-patch+yaml", "&force=true", 0);
    } catch (IOException refused) {
      beacon.end();
      throw refused;
    }
    beacon.threads.execute(beacon::run);
    return beacon;
  }

  private void run() {
    for (long number = 1; !closed; number++) {
      long beat = number;
      // a write that was on its way to a leader that died is waited for in vain: the next is not
      threads.execute(() -> tryBeat(beat));
      try {
        Thread.sleep(PERIOD);
      } catch (InterruptedException stopped) {
        return;
      }
    }
  }

  private void tryBeat(long number) {
    try {
      beat(number);
    } catch (IOException passing) {
      // an election: the next one may be heard
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void beat(long number) throws IOException, InterruptedException {
    // a merge makes nothing: one that is under way when the ConfigMap goes does not bring it back
    send("application/merge-patch+json", "", number);
  }

  private void send(String patch, String query, long number)
      throws IOException, InterruptedException {
    String body =
        """
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "%s", "namespace": "%s"}, "data": {"beat": "%d"}}\
        """
            .formatted(name, namespace, number);
    HttpResponse<String> response =
        client.send(
            request("?fieldManager=mainstay" + query)
                .header("Content-Type", patch)
                .method("PATCH", HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    int status = response.statusCode();
    if (status != HttpURLConnection.HTTP_OK && status != HttpURLConnection.HTTP_CREATED) {
      throw new IOException("status " + status + ": " + response.body());
    }
  }

  private HttpRequest.Builder request(String query) {
    return HttpRequest.newBuilder(
            URI.create(
                "https://127.0.0.1:%d/api/v1/namespaces/%s/configmaps/%s%s"
                    .formatted(tunnel.port(), namespace, name, query)))
        .timeout(PATIENCE);
  }

  private void end() {
    closed = true;
    client.shutdownNow();
    tunnel.close();
    threads.shutdownNow();
  }

  @Override
  public void close() {
    closed = true;
    try {
      client.send(request("").DELETE().build(), HttpResponse.BodyHandlers.discarding());
    } catch (IOException left) {
      // a small ConfigMap stays, which the next drill takes over
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } finally {
      end();
    }
  }
}
