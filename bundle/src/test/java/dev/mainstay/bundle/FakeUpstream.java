package dev.mainstay.bundle;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.mainstay.model.KubernetesVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * All of upstream's release locations in one HTTPS server on this machine, with small files under
 * the same paths, a certificate of its own, and faults on demand.
 */
final class FakeUpstream implements AutoCloseable {
  static final String TOKEN = "let-me-in";

  private static final String PASSWORD = "changeit";
  private static final String DIGEST = "sha256:";

  /** What a server does with one request instead of serving the file. */
  interface Fault {
    /** Returns whether it answered. */
    boolean answer(HttpExchange exchange, byte[] content) throws IOException;
  }

  /**
   * What was asked for.
   *
   * @param range of the request's header; empty for the whole file
   * @param authorization the request's header; may be empty
   */
  record Request(String path, String range, String authorization) {}

  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final Map<String, Fault> faults = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpsServer server;
  private final SSLContext trust;

  /**
   * @param keys from {@link #certificate}
   */
  FakeUpstream(KeyStore keys, KubernetesVersion version)
      throws IOException, GeneralSecurityException {
    KeyManagerFactory identity = KeyManagerFactory.getInstance("PKIX");
    identity.init(keys, PASSWORD.toCharArray());
    SSLContext own = SSLContext.getInstance("TLS");
    own.init(identity.getKeyManagers(), null, null);
    TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
    trusted.init(keys);
    trust = SSLContext.getInstance("TLS");
    trust.init(null, trusted.getTrustManagers(), null);
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(own));
    server.setExecutor(executor);
    server.createContext("/", this::serve);
    server.start();
    release(Pins.of(version));
  }

  /** A new certificate; the JDK makes them only with its own program. */
  static KeyStore certificate(Path directory)
      throws IOException, GeneralSecurityException, InterruptedException {
    Path file = directory.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "1",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (keytool.waitFor() != 0) {
      throw new IllegalStateException(output);
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  private void release(Pins pins) throws IOException {
    for (String program : List.of("kubeadm", "kubelet", "kubectl")) {
      String path = "/" + pins.kubernetes().tag() + "/bin/linux/amd64/" + program;
      byte[] content = program(program);
      files.put(path, content);
      files.put(path + ".sha256", utf8(Digests.of(content)));
    }
    for (Releases.Release release : new Releases(upstream(), pins, "amd64").archives()) {
      String path = release.archive().getPath();
      String name = path.substring(path.lastIndexOf('/') + 1);
      byte[] content = archive(release.entries());
      files.put(path, content);
      String digits =
          release.checksum().getPath().endsWith("sha512")
              ? HexFormat.of().formatHex(Digests.digest("SHA-512").digest(content))
              : Digests.of(content);
      files.put(release.checksum().getPath(), utf8("0 other\n" + digits + "  " + name + "\n"));
    }
    for (Contents.Image image : Contents.images(pins)) {
      image(image.name(), image.tag());
    }
  }

  private void image(String name, String tag) {
    String base = "/v2" + name.substring(name.indexOf('/')) + "/";
    byte[] layer = program("layer of " + name);
    byte[] config = utf8("{\"os\":\"linux\",\"architecture\":\"amd64\",\"of\":\"" + name + "\"}");
    files.put(base + "blobs/" + DIGEST + Digests.of(layer), layer);
    files.put(base + "blobs/" + DIGEST + Digests.of(config), config);
    byte[] manifest =
        utf8(
            """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
             "config":%s,"layers":[%s]}\
            """
                .formatted(
                    descriptor("application/vnd.oci.image.config.v1+json", config),
                    descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)));
    files.put(base + "manifests/" + DIGEST + Digests.of(manifest), manifest);
    files.put(
        base + "manifests/" + tag,
        utf8(
            """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[
             {"digest":"%s","platform":{"os":"linux","architecture":"s390x"}},
             {"digest":"%s","platform":{"os":"linux","architecture":"amd64"}}]}\
            """
                .formatted(DIGEST + "0".repeat(64), DIGEST + Digests.of(manifest))));
  }

  private static String descriptor(String type, byte[] content) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
        .formatted(type, DIGEST + Digests.of(content), content.length);
  }

  /** Some hundred kilobytes that differ by name. */
  static byte[] program(String name) {
    byte[] line = utf8("this would be " + name + "\n");
    byte[] content = new byte[300_000];
    for (int i = 0; i < content.length; i++) {
      content[i] = line[i % line.length];
    }
    return content;
  }

  private static byte[] archive(Map<String, String> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      for (Map.Entry<String, String> each : new TreeMap<>(entries).entrySet()) {
        byte[] content = program(each.getKey());
        TarArchiveEntry entry = new TarArchiveEntry("./" + each.getValue());
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  Upstream upstream() {
    URI here = address("localhost");
    return new Upstream(here, here, Map.of("registry.k8s.io", here, "ghcr.io", here));
  }

  URI address(String host) {
    return URI.create("https://" + host + ":" + server.getAddress().getPort());
  }

  /** A network that trusts this server. */
  Network network() {
    return network(Duration.ofSeconds(30));
  }

  /** A network that waits only {@code stall} for the next byte. */
  Network network(Duration stall) {
    return new Network(
        trust,
        ProxySelector.of(null),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        stall,
        Duration.ZERO);
  }

  byte[] content(String path) {
    byte[] content = files.get(path);
    if (content == null) {
      throw new IllegalArgumentException("not served: " + path);
    }
    return content;
  }

  void replace(String path, byte[] content) {
    files.put(path, content);
  }

  void remove(String path) {
    files.remove(path);
  }

  void fault(String path, Fault fault) {
    faults.put(path, fault);
  }

  /** All requests so far about {@code path}. */
  List<Request> requests(String path) {
    return requests.stream().filter(request -> request.path().equals(path)).toList();
  }

  List<Request> requests() {
    return List.copyOf(requests);
  }

  /** The only path served that contains {@code part}. */
  String path(String part) {
    return files.keySet().stream()
        .filter(path -> path.contains(part))
        .reduce((one, other) -> one.length() < other.length() ? one : other)
        .orElseThrow();
  }

  /** Sends {@code length} bytes of the whole file, and then breaks the connection. Once. */
  Fault breaksAfter(int length) {
    return (exchange, content) -> {
      faults.remove(exchange.getRequestURI().getPath());
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content, 0, length);
      exchange.getResponseBody().flush();
      exchange.close();
      return true;
    };
  }

  /** Sends {@code length} bytes from where it was asked, and then nothing more. */
  Fault stallsAfter(int length) {
    return (exchange, content) -> {
      exchange.sendResponseHeaders(200, content.length);
      OutputStream out = exchange.getResponseBody();
      out.write(content, 0, length);
      out.flush();
      await();
      return true;
    };
  }

  private void await() throws IOException {
    try {
      closing.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private void serve(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String range = header(exchange, "Range");
    String authorization = header(exchange, "Authorization");
    requests.add(new Request(path, range, authorization));
    try (exchange) {
      if (path.equals("/token")) {
        send(exchange, 200, utf8("{\"token\":\"" + TOKEN + "\"}"));
        return;
      }
      byte[] content = files.get(path);
      if (content == null) {
        send(exchange, 404, utf8("no such thing"));
        return;
      }
      Fault fault = faults.get(path);
      if (fault != null && fault.answer(exchange, content)) {
        return;
      }
      if (path.startsWith("/v2/") && !authorization.equals("Bearer " + TOKEN)) {
        exchange
            .getResponseHeaders()
            .set(
                "WWW-Authenticate",
                "Bearer realm=\"%s/token\",service=\"fake\",scope=\"repository:x:pull\""
                    .formatted(address("localhost")));
        send(exchange, 401, utf8("{}"));
        return;
      }
      if (range.isEmpty()) {
        send(exchange, 200, content);
        return;
      }
      int from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
      if (from >= content.length) {
        send(exchange, 416, new byte[0]);
        return;
      }
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
      send(exchange, 206, Arrays.copyOfRange(content, from, content.length));
    }
  }

  static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
    }
  }

  private static String header(HttpExchange exchange, String name) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    executor.shutdownNow();
  }
}
