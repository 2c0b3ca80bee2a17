package dev.mainstay.cluster.endpoint;

import dev.mainstay.model.NodeSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Mutable: a port of this machine's 127.0.0.1 that leads to one node, for as long as it is open.
 */
public final class Tunnel implements AutoCloseable {
  private static final int BACKLOG = 64;
  private static final Duration OPENING = Duration.ofSeconds(3);

  private final NodeSpec node;
  private final Route route;
  private final ServerSocket listener;
  private final Set<Session> sessions = ConcurrentHashMap.newKeySet();

  private Tunnel(NodeSpec node, Route route, ServerSocket listener) {
    this.node = node;
    this.route = route;
    this.listener = listener;
  }

  /**
   * Begins to listen.
   *
   * @throws IOException if this machine has no port to give
   */
  public static Tunnel open(NodeSpec node, Route route) throws IOException {
    ServerSocket listener = new ServerSocket();
    listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), BACKLOG);
    Tunnel tunnel = new Tunnel(node, route, listener);
    Thread.ofVirtual().name("tunnel-" + node.name()).start(tunnel::accept);
    return tunnel;
  }

  public int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Thread.ofVirtual().name("tunnelled").start(() -> serve(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setOption(StandardSocketOptions.TCP_NODELAY, true);
      Session session = new Session(client, route.open(node, OPENING));
      sessions.add(session);
      try {
        session.copyBothWays();
      } finally {
        sessions.remove(session);
        session.cut();
      }
    } catch (IOException gone) {
      // who waits at the other end is told by the end of the connection
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException broken) {
      // it listens no more
    }
    sessions.forEach(Session::cut);
  }
}
