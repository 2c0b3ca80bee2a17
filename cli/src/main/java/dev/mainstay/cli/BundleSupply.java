package dev.mainstay.cli;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.bundle.BundleBuild;
import dev.mainstay.bundle.BundleCache;
import dev.mainstay.bundle.BundleException;
import dev.mainstay.bundle.BundleFetch;
import dev.mainstay.bundle.BundleProgress;
import dev.mainstay.bundle.Upstream;
import dev.mainstay.model.Failure;
import dev.mainstay.model.KubernetesVersion;
import java.io.PrintStream;
import java.util.Optional;

/** Gets the bundle that a command needs: from the cache, else upstream, else built from source. */
final class BundleSupply {
  private final Session session;
  private final BundleCache cache;
  private final Way fetch;
  private final Way build;

  /** One way to a bundle that the cache does not have. */
  interface Way {
    Bundle run(KubernetesVersion version, BundleProgress progress);
  }

  BundleSupply(Session session) {
    this.session = session;
    this.cache = BundleCache.ofUser(session.environment());
    this.fetch =
        (version, progress) ->
            new BundleFetch(cache, Upstream.OFFICIAL, session.environment()).run(version, progress);
    this.build =
        (version, progress) -> new BundleBuild(cache, session.environment()).run(version, progress);
  }

  BundleSupply(Session session, Way fetch, Way build) {
    this.session = session;
    this.cache = BundleCache.ofUser(session.environment());
    this.fetch = fetch;
    this.build = build;
  }

  BundleCache cache() {
    return cache;
  }

  /**
   * The bundle of {@code version}, fetched now if the cache has none.
   *
   * @throws Failure.Failed if it cannot be had
   */
  Bundle forApply(KubernetesVersion version) throws InterruptedException {
    Optional<Bundle> cached = cache.find(version);
    try {
      return cached.isPresent() ? cached.get() : fetch(version);
    } catch (BundleException.Unreachable unreachable) {
      throw new BundleException.Unreachable(
          unreachable.where(),
          unreachable.what(),
          unreachable.advice() + ". Or build it from source: mainstay bundle build");
    }
  }

  /**
   * As {@link #forApply}, but built from source where upstream cannot be reached. A fetch that
   * fails for another reason, such as a full disk or a wrong checksum, is no reason for a build of
   * 10 GB.
   */
  Bundle forPlayground(KubernetesVersion version) throws InterruptedException {
    Optional<Bundle> cached = cache.find(version);
    if (cached.isPresent()) {
      return cached.get();
    }
    try {
      return fetch(version);
    } catch (BundleException.Unreachable unreachable) {
      PrintStream err = session.terminal().err();
      err.println(unreachable.getMessage());
      err.println("upstream's releases cannot be had here; building the bundle from source");
      return build(version);
    }
  }

  Bundle fetch(KubernetesVersion version) throws InterruptedException {
    return fetch.run(version, new BundleTalk(session.terminal(), session.clock()));
  }

  Bundle build(KubernetesVersion version) throws InterruptedException {
    return build.run(version, new BundleTalk(session.terminal(), session.clock()));
  }
}
