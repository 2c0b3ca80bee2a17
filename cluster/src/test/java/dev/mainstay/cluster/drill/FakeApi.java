package dev.mainstay.cluster.drill;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.mainstay.cluster.endpoint.Route;
import dev.mainstay.cluster.endpoint.TestAuthority;
import dev.mainstay.model.Address;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/**
 * Mutable: an apiserver with one ConfigMap. Every merge is under way until the ConfigMap was
 * deleted; the first watch says one thing and ends, and after it none begins.
 */
final class FakeApi implements AutoCloseable {
  static final NodeSpec NODE =
      new NodeSpec(new NodeName("m1"), Role.MASTER, new Address("127.0.0.1"), SshSpec.DEFAULT);

  private final TestAuthority authority = new TestAuthority();
  private final HttpsServer server;
  private final CountDownLatch deleted = new CountDownLatch(1);
  final List<String> asked = new CopyOnWriteArrayList<>();
  final AtomicInteger watches = new AtomicInteger();
  final AtomicInteger merged = new AtomicInteger();
  private volatile boolean there;

  FakeApi() throws Exception {
    server = HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(authority.server("m1")));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/api/v1/namespaces/n/configmaps", this::serve);
    server.start();
  }

  Route route() {
    return new Route.Direct(server.getAddress().getPort());
  }

  SSLContext tls() {
    return authority.client();
  }

  boolean isThere() {
    return there;
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      String type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
      asked.add(exchange.getRequestMethod() + " " + type);
      switch (exchange.getRequestMethod()) {
        case "PATCH" -> patch(exchange, type);
        case "DELETE" -> {
          there = false;
          deleted.countDown();
          answer(exchange, 200);
        }
        default -> get(exchange);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void patch(HttpExchange exchange, String type) throws IOException, InterruptedException {
    if (type.equals("application/apply-patch+yaml")) {
      there = true;
      answer(exchange, 201);
      return;
    }
    deleted.await();
    merged.incrementAndGet();
    answer(exchange, there ? 200 : 404);
  }

  private void get(HttpExchange exchange) throws IOException {
    boolean watch = String.valueOf(exchange.getRequestURI().getQuery()).contains("watch=1");
    if (watch && watches.incrementAndGet() > 1) {
      answer(exchange, 503);
    } else {
      answer(exchange, 200);
    }
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    exchange.sendResponseHeaders(status, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write("{}\n".getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
