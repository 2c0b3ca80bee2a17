package dev.mainstay.bundle;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes an image as an OCI image layout in a tar archive
 * (https://github.com/opencontainers/image-spec/blob/main/image-layout.md), with the annotation
 * from which {@code ctr images import} takes the whole name. Deterministic.
 */
final class OciArchive {
  static final String MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
  static final String CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
  static final String LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

  private static final String INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
  private static final String NEVER = "1970-01-01T00:00:00Z";
  private static final JsonMapper JSON = JsonMapper.shared();

  private OciArchive() {}

  /**
   * How an image's program starts when the pod does not say otherwise.
   *
   * @param entrypoint the program and its first arguments
   * @param environment {@code NAME=VALUE}
   * @param directory the working directory
   */
  record Start(List<String> entrypoint, List<String> environment, String directory) {}

  /**
   * A blob of an image.
   *
   * @param type its media type
   * @param digest without {@code sha256:}
   */
  record Blob(String type, String digest, Path file) {
    private long size() throws IOException {
      return Files.size(file);
    }

    private ObjectNode descriptor() throws IOException {
      ObjectNode node = JSON.createObjectNode();
      node.put("mediaType", type);
      node.put("digest", "sha256:" + digest);
      node.put("size", size());
      return node;
    }
  }

  /**
   * Writes the image {@code name:tag} of {@code layers}, lowest first, to {@code archive}.
   *
   * @param work for temporary files
   */
  static void write(
      Path archive,
      String name,
      String tag,
      String arch,
      Start start,
      List<Layer> layers,
      Path work)
      throws IOException {
    Path scratch = Files.createTempDirectory(work, "image");
    List<Blob> blobs = new ArrayList<>();
    for (Layer layer : layers) {
      Path file = scratch.resolve("layer" + blobs.size());
      MessageDigest digest = Digests.sha256();
      try (OutputStream out =
          new DigestOutputStream(new BufferedOutputStream(Files.newOutputStream(file)), digest)) {
        layer.write(out);
      }
      blobs.add(new Blob(LAYER_TYPE, Digests.hex(digest), file));
    }
    Blob config = blob(CONFIG_TYPE, config(arch, start, blobs), scratch.resolve("config"));
    Blob manifest = blob(MANIFEST_TYPE, manifest(config, blobs), scratch.resolve("manifest"));
    List<Blob> all = new ArrayList<>(List.of(manifest, config));
    all.addAll(blobs);
    write(archive, name, tag, arch, manifest, all);
    BundleCache.delete(scratch);
  }

  /**
   * Writes an image whose blobs are there.
   *
   * @param manifest the image's manifest, one of {@code blobs}
   */
  static void write(
      Path archive, String name, String tag, String arch, Blob manifest, List<Blob> blobs)
      throws IOException {
    // Two layers of an image may be the same; in an archive each blob is once.
    Map<String, Blob> unique = new TreeMap<>();
    blobs.forEach(blob -> unique.put(blob.digest(), blob));
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(
            new BufferedOutputStream(Files.newOutputStream(archive)),
            StandardCharsets.UTF_8.name())) {
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      put(tar, "oci-layout", json(JSON.createObjectNode().put("imageLayoutVersion", "1.0.0")));
      put(tar, "index.json", json(index(name, tag, arch, manifest)));
      directory(tar, "blobs/");
      directory(tar, "blobs/sha256/");
      for (Blob blob : unique.values()) {
        TarArchiveEntry entry =
            Layer.entry("blobs/sha256/" + blob.digest(), TarConstants.LF_NORMAL, 0644);
        entry.setSize(blob.size());
        tar.putArchiveEntry(entry);
        try (InputStream in = Files.newInputStream(blob.file())) {
          in.transferTo(tar);
        }
        tar.closeArchiveEntry();
      }
    }
  }

  private static ObjectNode index(String name, String tag, String arch, Blob manifest)
      throws IOException {
    ObjectNode index = JSON.createObjectNode();
    index.put("schemaVersion", 2);
    index.put("mediaType", INDEX_TYPE);
    ObjectNode descriptor = manifest.descriptor();
    index.putArray("manifests").add(descriptor);
    ObjectNode annotations = descriptor.putObject("annotations");
    annotations.put("io.containerd.image.name", name + ":" + tag);
    annotations.put("org.opencontainers.image.ref.name", tag);
    descriptor.putObject("platform").put("architecture", arch).put("os", "linux");
    return index;
  }

  private static ObjectNode manifest(Blob config, List<Blob> layers) throws IOException {
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("schemaVersion", 2);
    manifest.put("mediaType", MANIFEST_TYPE);
    manifest.set("config", config.descriptor());
    ArrayNode list = manifest.putArray("layers");
    for (Blob layer : layers) {
      list.add(layer.descriptor());
    }
    return manifest;
  }

  private static ObjectNode config(String arch, Start start, List<Blob> layers) {
    ObjectNode image = JSON.createObjectNode();
    image.put("created", NEVER);
    image.put("architecture", arch);
    image.put("os", "linux");
    ObjectNode config = image.putObject("config");
    start.environment().forEach(config.putArray("Env")::add);
    start.entrypoint().forEach(config.putArray("Entrypoint")::add);
    config.put("WorkingDir", start.directory());
    ObjectNode root = image.putObject("rootfs");
    root.put("type", "layers");
    ArrayNode ids = root.putArray("diff_ids");
    // A layer that is not compressed is its own diff.
    layers.forEach(layer -> ids.add("sha256:" + layer.digest()));
    ArrayNode history = image.putArray("history");
    layers.forEach(
        layer -> history.addObject().put("created", NEVER).put("created_by", "mainstay"));
    return image;
  }

  private static Blob blob(String type, ObjectNode content, Path file) throws IOException {
    byte[] bytes = json(content);
    Files.write(file, bytes);
    return new Blob(type, Digests.of(bytes), file);
  }

  private static byte[] json(ObjectNode node) {
    return JSON.writeValueAsBytes(node);
  }

  private static void put(TarArchiveOutputStream tar, String path, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = Layer.entry(path, TarConstants.LF_NORMAL, 0644);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private static void directory(TarArchiveOutputStream tar, String path) throws IOException {
    tar.putArchiveEntry(Layer.entry(path, TarConstants.LF_DIR, 0755));
    tar.closeArchiveEntry();
  }
}
