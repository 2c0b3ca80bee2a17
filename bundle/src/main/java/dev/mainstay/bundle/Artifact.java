package dev.mainstay.bundle;

import dev.mainstay.model.Role;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One file of a bundle.
 *
 * @param name {@code kubeadm}; of an image its repository, {@code registry.k8s.io/kube-proxy}; of a
 *     package its Debian name
 * @param version as upstream spells it: {@code v1.36.3}, an image's tag, a package's version
 * @param arch {@code amd64}; {@code all} for a package that fits each
 * @param sha256 64 lower-case hexadecimal digits
 * @param size bytes
 * @param origin where it came from, for people: a Go module and the compiler, a URL, a Debian suite
 * @param kind what it is
 * @param file its path relative to the bundle's directory, with {@code /} between names
 * @param destination its absolute path on a host; empty for images and packages
 * @param roles the nodes that need it; never empty
 * @param distribution {@code debian-12} for a package of that distribution; empty for what fits all
 */
public record Artifact(
    String name,
    String version,
    String arch,
    String sha256,
    long size,
    String origin,
    Kind kind,
    String file,
    String destination,
    Set<Role> roles,
    String distribution) {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public Artifact {
    if (!SHA256.matcher(sha256).matches()) {
      throw new IllegalArgumentException(name + ": not a sha256: " + sha256);
    }
    if (file.isEmpty() || file.startsWith("/") || ("/" + file + "/").contains("/../")) {
      throw new IllegalArgumentException(name + ": not a path inside the bundle: " + file);
    }
    if (!destination.isEmpty() && !destination.startsWith("/")) {
      throw new IllegalArgumentException(name + ": not an absolute path: " + destination);
    }
    if (roles.isEmpty()) {
      throw new IllegalArgumentException(name + ": no role needs it");
    }
    roles = Collections.unmodifiableSet(EnumSet.copyOf(roles));
  }

  /** Of an image, what a pod names: {@code registry.k8s.io/kube-proxy:v1.36.3}. */
  public String reference() {
    return name + ":" + version;
  }
}
