package dev.mainstay.cluster.endpoint;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * Mutable: an apiserver as far as an endpoint sees it. What begins with TLS is a look, answered
 * with the status of {@code /readyz}; everything else is a client, whose lines are given back with
 * the master's name before them, and whose end with "bye".
 */
final class FakeMaster implements AutoCloseable {
  private static final int TLS_HANDSHAKE = 0x16;

  private final String name;
  private final InetSocketAddress address;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  // held for writing: everybody who is about to read stands still, as in a process that is stopped
  private final ReentrantReadWriteLock frozen = new ReentrantReadWriteLock();
  private volatile SSLContext tls;
  private volatile ServerSocket listener;
  private volatile Thread acceptor = new Thread();
  // it answers clients that it has, and no handshake
  volatile boolean busy;
  volatile int readyz = 200;
  volatile String readyzText = "";

  private FakeMaster(
      String name, InetSocketAddress address, SSLContext tls, ServerSocket listener) {
    this.name = name;
    this.address = address;
    this.tls = tls;
    this.listener = listener;
  }

  static FakeMaster start(String name, String address, int port, SSLContext tls)
      throws IOException {
    InetSocketAddress at = new InetSocketAddress(InetAddress.ofLiteral(address), port);
    ServerSocket listener = listen(at);
    FakeMaster master =
        new FakeMaster(
            name,
            new InetSocketAddress(InetAddress.ofLiteral(address), listener.getLocalPort()),
            tls,
            listener);
    master.accept(listener);
    return master;
  }

  private static ServerSocket listen(InetSocketAddress at) throws IOException {
    ServerSocket listener = new ServerSocket();
    listener.setReuseAddress(true);
    listener.bind(at);
    return listener;
  }

  int port() {
    return address.getPort();
  }

  /** Its process is killed. */
  void kill() throws IOException {
    listener.close();
    try {
      // the port is given back by the thread that listens, once it wakes
      acceptor.join();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    for (Socket socket : open) {
      socket.close();
    }
  }

  /** Its process is started again. */
  void restart() throws IOException {
    listener = listen(address);
    accept(listener);
  }

  /** SIGSTOP: the kernel still takes connections, and nobody answers. */
  void freeze() {
    frozen.writeLock().lock();
  }

  /** SIGCONT; by the thread that froze it. */
  void thaw() {
    frozen.writeLock().unlock();
  }

  void proves(SSLContext other) {
    tls = other;
  }

  private void accept(ServerSocket from) {
    acceptor =
        Thread.ofVirtual()
            .start(() -> {
              try {
                while (true) {
                  Socket client = from.accept();
                  open.add(client);
                  Thread.ofVirtual().start(() -> serve(client));
                }
              } catch (IOException closed) {
                // killed
              }
            });
  }

  private void serve(Socket client) {
    try (client) {
      int first = client.getInputStream().read();
      standStill();
      if (first == TLS_HANDSHAKE && busy) {
        client.getInputStream().readAllBytes();
      } else if (first == TLS_HANDSHAKE) {
        look(client);
      } else if (first >= 0) {
        talk(client, (char) first);
      }
    } catch (IOException gone) {
      // the other side went away, or we were killed
    } finally {
      open.remove(client);
    }
  }

  private void standStill() {
    frozen.readLock().lock();
    try {
      // whoever comes here while it is frozen waits above
    } finally {
      frozen.readLock().unlock();
    }
  }

  private void look(Socket client) throws IOException {
    InputStream consumed = new ByteArrayInputStream(new byte[] {TLS_HANDSHAKE});
    SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(client, consumed, true);
    socket.startHandshake();
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    String line = in.readLine();
    if (line == null) {
      return;
    }
    while (line != null && !line.isEmpty()) {
      line = in.readLine();
    }
    socket
        .getOutputStream()
        .write(
            "HTTP/1.1 %d X\r\n\r\n%s"
                .formatted(readyz, readyzText)
                .getBytes(StandardCharsets.US_ASCII));
    socket.close();
  }

  private void talk(Socket client, char first) throws IOException {
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
    OutputStream out = client.getOutputStream();
    String before = String.valueOf(first);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      standStill();
      out.write((name + " " + before + line + "\n").getBytes(StandardCharsets.US_ASCII));
      before = "";
    }
    standStill();
    out.write((name + " bye\n").getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public void close() throws IOException {
    kill();
  }
}
