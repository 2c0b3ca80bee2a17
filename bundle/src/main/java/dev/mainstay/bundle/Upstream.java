package dev.mainstay.bundle;

import java.net.URI;
import java.util.Map;

/**
 * Where releases are downloaded from.
 *
 * @param kubernetes serves {@code /vX.Y.Z/bin/linux/ARCH/NAME} and {@code NAME.sha256}
 * @param releases serves {@code /OWNER/REPO/releases/download/TAG/FILE}
 * @param registries where an image registry is reached, by the name in the image's reference; one
 *     that is not in it is reached under its own name
 */
public record Upstream(URI kubernetes, URI releases, Map<String, URI> registries) {
  /** Upstream's own release locations. */
  public static final Upstream OFFICIAL =
      new Upstream(URI.create("https://dl.k8s.io"), URI.create("https://github.com"), Map.of());

  public Upstream {
    registries = Map.copyOf(registries);
  }

  /** Where the registry that a reference calls {@code name} is reached. */
  URI registry(String name) {
    URI mirror = registries.get(name);
    return mirror == null ? URI.create("https://" + name) : mirror;
  }
}
