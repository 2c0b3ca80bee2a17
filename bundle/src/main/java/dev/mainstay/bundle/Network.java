package dev.mainstay.bundle;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;

/**
 * How downloads reach the network.
 *
 * @param tls whom to trust
 * @param proxies which proxy to take
 * @param connect the longest wait for a connection
 * @param answer the longest wait for the head of an answer
 * @param stall the longest wait for the next byte of its body
 * @param pause the wait before the second try; it doubles with each further one
 */
record Network(
    SSLContext tls,
    ProxySelector proxies,
    Duration connect,
    Duration answer,
    Duration stall,
    Duration pause) {

  /**
   * This machine's: the JDK's trusted authorities, and the proxies that {@code environment} names.
   */
  static Network of(Map<String, String> environment) {
    try {
      return new Network(
          SSLContext.getDefault(),
          proxies(environment),
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          Duration.ofSeconds(1));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no TLS", e);
    }
  }

  /**
   * {@code HTTPS_PROXY} and {@code NO_PROXY} as curl reads them; the JDK's settings without them.
   */
  static ProxySelector proxies(Map<String, String> environment) {
    String setting =
        environment.getOrDefault("HTTPS_PROXY", environment.getOrDefault("https_proxy", ""));
    if (setting.isEmpty()) {
      return ProxySelector.getDefault();
    }
    URI uri = URI.create(setting.contains("://") ? setting : "http://" + setting);
    if (uri.getHost() == null) {
      throw new BundleException(
          "HTTPS_PROXY", "not a proxy's address: " + setting, "give it as http://HOST:PORT");
    }
    int port = uri.getPort() < 0 ? 80 : uri.getPort();
    Proxy proxy =
        new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port));
    List<String> direct =
        List.of(
            environment
                .getOrDefault("NO_PROXY", environment.getOrDefault("no_proxy", ""))
                .toLowerCase(Locale.ROOT)
                .split("[,\\s]+"));
    return new ProxySelector() {
      @Override
      public List<Proxy> select(URI target) {
        return List.of(isDirect(target.getHost(), direct) ? Proxy.NO_PROXY : proxy);
      }

      @Override
      public void connectFailed(URI target, SocketAddress address, IOException failure) {
        // The request itself fails with it.
      }
    };
  }

  private static boolean isDirect(String host, List<String> direct) {
    String name = host.toLowerCase(Locale.ROOT);
    for (String entry : direct) {
      String suffix = entry.startsWith(".") ? entry.substring(1) : entry;
      if (entry.equals("*")
          || (!suffix.isEmpty() && (name.equals(suffix) || name.endsWith("." + suffix)))) {
        return true;
      }
    }
    return false;
  }
}
