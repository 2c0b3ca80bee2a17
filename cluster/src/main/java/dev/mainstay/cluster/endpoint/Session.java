package dev.mainstay.cluster.endpoint;

import dev.mainstay.ssh.Channel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Optional;

/** Mutable: one client's connection and the one that it was given. */
final class Session {
  private static final int BUFFER = 32 * 1024;

  private final Socket client;
  private final Channel far;
  private volatile boolean left;
  private volatile Optional<Long> heard = Optional.empty();

  Session(Socket client, Channel far) {
    this.client = client;
    this.far = far;
  }

  /** Whether something came from the master since {@code moment}, of {@link System#nanoTime}. */
  boolean hasHeardSince(long moment) {
    return heard.filter(when -> when - moment > 0).isPresent();
  }

  /** Whether the master has ended its side: nothing more comes from there. */
  boolean isLeft() {
    return left;
  }

  /** Ends both. */
  void cut() {
    try {
      client.close();
    } catch (IOException broken) {
      // nothing is left to be lost
    }
    far.close();
  }

  /** Copies until both directions have ended. */
  void copyBothWays() throws IOException, InterruptedException {
    SocketChannel near = SocketChannel.of(client);
    Thread up = Thread.ofVirtual().name("up").start(() -> copy(near.in(), far.out(), () -> {}));
    copy(far.in(), near.out(), () -> heard = Optional.of(System.nanoTime()));
    left = true;
    up.join();
  }

  private void copy(InputStream from, OutputStream to, Runnable onPiece) {
    byte[] buffer = new byte[BUFFER];
    try {
      for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        onPiece.run();
        to.write(buffer, 0, n);
        to.flush();
      }
      to.close();
    } catch (IOException broken) {
      cut(); // one side is gone: so is the other one
    }
  }
}
