package dev.mainstay.bundle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The Go compiler of this machine, and a C compiler for the little C that there is.
 *
 * <p>Each build is held to the committed go.mod and go.sum ({@code -mod=readonly}), with the
 * checksum database on. Of the user's Go settings, only where modules come from (GOPROXY, GOAUTH),
 * where caches lie and whether Go may fetch a newer Go (GOTOOLCHAIN) are taken over: others could
 * switch checks off or make other programs of the same sources.
 */
final class GoToolchain {
  private static final Pattern VERSION = Pattern.compile("go(\\d+)\\.(\\d+)(?:\\.(\\d+))?.*");
  private static final Pattern REQUIRED = Pattern.compile("(?m)^go (\\S+)$");
  private static final Pattern PACKAGE_NAME = Pattern.compile("[\\w./~+-]+");
  private static final Pattern SETTING = Pattern.compile("GO.*|CGO_.*");

  /** GOENV names the file in which {@code go env -w} keeps more of these settings. */
  private static final Set<String> TAKEN_OVER =
      Set.of(
          "GOPROXY",
          "GOAUTH",
          "GOCACHE",
          "GOMODCACHE",
          "GOPATH",
          "GOTMPDIR",
          "GOENV",
          "GOTOOLCHAIN");

  private static final int QUOTED_LINES = 20;

  private static final String GET_GO =
      "get Go from https://go.dev/dl and put its bin directory on PATH, or take upstream's released"
          + " binaries: mainstay bundle fetch";

  private final Path go;
  private final Path cc;
  private final String version;
  private final Path buildCache;
  private final Map<String, String> environment;

  private GoToolchain(
      Path go, Path cc, String version, Path buildCache, Map<String, String> environment) {
    this.go = go;
    this.cc = cc;
    this.version = version;
    this.buildCache = buildCache;
    this.environment = environment;
  }

  /**
   * The toolchain of this machine.
   *
   * @throws BundleException when there is none, or one that is too old for {@code pins}
   */
  static GoToolchain find(Pins pins, Map<String, String> user)
      throws IOException, InterruptedException {
    Path go =
        Command.find("go", user, "/usr/local/go/bin", "/usr/lib/go/bin")
            .orElseThrow(() ->
                new BundleException(
                    "this machine", "it has no Go compiler (go is not on PATH)", GET_GO));
    Map<String, String> environment = new HashMap<>(user);
    environment
        .keySet()
        .removeIf(name -> SETTING.matcher(name).matches() && !TAKEN_OVER.contains(name));
    environment.putIfAbsent("GOTOOLCHAIN", "local");
    environment.put("GOFLAGS", "");
    Command env =
        new Command(
            List.of(go.toString(), "env", "-json", "GOVERSION", "GOPROXY", "GOCACHE", "GOMODCACHE"),
            Path.of("/"),
            environment);
    JsonNode settings = json(String.join("\n", env.lines("is this Go whole? try: go version")));
    String version = settings.path("GOVERSION").asString();
    String required = required(pins);
    if (environment.getOrDefault("GOTOOLCHAIN", "").equals("local")
        && COMPARE.compare(version, "go" + required) < 0) {
      throw new BundleException(
          go.toString(),
          "it is " + version + ", but Kubernetes " + pins.kubernetes() + " needs go" + required,
          GET_GO + "\nor let Go fetch the newer one itself: GOTOOLCHAIN=auto");
    }
    // From here on the user's own "go env -w" settings do not count, only what was read of them.
    environment.put("GOENV", "off");
    for (String key : List.of("GOPROXY", "GOCACHE", "GOMODCACHE")) {
      environment.put(key, settings.path(key).asString());
    }
    environment.put("GOWORK", "off");
    environment.put("GOOS", "linux");
    Path cc =
        Command.find("gcc", user, "/usr/bin")
            .or(() -> Command.find("cc", user))
            .orElseThrow(() ->
                new BundleException(
                    "this machine",
                    "it has no C compiler; flannel and pause have parts in C",
                    "apt-get install gcc libc6-dev"));
    return new GoToolchain(
        go, cc, version, Path.of(settings.path("GOCACHE").asString()), Map.copyOf(environment));
  }

  /** {@code go1.26.8}. */
  String version() {
    return version;
  }

  /** Where compiled packages are kept between builds. */
  Path buildCache() {
    return buildCache;
  }

  /**
   * Compiles all programs of {@code component}.
   *
   * @param folder an empty directory; its subdirectory {@code out} holds the programs afterwards,
   *     each under the last word of its package's path
   */
  void build(GoComponent component, Pins pins, String arch, Path folder, Parts.Part part)
      throws IOException, InterruptedException {
    Files.write(folder.resolve("go.mod"), pins.goMod(component.component()));
    Files.write(folder.resolve("go.sum"), pins.goSum(component.component()));
    List<String> line =
        new ArrayList<>(
            List.of(
                go.toString(),
                "build",
                "-v",
                "-mod=readonly",
                "-trimpath",
                "-buildvcs=false",
                "-tags",
                component.tags(),
                "-ldflags",
                ("-s -w " + component.variables(pins)).strip(),
                "-o",
                folder.resolve("out") + "/",
                // The programs are the tools of the go.mod.
                "tool"));
    Deque<String> errors = new ArrayDeque<>();
    Command.Ended ended =
        new Command(line, folder, with(component.isC() ? "1" : "0", arch))
            .run(text -> {
              part.add(0);
              // -v prints each package when its compilation starts.
              if (!PACKAGE_NAME.matcher(text).matches()) {
                synchronized (errors) {
                  errors.addLast(text);
                  if (errors.size() > QUOTED_LINES) {
                    errors.removeFirst();
                  }
                }
              }
            });
    if (!ended.isGood()) {
      String tail;
      synchronized (errors) {
        tail = String.join("\n", errors);
      }
      throw new BundleException(
          component.component() + " " + pins.module(component.component()),
          "go build exited " + ended.status() + ":\n" + tail,
          "if modules could not be downloaded, check GOPROXY ("
              + environment.getOrDefault("GOPROXY", "")
              + ") and run it again; what was compiled is kept");
    }
  }

  /** The directory of the module {@code name} that {@code component}'s pins choose. */
  Path moduleDirectory(String name, Path folder) throws IOException, InterruptedException {
    List<String> lines =
        new Command(
                List.of(go.toString(), "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", name),
                folder,
                with("0", "amd64"))
            .lines("");
    return Path.of(lines.getLast());
  }

  /** Compiles one C file to a small static program. */
  void compileC(Path source, String define, Path program) throws IOException, InterruptedException {
    new Command(
            List.of(
                cc.toString(),
                "-Os",
                "-static",
                "-s",
                "-Wl,--build-id=none",
                "-D" + define,
                "-o",
                program.toString(),
                source.toString()),
            program.toAbsolutePath().resolveSibling("."),
            environment)
        .lines("the C library's static form is needed too: apt-get install libc6-dev");
  }

  private Map<String, String> with(String cgo, String arch) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("CGO_ENABLED", cgo);
    all.put("CC", cc.toString());
    all.put("GOARCH", arch);
    return all;
  }

  /** The newest Go that one of the components asks for. */
  static String required(Pins pins) {
    String newest = "1.24";
    for (String component : GoComponent.names()) {
      Matcher matcher = REQUIRED.matcher(new String(pins.goMod(component), StandardCharsets.UTF_8));
      if (matcher.find() && COMPARE.compare("go" + matcher.group(1), "go" + newest) > 0) {
        newest = matcher.group(1);
      }
    }
    return newest;
  }

  /** Orders {@code go1.24.2} by its numbers; a word that is no version comes first. */
  static final Comparator<String> COMPARE =
      Comparator.<String>comparingInt(word -> number(word, 1))
          .thenComparingInt(word -> number(word, 2))
          .thenComparingInt(word -> number(word, 3));

  private static int number(String word, int group) {
    Matcher matcher = VERSION.matcher(word);
    return matcher.matches() && matcher.group(group) != null
        ? Integer.parseInt(matcher.group(group))
        : 0;
  }

  private static JsonNode json(String text) {
    try {
      return JsonMapper.shared().readTree(text);
    } catch (JacksonException e) {
      throw new BundleException(
          "go env", "its output is no JSON: " + e.getMessage(), "try: go version", e);
    }
  }
}
