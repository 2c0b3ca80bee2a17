package dev.mainstay.bundle;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Downloads images by the OCI distribution protocol
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md). Only the tag is taken on
 * trust in the registry; from the list that it names, everything is checked by digest.
 */
final class Registry {
  private static final String LISTS =
      "application/vnd.oci.image.index.v1+json,"
          + "application/vnd.docker.distribution.manifest.list.v2+json";
  private static final String MANIFESTS =
      OciArchive.MANIFEST_TYPE + ",application/vnd.docker.distribution.manifest.v2+json";
  private static final String SHA256 = "sha256:";

  private final Downloads downloads;
  private final Upstream upstream;

  Registry(Downloads downloads, Upstream upstream) {
    this.downloads = downloads;
    this.upstream = upstream;
  }

  /**
   * Downloads the image for {@code arch} and writes it as an archive.
   *
   * @param name {@code registry.k8s.io/kube-proxy}
   * @param work for temporary files
   * @return the digest of the image's manifest
   */
  String download(String name, String tag, String arch, Path archive, Path work, Parts.Part part)
      throws IOException, InterruptedException {
    int slash = name.indexOf('/');
    URI base =
        URI.create(
            upstream.registry(name.substring(0, slash)) + "/v2/" + name.substring(slash + 1) + "/");
    URI tagged = base.resolve("manifests/" + tag);
    byte[] bytes =
        downloads.bytes(tagged, Map.of("Accept", LISTS + "," + MANIFESTS), "image " + name);
    JsonNode root = json(bytes, tagged);
    URI source = tagged;
    if (root.has("manifests")) {
      String digest = platform(root, arch, tagged);
      source = base.resolve("manifests/" + digest);
      bytes =
          downloads.bytes(source, Map.of("Accept", MANIFESTS), "image " + name + " for " + arch);
      String actual = SHA256 + Digests.of(bytes);
      if (!actual.equals(digest)) {
        throw new BundleException(
            source.toString(),
            "the manifest that came has the digest " + actual,
            "a proxy or mirror on the way changes files; check it");
      }
      root = json(bytes, source);
    }
    if (!root.path("config").isObject() || !root.path("layers").isArray()) {
      throw new BundleException(
          source.toString(),
          "it is not an image's manifest: " + root.path("mediaType").asString("no media type"),
          "check the mirror");
    }
    List<JsonNode> descriptors = new ArrayList<>();
    descriptors.add(root.path("config"));
    root.path("layers").forEach(descriptors::add);
    part.expect(descriptors.stream().mapToLong(each -> each.path("size").asLong(0)).sum());
    List<OciArchive.Blob> blobs = new ArrayList<>();
    for (JsonNode descriptor : descriptors) {
      String digest = digest(descriptor, source);
      Path file =
          downloads.file(
              base.resolve("blobs/" + SHA256 + digest),
              Checksum.sha256(digest),
              "a layer of image " + name,
              part);
      blobs.add(new OciArchive.Blob(descriptor.path("mediaType").asString(""), digest, file));
    }
    String digest = Digests.of(bytes);
    Path manifest = work.resolve("manifest-" + digest);
    Files.write(manifest, bytes);
    OciArchive.Blob top =
        new OciArchive.Blob(
            root.path("mediaType").asString(OciArchive.MANIFEST_TYPE), digest, manifest);
    blobs.add(top);
    OciArchive.write(archive, name, tag, arch, top, blobs);
    return SHA256 + digest;
  }

  private static String platform(JsonNode list, String arch, URI source) {
    for (JsonNode each : list.path("manifests")) {
      JsonNode platform = each.path("platform");
      if (platform.path("os").asString("").equals("linux")
          && platform.path("architecture").asString("").equals(arch)) {
        return SHA256 + digest(each, source);
      }
    }
    String others =
        StreamSupport.stream(list.path("manifests").spliterator(), false)
            .map(each -> each.path("platform"))
            .map(each ->
                each.path("os").asString("?") + "/" + each.path("architecture").asString("?"))
            .collect(Collectors.joining(", "));
    throw new BundleException(
        source.toString(), "the image is not there for linux/" + arch + ", only for " + others, "");
  }

  private static String digest(JsonNode descriptor, URI source) {
    String digest = descriptor.path("digest").asString("");
    if (!digest.matches(SHA256 + "[0-9a-f]{64}")) {
      throw new BundleException(
          source.toString(),
          "a digest in it cannot be read: \"" + digest + "\"",
          "check the mirror");
    }
    return digest.substring(SHA256.length());
  }

  private static JsonNode json(byte[] bytes, URI source) {
    try {
      return JsonMapper.shared().readTree(bytes);
    } catch (JacksonException e) {
      throw new BundleException.Unreachable(
          source.toString(),
          "the answer is not a registry's: it is no JSON",
          "a proxy's login page may stand between; check it in a browser",
          e);
    }
  }
}
