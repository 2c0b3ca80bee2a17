package dev.mainstay.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Downloads files over HTTPS.
 *
 * <ol>
 *   <li>A file that is kept from before, with the right checksum, is not downloaded again.
 *   <li>Else its bytes are added to NAME.part: from its end on, where the server can do that.
 *   <li>A connection that breaks or stalls is made anew, up to five times in a row without a byte,
 *       and the download goes on where it was.
 *   <li>The whole file is checked. Only then does it get its name, which is its checksum.
 *   <li>A file put together from several answers that is wrong is downloaded once more in one
 *       piece: the server may have changed it between. A file from one answer that is wrong is
 *       refused.
 * </ol>
 *
 * <p>Redirects are followed here and not by the JDK's client, which would hand a registry's token
 * to the storage that it points to; that storage refuses such requests.
 */
final class Downloads implements AutoCloseable {
  /** Tries in a row that bring nothing, before it is given up. */
  static final int TRIES = 5;

  private static final int MOST_REDIRECTS = 10;
  private static final int SMALL = 4 << 20;
  private static final int BUFFER = 1 << 16;
  private static final Pattern RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+|\\*)");
  private static final Pattern PARAMETER = Pattern.compile("(\\w+)=\"([^\"]*)\"");

  private final Network network;
  private final Path kept;
  private final HttpClient client;

  /** Registry tokens by the address that asked for them and the scope. */
  private final Map<String, String> tokens = new ConcurrentHashMap<>();

  /**
   * @param kept an existing directory for files and for parts of them, which outlives a failure
   */
  Downloads(Network network, Path kept) {
    this.network = network;
    this.kept = kept;
    this.client =
        HttpClient.newBuilder()
            .sslContext(network.tls())
            .proxy(network.proxies())
            .connectTimeout(network.connect())
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /** Breaks what is still under way. */
  @Override
  public void close() {
    client.shutdownNow();
  }

  /** A failure that another try may mend. */
  private static final class Passing extends IOException {
    private Passing(String message) {
      super(message);
    }
  }

  /**
   * The file at {@code uri}.
   *
   * @param what the file in a user's words
   * @return a file in the directory of kept ones, checked
   * @throws BundleException when it cannot be had, or is not what {@code checksum} says
   */
  Path file(URI uri, Checksum checksum, String what, Parts.Part part)
      throws IOException, InterruptedException {
    Path file = kept.resolve(checksum.fileName());
    if (Files.isRegularFile(file)) {
      if (checksum.actual(file).equals(checksum.hex())) {
        part.add(Files.size(file));
        return file;
      }
      Files.delete(file);
    }
    Path unfinished = kept.resolve(checksum.fileName() + ".part");
    boolean pieced = fill(uri, unfinished, what, part);
    String actual = checksum.actual(unfinished);
    if (!actual.equals(checksum.hex()) && pieced) {
      part.add(-Files.size(unfinished));
      Files.delete(unfinished);
      fill(uri, unfinished, what, part);
      actual = checksum.actual(unfinished);
    }
    if (!actual.equals(checksum.hex())) {
      long size = Files.size(unfinished);
      Files.delete(unfinished);
      throw new BundleException(
          uri.toString(),
          "downloaded %s, %d bytes: its checksum is %s, but %s was published"
              .formatted(what, size, actual, checksum),
          "nothing of it was kept. Try again; if it stays so, a proxy or mirror on the way changes"
              + " files, or upstream's file is not the one that was released");
    }
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    return file;
  }

  /** The bytes of a small file: a checksum, a manifest. */
  byte[] bytes(URI uri, Map<String, String> headers, String what)
      throws IOException, InterruptedException {
    return retry(
        uri,
        what,
        () -> {
          HttpResponse<InputStream> response = get(uri, headers);
          try (InputStream in = watched(response)) {
            if (response.statusCode() != 200) {
              throw refused(uri, response, what);
            }
            byte[] bytes = in.readNBytes(SMALL + 1);
            if (bytes.length > SMALL) {
              throw new BundleException(
                  uri.toString(),
                  what + " is larger than " + SMALL + " bytes",
                  "check the address");
            }
            return bytes;
          }
        });
  }

  /** Fills {@code file} to its end; returns whether more than one answer went into it. */
  private boolean fill(URI uri, Path file, String what, Parts.Part part)
      throws IOException, InterruptedException {
    if (Files.exists(file)) {
      part.add(Files.size(file));
    }
    boolean pieced = false;
    int tries = 0;
    while (true) {
      long before = Files.exists(file) ? Files.size(file) : 0;
      pieced |= before > 0;
      try {
        append(uri, file, what, part);
        return pieced;
      } catch (IOException e) {
        if (isDiskFull(e)) {
          throw e;
        }
        tries = Files.exists(file) && Files.size(file) > before ? 1 : tries + 1;
        if (tries >= TRIES) {
          throw gaveUp(uri, what, tries, e);
        }
        Thread.sleep(network.pause().multipliedBy(1L << (tries - 1)));
      }
    }
  }

  private void append(URI uri, Path file, String what, Parts.Part part)
      throws IOException, InterruptedException {
    long have = Files.exists(file) ? Files.size(file) : 0;
    Map<String, String> headers = new HashMap<>();
    if (have > 0) {
      headers.put("Range", "bytes=" + have + "-");
    }
    // A compressed transfer would have another length, and other bytes to go on from.
    headers.put("Accept-Encoding", "identity");
    HttpResponse<InputStream> response = get(uri, headers);
    try (InputStream in = watched(response)) {
      switch (response.statusCode()) {
        case 200 -> {
          part.add(-have);
          have = 0;
        }
        case 206 -> {
          Matcher range = RANGE.matcher(response.headers().firstValue("Content-Range").orElse(""));
          if (!range.matches() || Long.parseLong(range.group(1)) != have) {
            Files.deleteIfExists(file);
            part.add(-have);
            throw new Passing("the server went on at another place than was asked for");
          }
        }
        case 416 -> {
          // Nothing is after what we have: it is whole, or of another file. The checksum tells.
          return;
        }
        default -> throw refused(uri, response, what);
      }
      long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
      if (length >= 0) {
        part.expect(have + length);
      }
      try (OutputStream out =
          have > 0
              ? Files.newOutputStream(file, StandardOpenOption.APPEND)
              : Files.newOutputStream(file)) {
        byte[] buffer = new byte[BUFFER];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          out.write(buffer, 0, read);
          part.add(read);
        }
      }
    }
  }

  /** One request, with redirects followed and a registry's question for a token answered. */
  private HttpResponse<InputStream> get(URI uri, Map<String, String> headers)
      throws IOException, InterruptedException {
    URI at = uri;
    boolean asked = false;
    for (int hops = 0; hops < MOST_REDIRECTS; hops++) {
      HttpRequest.Builder request = HttpRequest.newBuilder(at);
      request.setHeader("User-Agent", "mainstay");
      headers.forEach(request::setHeader);
      String token = tokens.get(realm(at));
      if (token != null) {
        request.setHeader("Authorization", "Bearer " + token);
      }
      HttpResponse<InputStream> response = send(request.build());
      int status = response.statusCode();
      String challenge = response.headers().firstValue("WWW-Authenticate").orElse("");
      if (status == 401 && !asked && challenge.toLowerCase(Locale.ROOT).startsWith("bearer ")) {
        response.body().close();
        asked = true;
        tokens.put(realm(at), token(challenge));
        continue;
      }
      if (status < 300 || status >= 400) {
        return response;
      }
      response.body().close();
      URI target = at.resolve(response.headers().firstValue("Location").orElse(""));
      if (!String.valueOf(target.getScheme()).equals("https")) {
        throw new BundleException.Unreachable(
            at.toString(),
            "it redirects to " + target + ", which is not HTTPS",
            "nothing is downloaded without TLS; check the mirror");
      }
      at = target;
    }
    throw new BundleException.Unreachable(
        uri.toString(), "it redirects more than " + MOST_REDIRECTS + " times", "check the mirror");
  }

  /**
   * Waits for the head of the answer. A deadline of the request itself would, from JDK 26 on, count
   * the body too.
   */
  private HttpResponse<InputStream> send(HttpRequest request)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<InputStream>> answer =
        client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
    try {
      return answer.get(network.answer().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new Passing("no answer within " + seconds(network.answer()));
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
    } finally {
      answer.cancel(true);
    }
  }

  /** What one token is good for: one repository of one registry, or nothing else than one host. */
  private static String realm(URI uri) {
    String path = uri.getPath();
    int end = Math.max(path.indexOf("/manifests/"), path.indexOf("/blobs/"));
    return uri.getAuthority() + (end < 0 ? "" : path.substring(0, end));
  }

  /** https://distribution.github.io/distribution/spec/auth/token/ without a login. */
  private String token(String challenge) throws IOException, InterruptedException {
    Map<String, String> parameters = new HashMap<>();
    Matcher matcher = PARAMETER.matcher(challenge);
    while (matcher.find()) {
      parameters.put(matcher.group(1), matcher.group(2));
    }
    StringBuilder address = new StringBuilder(parameters.getOrDefault("realm", ""));
    char separator = address.indexOf("?") < 0 ? '?' : '&';
    for (String name : new String[] {"service", "scope"}) {
      String value = parameters.get(name);
      if (value != null) {
        address
            .append(separator)
            .append(name)
            .append('=')
            .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
        separator = '&';
      }
    }
    URI uri;
    try {
      uri = URI.create(address.toString());
    } catch (IllegalArgumentException e) {
      throw new Passing("the registry asks for a token from nowhere: " + challenge);
    }
    if (!"https".equals(uri.getScheme())) {
      throw new Passing("the registry asks for a token from " + uri + ", which is not HTTPS");
    }
    byte[] bytes = bytes(uri, Map.of(), "a token of the registry");
    try {
      JsonNode answer = JsonMapper.shared().readTree(bytes);
      String token = answer.path("token").asString(answer.path("access_token").asString(""));
      if (!token.isEmpty()) {
        return token;
      }
    } catch (JacksonException e) {
      // No token either.
    }
    throw new Passing("the registry's answer has no token: " + uri);
  }

  private BundleException refused(URI uri, HttpResponse<InputStream> response, String what)
      throws IOException {
    int status = response.statusCode();
    String from =
        response.uri().equals(uri) ? "" : " (after a redirect to " + response.uri().getHost() + ")";
    if (status >= 500 || status == 429 || status == 408) {
      throw new Passing("HTTP " + status + from);
    }
    return new BundleException.Unreachable(
        uri.toString(),
        "asked for " + what + ", the answer is HTTP " + status + from,
        status == 404
            ? "upstream has no such release, or the mirror lacks it"
            : status == 401 || status == 403
                ? "the server, or a proxy on the way, does not let this machine have it"
                : "check the address and proxies");
  }

  private interface Attempt {
    byte[] run() throws IOException, InterruptedException;
  }

  private byte[] retry(URI uri, String what, Attempt attempt)
      throws IOException, InterruptedException {
    for (int tries = 1; ; tries++) {
      try {
        return attempt.run();
      } catch (IOException e) {
        if (tries == TRIES) {
          throw gaveUp(uri, what, tries, e);
        }
        Thread.sleep(network.pause().multipliedBy(1L << (tries - 1)));
      }
    }
  }

  private BundleException gaveUp(URI uri, String what, int tries, IOException last) {
    String reason = last instanceof Passing ? String.valueOf(last.getMessage()) : reason(last);
    return new BundleException.Unreachable(
        uri.toString(),
        "downloading %s failed %d times in a row; the last time: %s".formatted(what, tries, reason),
        "check the network and proxies (HTTPS_PROXY) and run it again: it goes on where it was",
        last);
  }

  /** The JDK's client leaves some failures without words, and the cause has them. */
  private static String reason(Throwable failure) {
    String name = failure.getClass().getSimpleName();
    if (failure.getMessage() != null) {
      return name + ": " + failure.getMessage();
    }
    return failure.getCause() == null ? name : name + ", " + reason(failure.getCause());
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1000.0 + " s";
  }

  private static boolean isDiskFull(IOException e) {
    return String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("no space left");
  }

  private InputStream watched(HttpResponse<InputStream> response) {
    return new StallGuard(response.body(), network.stall());
  }
}
