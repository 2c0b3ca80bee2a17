package dev.mainstay.bundle;

import dev.mainstay.model.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Mutable: a bundle that is being made, whichever way its files come. */
final class Making {
  private static final Set<Role> ALL = EnumSet.allOf(Role.class);

  private final Pins pins;
  private final Path directory;
  private final String arch;
  private final Path work;
  private final List<Artifact> artifacts = new ArrayList<>();

  Making(Pins pins, Path directory, String arch) throws IOException {
    this.pins = pins;
    this.directory = directory;
    this.arch = arch;
    this.work = Files.createDirectory(directory.resolve(".work"));
  }

  /** A directory for what does not stay. */
  Path work() {
    return work;
  }

  /** Where the bundle's file {@code path} is to be written; its folder is there. */
  Path file(String path) throws IOException {
    Path file = directory.resolve(path);
    Files.createDirectories(file.getParent());
    return file;
  }

  /** Takes up the binary, which has been written; {@code version} as upstream spells it. */
  void add(Contents.HostBinary binary, String version, String origin) throws IOException {
    Path file = file(binary.file());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    add(
        new Artifact(
            binary.name(),
            version,
            arch,
            Digests.of(file),
            Files.size(file),
            origin,
            Kind.BINARY,
            binary.file(),
            binary.destination() + "/" + binary.name(),
            binary.roles(),
            ""));
  }

  /** Takes up the image, which has been written. */
  void add(Contents.Image image, String origin) throws IOException {
    Path file = file(image.file());
    add(
        new Artifact(
            image.name(),
            image.tag(),
            arch,
            Digests.of(file),
            Files.size(file),
            origin,
            Kind.IMAGE,
            image.file(),
            "",
            image.roles(),
            ""));
  }

  private synchronized void add(Artifact artifact) {
    artifacts.add(artifact);
  }

  /**
   * Downloads the packages of each distribution, and takes up those that hosts may lack.
   *
   * @param more packages to download beside, of which nothing is taken up
   * @return by distribution
   */
  Map<String, DebianPackages.Downloaded> packages(
      DebianPackages debian, Parts parts, List<String> more)
      throws IOException, InterruptedException {
    Map<String, DebianPackages.Downloaded> all = new TreeMap<>();
    for (String distribution : DebianPackages.SUITES.keySet()) {
      all.put(
          distribution,
          parts.run(
              "packages of " + distribution,
              part -> {
                Path root = Files.createDirectories(work.resolve("apt").resolve(distribution));
                DebianPackages.Downloaded found = debian.download(distribution, more, root);
                for (String name : found.needed()) {
                  part.add(add(distribution, found.suite(), found.get(name)));
                }
                return found;
              }));
    }
    return all;
  }

  private long add(String distribution, String suite, DebianPackages.Deb found) throws IOException {
    String path = "packages/" + distribution + "/" + found.file().getFileName();
    Path file = file(path);
    Files.copy(found.file(), file);
    long size = Files.size(file);
    add(
        new Artifact(
            found.name(),
            found.version(),
            found.arch(),
            Digests.of(file),
            size,
            "Debian " + suite,
            Kind.PACKAGE,
            path,
            "",
            ALL,
            distribution));
    return size;
  }

  /** Removes what does not stay, and says what is there. */
  synchronized Manifest manifest(Source source) throws IOException {
    BundleCache.delete(work);
    return new Manifest(pins.kubernetes(), arch, source, pins.key(source), artifacts);
  }

  /** Tells that another process makes a bundle. */
  static Runnable waiting(BundleProgress progress) {
    return () ->
        progress.part(
            "waiting for another mainstay that makes a bundle",
            0,
            BundleProgress.UNKNOWN,
            Duration.ZERO);
  }

  /** Work that makes a bundle. */
  interface Work {
    Bundle run() throws IOException, InterruptedException;
  }

  /** Runs {@code work}, and turns failures of this machine into ones that a user can act on. */
  static Bundle guarded(String operation, BundleCache cache, Work work) {
    try {
      return work.run();
    } catch (InterruptedException | ClosedByInterruptException | FileLockInterruptionException e) {
      Thread.currentThread().interrupt();
      throw new BundleException(
          operation, "interrupted; no bundle was made", "run it again to go on", e);
    } catch (IOException | UncheckedIOException e) {
      String what = String.valueOf(e.getMessage());
      if (what.toLowerCase(Locale.ROOT).contains("no space left")) {
        throw new BundleException(
            cache.directory().toString(),
            "the disk is full: " + what,
            "free some space, or put the cache elsewhere: XDG_CACHE_HOME",
            e);
      }
      String reason =
          e instanceof FileSystemException ? what : e.getClass().getSimpleName() + ": " + what;
      throw new BundleException(operation, reason, "run it again; what was downloaded is kept", e);
    }
  }

  /** Refuses to start what cannot end: {@code directory}, or its nearest parent that is there. */
  static void requireSpace(Path directory, long bytes) throws IOException {
    Path there = directory.toAbsolutePath();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    long free = Files.getFileStore(there).getUsableSpace();
    if (free < bytes) {
      throw new BundleException(
          directory.toString(),
          "%.1f GB are free there, %.1f GB are needed".formatted(free / 1e9, bytes / 1e9),
          "free some space, or put the cache elsewhere: XDG_CACHE_HOME, and GOCACHE for Go's");
    }
  }

  /** Bytes of all files under {@code directory}. */
  static long size(Path directory) throws IOException {
    long sum = 0;
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        sum += Files.size(file);
      }
    }
    return sum;
  }
}
