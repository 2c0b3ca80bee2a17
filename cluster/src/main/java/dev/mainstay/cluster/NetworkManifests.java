package dev.mainstay.cluster;

import dev.mainstay.bundle.Artifact;
import dev.mainstay.bundle.Bundle;
import dev.mainstay.bundle.Kind;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NetworkSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The manifests of the network plugin that the file chooses. */
final class NetworkManifests {
  private NetworkManifests() {}

  /**
   * YAML texts in the order in which they are applied; empty for plugin {@code none} with no
   * manifests.
   *
   * @throws Failure.InvalidFile if one of the user's own cannot be read
   */
  static List<String> of(ClusterSpec spec, Bundle bundle) {
    if (spec.network().plugin() == NetworkSpec.Plugin.FLANNEL) {
      return List.of(
          flannel()
              .replace("@PODS@", spec.network().pods().toString())
              .replace("@ENDPOINT_NAME@", spec.domain().endpointName())
              .replace("@ENDPOINT_PORT@", String.valueOf(ClusterSpec.ENDPOINT_PORT))
              .replace("@IMAGE@", flannelImage(bundle)));
    }
    List<String> manifests = new ArrayList<>();
    for (Path file : spec.network().manifests()) {
      try {
        manifests.add(Files.readString(file));
      } catch (IOException unreadable) {
        throw new Failure.InvalidFile(
            "network.manifests: cannot read " + file + ": " + unreadable.getMessage(),
            "name files that exist; paths are relative to the cluster file");
      }
    }
    return manifests;
  }

  private static String flannelImage(Bundle bundle) {
    return bundle.manifest().artifacts().stream()
        .filter(artifact -> artifact.kind() == Kind.IMAGE && artifact.name().endsWith("/flannel"))
        .map(Artifact::reference)
        .findFirst()
        .orElseThrow(() ->
            new Failure.Failed(
                "the bundle in " + bundle.directory() + " has no flannel image",
                "make it anew: mainstay bundle build"));
  }

  private static String flannel() {
    try (InputStream in = NetworkManifests.class.getResourceAsStream("flannel.yaml")) {
      if (in == null) {
        throw new IllegalStateException("flannel.yaml is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
