package dev.mainstay.playground;

import dev.mainstay.model.Address;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The TCP port of a host's sshd. */
record SshPort(Address address, int port) {
  private static final int CONNECT_MILLISECONDS = 500;

  /** A slow machine takes a second to start the process that says it. */
  private static final int HELLO_MILLISECONDS = 10_000;

  /** Whether an SSH server says hello there. */
  boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address.value(), port), CONNECT_MILLISECONDS);
      socket.setSoTimeout(HELLO_MILLISECONDS);
      byte[] hello = socket.getInputStream().readNBytes(4);
      return new String(hello, StandardCharsets.US_ASCII).equals("SSH-");
    } catch (IOException notYet) {
      return false;
    }
  }
}
