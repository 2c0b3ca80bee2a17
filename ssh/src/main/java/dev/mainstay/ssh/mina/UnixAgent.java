package dev.mainstay.ssh.mina;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.sshd.agent.SshAgent;
import org.apache.sshd.agent.SshAgentFactory;
import org.apache.sshd.agent.SshAgentServer;
import org.apache.sshd.agent.common.AbstractAgentProxy;
import org.apache.sshd.common.FactoryManager;
import org.apache.sshd.common.channel.ChannelFactory;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionContext;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The user's SSH agent over its Unix socket: a length of four bytes, then a message
 * (draft-ietf-sshm-ssh-agent). MINA's own client needs native code; the JDK does not. Mutable: a
 * connection that is asked one thing at a time.
 */
final class UnixAgent extends AbstractAgentProxy {
  private static final int MAX_MESSAGE = 1 << 20;

  private final SocketChannel socket;
  private volatile boolean asked;

  private UnixAgent(SocketChannel socket) {
    super(null);
    this.socket = socket;
  }

  /** Whether an agent takes connections at {@code socket}. */
  static boolean answers(Path socket) {
    Optional<UnixAgent> agent = connect(socket);
    agent.ifPresent(UnixAgent::close);
    return agent.isPresent();
  }

  /** A connection to the agent at {@code socket}; empty where there is none. */
  static Optional<UnixAgent> connect(Path socket) {
    try {
      return Optional.of(new UnixAgent(SocketChannel.open(UnixDomainSocketAddress.of(socket))));
    } catch (IOException | IllegalArgumentException nobody) {
      return Optional.empty();
    }
  }

  /**
   * Asks {@code connect} at each login for a connection of its own.
   *
   * @param connect empty for a login that goes on without an agent
   */
  static SshAgentFactory factory(Function<Session, Optional<UnixAgent>> connect) {
    return new SshAgentFactory() {
      @Override
      public List<ChannelFactory> getChannelForwardingFactories(FactoryManager manager) {
        return List.of();
      }

      @Override
      public @Nullable SshAgent createClient(Session session, FactoryManager manager) {
        return connect.apply(session).orElse(null);
      }

      @Override
      public SshAgentServer createServer(ConnectionService service) {
        throw new IllegalStateException("agents are not forwarded");
      }
    };
  }

  /** MINA wants to read the name of a certificate's algorithm, and agents say that of its key. */
  @Override
  public Map.Entry<String, byte[]> sign(
      SessionContext session, PublicKey key, String algorithm, byte[] data) throws IOException {
    Map.Entry<String, byte[]> signature = super.sign(session, key, algorithm, data);
    return key instanceof OpenSshCertificate
        ? Map.entry(algorithm, signature.getValue())
        : signature;
  }

  /** Whether it was asked for something that it has not answered yet. */
  boolean isAsked() {
    return asked;
  }

  /** Takes as long as the agent does, which may ask a person; {@link #close} ends it. */
  @Override
  protected synchronized Buffer request(Buffer request) throws IOException {
    asked = true;
    try {
      return exchange(request);
    } finally {
      asked = false;
    }
  }

  private Buffer exchange(Buffer request) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(request.array(), request.rpos(), request.available());
    while (out.hasRemaining()) {
      socket.write(out);
    }
    int length = read(Integer.BYTES).getInt();
    if (length <= 0 || length > MAX_MESSAGE) {
      throw new IOException("the SSH agent answered with " + length + " bytes");
    }
    return new ByteArrayBuffer(read(length).array());
  }

  private ByteBuffer read(int length) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(length);
    while (in.hasRemaining()) {
      if (socket.read(in) < 0) {
        throw new IOException("the SSH agent closed the connection");
      }
    }
    return in.flip();
  }

  @Override
  public boolean isOpen() {
    return socket.isOpen();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException gone) {
      // it is closed all the same
    }
  }
}
