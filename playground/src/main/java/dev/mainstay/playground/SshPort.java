package dev.mainstay.playground;

import dev.mainstay.model.Address;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The TCP port of a host's sshd. */
record SshPort(Address address, int port) {
  private static final int TIMEOUT_MILLISECONDS = 500;

  /** Whether an SSH server says hello there. */
  boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address.value(), port), TIMEOUT_MILLISECONDS);
      socket.setSoTimeout(TIMEOUT_MILLISECONDS);
      byte[] hello = socket.getInputStream().readNBytes(4);
      return new String(hello, StandardCharsets.US_ASCII).equals("SSH-");
    } catch (IOException notYet) {
      return false;
    }
  }
}
