package dev.mainstay.cluster.endpoint;

import dev.mainstay.ssh.Channel;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;

/**
 * A channel that is a TCP connection; a stream of it that is closed ends its own direction alone.
 */
record SocketChannel(Socket socket, InputStream in, OutputStream out) implements Channel {
  static SocketChannel of(Socket socket) throws IOException {
    return new SocketChannel(
        socket,
        socket.getInputStream(),
        new FilterOutputStream(socket.getOutputStream()) {
          @Override
          public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
          }

          @Override
          public void close() throws IOException {
            socket.shutdownOutput();
          }
        });
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
