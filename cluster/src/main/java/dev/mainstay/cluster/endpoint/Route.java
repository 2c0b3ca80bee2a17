package dev.mainstay.cluster.endpoint;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Channel;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.Hosts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/** The way to a master's API. */
public interface Route {
  /** {@code direct} or {@code ssh}: how people and scripts are told of it. */
  String word();

  /** What opening takes beside round trips. */
  Duration patience();

  /**
   * A connection to the API of {@code master}.
   *
   * @throws IOException if it cannot be had within {@code deadline}
   */
  Channel open(NodeSpec master, Duration deadline) throws IOException, InterruptedException;

  /**
   * To the master's own address.
   *
   * @param port of the API on every master: 6443
   */
  record Direct(int port) implements Route {
    @Override
    public String word() {
      return "direct";
    }

    @Override
    public Duration patience() {
      return Duration.ofMillis(250);
    }

    @Override
    public Channel open(NodeSpec master, Duration deadline) throws IOException {
      Socket socket = new Socket();
      try {
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        socket.connect(
            new InetSocketAddress(InetAddress.ofLiteral(master.address().value()), port),
            Math.toIntExact(deadline.toMillis()));
        return SocketChannel.of(socket);
      } catch (IOException failed) {
        socket.close();
        throw failed;
      }
    }
  }

  /**
   * Mutable: through the login to the master, to its own 127.0.0.1, for masters whose API is walled
   * in. A login that was lost is made again by one attempt at a time, however many wait for it.
   */
  final class ThroughSsh implements Route {
    private final Hosts hosts;
    private final int port;
    private final Map<NodeSpec, CompletableFuture<Host>> logins = new ConcurrentHashMap<>();

    public ThroughSsh(Hosts hosts, int port) {
      this.hosts = hosts;
      this.port = port;
    }

    @Override
    public String word() {
      return "ssh";
    }

    @Override
    public Duration patience() {
      return Duration.ofSeconds(1);
    }

    @Override
    public Channel open(NodeSpec master, Duration deadline)
        throws IOException, InterruptedException {
      try {
        return Patience.call(deadline, () -> login(master).open(port, deadline));
      } catch (Failure failure) {
        throw new IOException(failure.getMessage(), failure);
      }
    }

    private Host login(NodeSpec master) throws IOException, InterruptedException {
      CompletableFuture<Host> login = logins.computeIfAbsent(master, this::begin);
      try {
        return login.get();
      } catch (ExecutionException failed) {
        Throwable cause = failed.getCause();
        throw new IOException(cause == null ? "no login" : cause.getMessage(), failed);
      } finally {
        if (login.isDone()) {
          logins.remove(master, login);
        }
      }
    }

    private CompletableFuture<Host> begin(NodeSpec master) {
      CompletableFuture<Host> login = new CompletableFuture<>();
      Thread.ofVirtual()
          .name("login-" + master.name())
          .start(() -> {
            try {
              login.complete(hosts.login(master));
            } catch (Throwable failed) {
              login.completeExceptionally(failed);
            }
          });
      return login;
    }
  }
}
