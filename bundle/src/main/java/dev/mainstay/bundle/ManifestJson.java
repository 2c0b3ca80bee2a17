package dev.mainstay.bundle;

import dev.mainstay.model.KubernetesVersion;
import dev.mainstay.model.Role;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The form of {@code manifest.json}. The same manifest always gives the same bytes, because a
 * bundle's digest is taken over them.
 */
final class ManifestJson {
  /** Raised when a reader of the old form could not use the new one. */
  private static final int FORMAT = 1;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ManifestJson() {}

  static byte[] write(Manifest manifest) {
    ObjectNode root = JSON.createObjectNode();
    root.put("format", FORMAT);
    root.put("kubernetes", manifest.kubernetes().tag());
    root.put("arch", manifest.arch());
    root.put("source", manifest.source().word());
    root.put("pins", manifest.pins());
    ArrayNode artifacts = root.putArray("artifacts");
    for (Artifact artifact : manifest.artifacts()) {
      ObjectNode node = artifacts.addObject();
      node.put("name", artifact.name());
      node.put("version", artifact.version());
      node.put("arch", artifact.arch());
      node.put("kind", artifact.kind().word());
      node.put("file", artifact.file());
      node.put("sha256", artifact.sha256());
      node.put("size", artifact.size());
      node.put("destination", artifact.destination());
      ArrayNode roles = node.putArray("roles");
      artifact.roles().forEach(role -> roles.add(role.word()));
      node.put("distribution", artifact.distribution());
      node.put("origin", artifact.origin());
    }
    return (JSON.writeValueAsString(root).replace("\r\n", "\n") + "\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The manifest in {@code bytes}.
   *
   * @param where names the file in errors
   * @throws BundleException when they are no manifest, or one of a newer Mainstay
   */
  static Manifest read(byte[] bytes, String where) {
    try {
      JsonNode root = JSON.readTree(bytes);
      int format = root.path("format").asInt(0);
      if (format != FORMAT) {
        throw new BundleException(
            where,
            "its format is " + format + ", this Mainstay reads format " + FORMAT,
            "use the Mainstay that made it, or make the bundle anew: mainstay bundle build");
      }
      List<Artifact> artifacts = new ArrayList<>();
      for (JsonNode node : root.path("artifacts")) {
        artifacts.add(artifact(node));
      }
      String version = text(root, "kubernetes");
      return new Manifest(
          KubernetesVersion.parse(version)
              .orElseThrow(() -> new IllegalArgumentException("not a version: " + version)),
          text(root, "arch"),
          Source.valueOf(text(root, "source").toUpperCase(Locale.ROOT)),
          text(root, "pins"),
          artifacts);
    } catch (JacksonException | IllegalArgumentException e) {
      throw new BundleException(
          where,
          "it is not a bundle's manifest: " + e.getMessage(),
          "remove the directory and make the bundle anew: mainstay bundle build",
          e);
    }
  }

  private static Artifact artifact(JsonNode node) {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (JsonNode role : node.path("roles")) {
      roles.add(Role.valueOf(role.asString().toUpperCase(Locale.ROOT)));
    }
    return new Artifact(
        text(node, "name"),
        text(node, "version"),
        text(node, "arch"),
        text(node, "sha256"),
        node.path("size").asLong(-1),
        text(node, "origin"),
        Kind.valueOf(text(node, "kind").toUpperCase(Locale.ROOT)),
        text(node, "file"),
        text(node, "destination"),
        roles,
        text(node, "distribution"));
  }

  private static String text(JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isString()) {
      throw new IllegalArgumentException("no text under \"" + key + "\"");
    }
    return value.asString();
  }
}
