package dev.mainstay.cluster.endpoint;

import dev.mainstay.ssh.Channel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/**
 * Mutable: a channel as the socket that the JDK's TLS wants to stand on. It asks for no more than
 * the streams, whether it is connected, and an end.
 */
final class ChannelSocket extends Socket {
  private final Channel channel;
  private volatile boolean closed;

  ChannelSocket(Channel channel) {
    this.channel = channel;
  }

  @Override
  public InputStream getInputStream() {
    return channel.in();
  }

  @Override
  public OutputStream getOutputStream() {
    return channel.out();
  }

  @Override
  public boolean isConnected() {
    return true;
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void shutdownOutput() throws IOException {
    channel.out().close();
  }

  @Override
  public void shutdownInput() {
    close();
  }

  /** Deadlines are the alarm's. */
  @Override
  public void setSoTimeout(int timeout) {}

  @Override
  public void close() {
    closed = true;
    channel.close();
  }
}
