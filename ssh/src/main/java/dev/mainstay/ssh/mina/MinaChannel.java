package dev.mainstay.ssh.mina;

import dev.mainstay.ssh.Channel;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import org.apache.sshd.client.channel.ChannelDirectTcpip;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.channel.ChannelListener;
import org.apache.sshd.common.channel.ChannelPipedSink;
import org.apache.sshd.common.util.net.SshdSocketAddress;
import org.apache.sshd.core.CoreModuleProperties;

/** A channel of SSH's own kind direct-tcpip (RFC 4254, 7.2). */
final class MinaChannel implements Channel {
  private static final String LOOPBACK = "127.0.0.1";

  /** Who reads slowly holds up who writes, and for as long as that takes. */
  private static final Duration NEVER = Duration.ofDays(365);

  private final ChannelDirectTcpip channel;

  private MinaChannel(ChannelDirectTcpip channel) {
    this.channel = channel;
  }

  static MinaChannel open(ClientSession session, int port, Duration deadline) throws IOException {
    ChannelDirectTcpip channel =
        session.createDirectTcpipChannel(
            new SshdSocketAddress(LOOPBACK, 0), new SshdSocketAddress(LOOPBACK, port));
    CoreModuleProperties.WAIT_FOR_SPACE_TIMEOUT.set(channel, NEVER);
    channel.addChannelListener(new EndOfInput(channel));
    try {
      channel.open().verify(deadline);
      return new MinaChannel(channel);
    } catch (IOException failed) {
      channel.close(true);
      throw failed;
    }
  }

  /**
   * Passes the other end's end on to who reads: MINA's channel takes note of it, and lets the
   * reader wait for the end of both directions, which may never come.
   */
  private record EndOfInput(ChannelDirectTcpip channel) implements ChannelListener {
    private static final String EOF = "SSH_MSG_CHANNEL_EOF";

    @Override
    public void channelStateChanged(org.apache.sshd.common.channel.Channel changed, String hint) {
      if (EOF.equals(hint) && channel.getInvertedOut() instanceof ChannelPipedSink reader) {
        reader.eof();
      }
    }
  }

  @Override
  public InputStream in() {
    return new FilterInputStream(channel.getInvertedOut()) {
      @Override
      public int available() throws IOException {
        return Math.max(
            0, super.available()); // MINA says -1 at the end, for which the JDK's TLS spins
      }
    };
  }

  @Override
  public OutputStream out() {
    return channel.getInvertedIn();
  }

  @Override
  public void close() {
    channel.close(true);
  }
}
