package dev.mainstay.model;

import java.nio.file.Path;
import java.util.List;

/**
 * The cluster's own networks.
 *
 * @param manifests the user's own CNI manifests, applied in order, where the plugin is {@code NONE}
 */
public record NetworkSpec(Cidr pods, Cidr services, Plugin plugin, List<Path> manifests) {
  public static final Cidr DEFAULT_PODS = Cidr.parse("10.244.0.0/16").orElseThrow();
  public static final Cidr DEFAULT_SERVICES = Cidr.parse("10.96.0.0/12").orElseThrow();

  public NetworkSpec {
    manifests = List.copyOf(manifests);
  }

  /** What carries traffic between pods. */
  public enum Plugin {
    FLANNEL,
    NONE;

    public String word() {
      return this == FLANNEL ? "flannel" : "none";
    }
  }
}
