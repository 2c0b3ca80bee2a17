package dev.mainstay.bundle;

import dev.mainstay.model.KubernetesVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The versions of everything that goes with one Kubernetes version, as data in the folder {@code
 * pins}: {@code versions} lists the Kubernetes versions, {@code vX.Y.Z.json} names what goes with
 * one, and {@code COMPONENT-VERSION/} has the {@code go.mod} and {@code go.sum} that pin each
 * module of a component down to its checksum. A version is added by adding files there; no code
 * changes.
 *
 * @param kubernetes the Kubernetes version
 * @param modules version of each Go component, by its name; what a build compiles
 * @param images the tags that kubeadm asks for of the images that are not of Kubernetes' own
 *     version
 * @param releases upstream's release of a component where its number differs from the module's
 */
record Pins(
    KubernetesVersion kubernetes,
    Map<String, String> modules,
    Map<String, String> images,
    Map<String, String> releases) {
  /**
   * Raised when the code puts other things into a bundle, or in another form, from the same pins:
   * bundles made before are then made anew.
   */
  private static final String RECIPE = "2";

  private static final String FOLDER = "pins/";

  Pins {
    modules = Map.copyOf(modules);
    images = Map.copyOf(images);
    releases = Map.copyOf(releases);
  }

  /** The Kubernetes versions that have pins, oldest first. */
  static List<KubernetesVersion> versions() {
    return new String(resource("versions"), StandardCharsets.UTF_8)
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .map(line -> KubernetesVersion.parse(line).orElseThrow())
        .sorted()
        .toList();
  }

  /** The pins of {@code version}; empty when it has none. */
  static Optional<Pins> find(KubernetesVersion version) {
    byte @Nullable [] bytes = resourceOrNull(version.tag() + ".json");
    if (bytes == null) {
      return Optional.empty();
    }
    JsonNode root = JsonMapper.shared().readTree(bytes);
    return Optional.of(
        new Pins(
            version,
            texts(root.path("modules")),
            texts(root.path("images")),
            texts(root.path("releases"))));
  }

  /**
   * The pins of {@code version}.
   *
   * @throws BundleException when it has none
   */
  static Pins of(KubernetesVersion version) {
    return find(version)
        .orElseThrow(() ->
            new BundleException(
                "Kubernetes " + version,
                "this Mainstay has no pinned versions for it",
                "choose one of "
                    + versions().stream()
                        .map(KubernetesVersion::toString)
                        .collect(Collectors.joining(", "))));
  }

  /** The version of the Go component {@code name}, without a leading {@code v}. */
  String module(String name) {
    return pinned(modules, name);
  }

  /** The tag of the image {@code name}. */
  String image(String name) {
    return pinned(images, name);
  }

  /** Upstream's release number of {@code name}, without a leading {@code v}. */
  String release(String name) {
    return releases.containsKey(name) ? pinned(releases, name) : module(name);
  }

  byte[] goMod(String component) {
    return resource(component + "-" + module(component) + "/go.mod");
  }

  byte[] goSum(String component) {
    return resource(component + "-" + module(component) + "/go.sum");
  }

  /**
   * Sixteen hexadecimal digits over all that decides what a bundle from {@code source} holds, but
   * for the Debian packages: those are what the distribution's signed archive has on the day.
   */
  String key(Source source) {
    StringBuilder all = new StringBuilder("recipe " + RECIPE + " " + source.word() + "\n");
    all.append(kubernetes).append('\n');
    all.append(new TreeMap<>(images)).append('\n');
    all.append(String.join(" ", DebianPackages.WANTED)).append('\n');
    for (var module : new TreeMap<>(modules).entrySet()) {
      all.append(module).append('\n');
      if (source == Source.BUILD) {
        all.append(Digests.of(goMod(module.getKey()))).append('\n');
        all.append(Digests.of(goSum(module.getKey()))).append('\n');
      }
    }
    if (source == Source.FETCH) {
      all.append(new TreeMap<>(releases)).append('\n');
    }
    return Digests.of(all.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 16);
  }

  private String pinned(Map<String, String> versions, String name) {
    String version = versions.get(name);
    if (version == null) {
      throw new IllegalStateException("pins of Kubernetes " + kubernetes + " lack " + name);
    }
    return version;
  }

  private static Map<String, String> texts(JsonNode node) {
    return node.properties().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().asString()));
  }

  private static byte[] resource(String path) {
    byte @Nullable [] bytes = resourceOrNull(path);
    if (bytes == null) {
      throw new IllegalStateException("Mainstay was built without " + FOLDER + path);
    }
    return bytes;
  }

  private static byte @Nullable [] resourceOrNull(String path) {
    try (InputStream in = Pins.class.getResourceAsStream(FOLDER + path)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + FOLDER + path + " of Mainstay itself", e);
    }
  }
}
