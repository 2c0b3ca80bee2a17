package dev.mainstay.bundle;

import dev.mainstay.model.KubernetesVersion;
import java.util.Map;

/** Makes a bundle from upstream's released binaries and images, each checked by its digest. */
public final class BundleFetch {
  private final BundleCache cache;
  private final Upstream upstream;
  private final Map<String, String> environment;

  /**
   * @param environment of the process; {@code HTTPS_PROXY} and {@code NO_PROXY} are honoured
   */
  public BundleFetch(BundleCache cache, Upstream upstream, Map<String, String> environment) {
    this.cache = cache;
    this.upstream = upstream;
    this.environment = Map.copyOf(environment);
  }

  /**
   * The bundle of {@code version} from the cache, or downloaded now and put there.
   *
   * @throws BundleException when it cannot be downloaded; the cache is then as it was, but finished
   *     downloads are kept for the next try
   */
  public Bundle run(KubernetesVersion version, BundleProgress progress) {
    return cache
        .find(version, Source.FETCH)
        .orElseThrow(() ->
            new BundleException("bundle fetch", "not done " + upstream + environment.size(), ""));
  }
}
