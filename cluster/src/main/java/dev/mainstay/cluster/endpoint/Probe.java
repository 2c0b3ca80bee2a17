package dev.mainstay.cluster.endpoint;

import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Channel;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * Looks at a master's API from outside: a TLS handshake in which it proves to be of the cluster,
 * then {@code /readyz} on the same connection.
 *
 * @param name the endpoint's name, which its certificate must have
 * @param tls the cluster's authority and a client certificate; one for each master, or they would
 *     offer each other's sessions
 */
record Probe(NodeSpec master, String name, SSLContext tls) {
  static final Duration HANDSHAKE = Duration.ofSeconds(1);
  static final Duration READYZ = Duration.ofSeconds(3);
  private static final int LONGEST_LINE = 1024;
  private static final int LONGEST_ANSWER = 16_384;

  /** Who is told, the moment that it is known. */
  interface Listener {
    /** The handshake was made, or not. */
    void alive(boolean alive, String why);

    /** No handshake was made within its time; the way there was open. */
    void late();

    /**
     * What {@code /readyz} answers; only after a handshake.
     *
     * @param status of HTTP
     * @param etcd false where it says that etcd is what it lacks
     */
    void readyz(int status, boolean etcd);

    /** It does not answer; only after a handshake. */
    void silent(String why);

    /** Nothing is known: this machine was too slow itself. */
    void unsure();
  }

  /**
   * Looks once, over a connection that it closes.
   *
   * @param readiness whether to ask for {@code /readyz} too
   */
  void look(Channel channel, boolean readiness, Listener listener) {
    try (channel) {
      SSLSocket socket = socket(channel);
      Alarm handshake = Alarm.after(HANDSHAKE, channel::close);
      try (handshake) {
        socket.startHandshake();
      } catch (IOException failed) {
        if (handshake.wasLate()) {
          listener.unsure();
        } else if (handshake.rang()) {
          listener.late();
        } else {
          listener.alive(false, reason(failed));
        }
        return;
      }
      listener.alive(true, "");
      if (readiness) {
        readyz(socket, channel, listener);
      }
    } catch (IOException broken) {
      listener.alive(false, reason(broken));
    }
  }

  private SSLSocket socket(Channel channel) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            tls.getSocketFactory()
                .createSocket(
                    new ChannelSocket(channel), name, /* port, a label only */ 6443, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(name)));
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    return socket;
  }

  private void readyz(SSLSocket socket, Channel channel, Listener listener) {
    Alarm answer = Alarm.after(READYZ, channel::close);
    try (answer) {
      socket
          .getOutputStream()
          .write(
              "GET /readyz HTTP/1.1\r\nHost: %s\r\nUser-Agent: mainstay\r\nConnection: close\r\n\r\n"
                  .formatted(name)
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      int status = status(in);
      listener.readyz(status, status != HttpURLConnection.HTTP_INTERNAL_ERROR || !blamesEtcd(in));
    } catch (IOException failed) {
      if (answer.wasLate()) {
        listener.unsure();
      } else {
        listener.silent(answer.rang() ? "/readyz does not answer" : reason(failed));
      }
    }
  }

  /** Whether what follows an answer's status names etcd among the checks that failed. */
  private static boolean blamesEtcd(InputStream in) throws IOException {
    return new String(in.readNBytes(LONGEST_ANSWER), StandardCharsets.US_ASCII).contains("[-]etcd");
  }

  /** The status of an HTTP answer. */
  private static int status(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n' && line.length() < LONGEST_LINE; c = in.read()) {
      line.append((char) c);
    }
    String[] words = line.toString().split(" ", 3);
    try {
      return Integer.parseInt(words.length > 1 ? words[1].strip() : "");
    } catch (NumberFormatException other) {
      throw new IOException("no HTTP answer: " + line.toString().strip(), other);
    }
  }

  private static String reason(IOException failed) {
    String said = String.valueOf(failed.getMessage());
    return failed instanceof SSLException && said.contains("certif")
        ? "it proves no certificate of this cluster: " + said
        : said;
  }
}
