package dev.mainstay.bundle;

import dev.mainstay.model.KubernetesVersion;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Makes a bundle from upstream's released binaries and images, each checked by its digest, and
 * Debian's signed packages.
 */
public final class BundleFetch {
  private static final String ARCH = BundleBuild.ARCH;

  /** The downloads, the bundle, and an image's parts on their way into it. */
  private static final long SPACE = 3_000_000_000L;

  private final BundleCache cache;
  private final Upstream upstream;
  private final Network network;
  private final Packages packages;

  /** Where the Debian packages come from. */
  interface Packages {
    /** Refuses, before any download, a machine on which they cannot be had. */
    void check();

    /** Takes up the packages of each distribution. */
    void take(Making making, Parts parts) throws IOException, InterruptedException;
  }

  /**
   * @param environment of the process; {@code HTTPS_PROXY} and {@code NO_PROXY} are honoured, and
   *     {@code PATH} names apt
   */
  public BundleFetch(BundleCache cache, Upstream upstream, Map<String, String> environment) {
    this(cache, upstream, Network.of(environment), new Apt(environment));
  }

  BundleFetch(BundleCache cache, Upstream upstream, Network network, Packages packages) {
    this.cache = cache;
    this.upstream = upstream;
    this.network = network;
    this.packages = packages;
  }

  private record Apt(DebianPackages debian) implements Packages {
    Apt(Map<String, String> environment) {
      this(new DebianPackages(ARCH, environment));
    }

    @Override
    public void check() {
      debian.check();
    }

    @Override
    public void take(Making making, Parts parts) throws IOException, InterruptedException {
      making.packages(debian, parts, List.of());
    }
  }

  /**
   * The bundle of {@code version} from the cache, or downloaded now and put there. Waits while
   * another process makes a bundle.
   *
   * @throws BundleException when it cannot be downloaded, {@link BundleException.Unreachable} where
   *     upstream is why; the cache is then as it was, but what was downloaded is kept for the next
   *     try
   */
  public Bundle run(KubernetesVersion version, BundleProgress progress) {
    Pins pins = Pins.of(version);
    return Making.guarded(
        "bundle fetch",
        cache,
        () ->
            cache.findOrMake(
                pins,
                Source.FETCH,
                Making.waiting(progress),
                directory -> make(pins, directory, new Parts(progress))));
  }

  private Path kept() {
    return cache.directory().resolve(".downloads");
  }

  private Manifest make(Pins pins, Path directory, Parts parts)
      throws IOException, InterruptedException {
    packages.check();
    Making.requireSpace(cache.directory(), SPACE);
    Making making = new Making(pins, directory, ARCH);
    Releases releases = new Releases(upstream, pins, ARCH);
    try (Downloads downloads = new Downloads(network, Files.createDirectories(kept()));
        Aside<Boolean> debian =
            Aside.start(() -> {
              packages.take(making, parts);
              return true;
            })) {
      kubernetes(making, downloads, releases, pins, parts);
      for (Releases.Release release : releases.archives()) {
        debian.check();
        archive(release, making, downloads, pins, parts);
      }
      images(making, downloads, pins, parts);
      debian.result();
    }
    Manifest manifest = making.manifest(Source.FETCH);
    BundleCache.delete(kept());
    parts.finish();
    return manifest;
  }

  private void kubernetes(
      Making making, Downloads downloads, Releases releases, Pins pins, Parts parts)
      throws IOException, InterruptedException {
    for (Contents.HostBinary binary : Contents.binaries()) {
      if (!binary.component().equals("kubernetes")) {
        continue;
      }
      URI uri = releases.kubernetes(binary.name());
      Path file =
          parts.run(
              binary.name(),
              part ->
                  downloads.file(
                      uri,
                      Releases.checksum(downloads, uri, URI.create(uri + ".sha256")),
                      binary.name(),
                      part));
      Files.copy(file, making.file(binary.file()));
      making.add(binary, pins.kubernetes().tag(), uri.toString());
    }
  }

  private void archive(
      Releases.Release release, Making making, Downloads downloads, Pins pins, Parts parts)
      throws IOException, InterruptedException {
    Path file =
        parts.run(
            release.component() + " " + pins.release(release.component()),
            part ->
                downloads.file(
                    release.archive(),
                    Releases.checksum(downloads, release.archive(), release.checksum()),
                    release.component(),
                    part));
    Path folder = Files.createDirectories(making.work().resolve(release.component()));
    Releases.unpack(release, file, folder);
    for (Contents.HostBinary binary : Contents.binaries()) {
      if (binary.component().equals(release.component())) {
        Files.move(folder.resolve(binary.name()), making.file(binary.file()));
        making.add(binary, "v" + pins.release(release.component()), release.archive().toString());
      }
    }
  }

  private void images(Making making, Downloads downloads, Pins pins, Parts parts)
      throws IOException, InterruptedException {
    Registry registry = new Registry(downloads, upstream);
    for (Contents.Image image : Contents.images(pins)) {
      String digest =
          parts.run(
              "image " + image.reference(),
              part ->
                  registry.download(
                      image.name(),
                      image.tag(),
                      ARCH,
                      making.file(image.file()),
                      making.work(),
                      part));
      making.add(image, image.name() + "@" + digest);
    }
  }
}
