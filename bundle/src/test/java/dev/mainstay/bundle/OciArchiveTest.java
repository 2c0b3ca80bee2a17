package dev.mainstay.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class OciArchiveTest {
  @TempDir private Path directory;
  private Path program;

  @BeforeEach
  void writeProgram() throws IOException {
    program = directory.resolve("program");
    Files.writeString(program, "a program");
  }

  private Path write(String file, Layer... layers) throws IOException {
    Path archive = directory.resolve(file);
    OciArchive.write(
        archive,
        "registry.k8s.io/coredns/coredns",
        "v1.14.2",
        "amd64",
        new OciArchive.Start(List.of("/coredns"), List.of("PATH=/bin"), "/"),
        List.of(layers),
        directory);
    return archive;
  }

  @Test
  void givesTheSameBytesForTheSameFiles() throws IOException {
    Path first = write("1.tar", new Layer().file("b", program, 0755).file("a/x", program, 0644));
    Files.setLastModifiedTime(program, FileTime.fromMillis(5_000_000));
    Path second = write("2.tar", new Layer().file("a/x", program, 0644).file("b", program, 0755));

    assertThat(second).hasSameBinaryContentAs(first);
  }

  @Test
  void namesTheImageForContainerd() throws IOException {
    JsonNode index = json(BundleFetchIT.entries(write("1.tar", new Layer())), "index.json");

    JsonNode annotations = index.path("manifests").path(0).path("annotations");
    assertThat(annotations.path("io.containerd.image.name").asString())
        .isEqualTo("registry.k8s.io/coredns/coredns:v1.14.2");
    assertThat(annotations.path("org.opencontainers.image.ref.name").asString())
        .isEqualTo("v1.14.2");
  }

  @Test
  void leadsFromTheIndexToEachLayerByDigest() throws IOException {
    Path archive =
        write(
            "1.tar",
            new Layer().file("coredns", program, 0755),
            new Layer().directory("tmp", 01777).link("bin/sh", "busybox"));
    Map<String, byte[]> entries = BundleFetchIT.entries(archive);

    assertThat(json(entries, "oci-layout").path("imageLayoutVersion").asString())
        .isEqualTo("1.0.0");
    JsonNode manifest = json(entries, blob(json(entries, "index.json").path("manifests").path(0)));
    JsonNode config = json(entries, blob(manifest.path("config")));
    assertThat(config.path("architecture").asString()).isEqualTo("amd64");
    assertThat(config.path("config").path("Entrypoint").path(0).asString()).isEqualTo("/coredns");
    assertThat(manifest.path("layers").size()).isEqualTo(2);
    for (int i = 0; i < 2; i++) {
      JsonNode layer = manifest.path("layers").path(i);
      byte[] content = entries.getOrDefault(blob(layer), new byte[0]);
      assertThat(layer.path("mediaType").asString()).isEqualTo(OciArchive.LAYER_TYPE);
      assertThat("sha256:" + Digests.of(content)).isEqualTo(layer.path("digest").asString());
      assertThat(layer.path("size").asInt()).isEqualTo(content.length);
      // Not compressed, so the layer is its own diff.
      assertThat(config.path("rootfs").path("diff_ids").path(i)).isEqualTo(layer.path("digest"));
    }
  }

  @Test
  void leavesNoTemporaryFiles() throws IOException {
    write("1.tar", new Layer().file("coredns", program, 0755));

    try (var files = Files.list(directory)) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void makesTheFoldersOfAFile() throws IOException {
    Path layer = directory.resolve("layer.tar");
    try (var out = Files.newOutputStream(layer)) {
      new Layer().file("usr/local/bin/etcd", program, 0755).write(out);
    }

    assertThat(BundleFetchIT.entries(layer))
        .containsOnlyKeys("usr/", "usr/local/", "usr/local/bin/", "usr/local/bin/etcd");
  }

  private static String blob(JsonNode descriptor) {
    return "blobs/" + descriptor.path("digest").asString().replace(':', '/');
  }

  private static JsonNode json(Map<String, byte[]> entries, String name) {
    byte[] bytes = entries.getOrDefault(name, "{}".getBytes(StandardCharsets.UTF_8));
    return JsonMapper.shared().readTree(bytes);
  }
}
