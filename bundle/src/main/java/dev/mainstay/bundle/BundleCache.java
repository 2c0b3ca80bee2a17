package dev.mainstay.bundle;

import dev.mainstay.model.KubernetesVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The bundles of one user, one directory each, named by Kubernetes version, source and the key of
 * the pins: {@code v1.36.3-build-0123456789abcdef}. A directory under such a name is whole: it is
 * made under another name, under a lock that one process holds, written through to the disk and
 * then renamed.
 */
public final class BundleCache {
  private static final Pattern NAME =
      Pattern.compile("v(\\d+\\.\\d+\\.\\d+)-(build|fetch)-([0-9a-f]{16})");
  private static final String UNFINISHED = ".unfinished-";

  private final Path directory;

  /** A cache in {@code directory}, which need not exist yet. */
  public BundleCache(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  /** {@code mainstay/bundles} under {@code XDG_CACHE_HOME}, or else under {@code ~/.cache}. */
  public static BundleCache ofUser(Map<String, String> environment) {
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    // The XDG base directory specification: a relative path is to be ignored.
    Path base =
        cache.startsWith("/")
            ? Path.of(cache)
            : Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")), ".cache");
    return new BundleCache(base.resolve("mainstay").resolve("bundles"));
  }

  public Path directory() {
    return directory;
  }

  /**
   * The bundle of {@code version} made from the pins that this Mainstay has; of a built and a
   * fetched one, the one that was made last.
   */
  public Optional<Bundle> find(KubernetesVersion version) {
    return Stream.of(Source.values())
        .flatMap(source -> find(version, source).stream())
        .max(Comparator.comparingLong(BundleCache::made));
  }

  /** The bundle of {@code version} that came from {@code source} with the present pins. */
  public Optional<Bundle> find(KubernetesVersion version, Source source) {
    return Pins.find(version)
        .map(pins -> directory.resolve(name(pins, source)))
        .filter(path -> Files.isRegularFile(path.resolve(Bundle.MANIFEST)))
        .map(Bundle::open);
  }

  /** All bundles, also those of older pins, sorted by version and then by directory. */
  public List<Bundle> list() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(path -> NAME.matcher(path.getFileName().toString()).matches())
          .filter(path -> Files.isRegularFile(path.resolve(Bundle.MANIFEST)))
          .sorted(Comparator.comparing(BundleCache::version).thenComparing(Path::toString))
          .map(Bundle::open)
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw unusable(e);
    }
  }

  /** Fills an empty directory with a bundle's files. */
  interface Maker {
    Manifest make(Path empty) throws IOException, InterruptedException;
  }

  /**
   * The bundle of {@code pins} from {@code source}: the one that is there, or else the one that
   * {@code maker} makes. Waits while another process makes one; whatever a dead process left half
   * done is removed first.
   *
   * @param waiting told when another process has to be waited for
   */
  Bundle findOrMake(Pins pins, Source source, Runnable waiting, Maker maker)
      throws IOException, InterruptedException {
    // What is there can be used while another version is being made.
    Optional<Bundle> already = find(pins.kubernetes(), source);
    if (already.isPresent()) {
      return already.get();
    }
    Path path = directory.resolve(name(pins, source));
    Files.createDirectories(directory);
    try (FileChannel channel =
            FileChannel.open(
                directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lock(channel, waiting)) {
      if (!lock.isValid()) {
        throw new IOException("the lock of " + directory + " was lost");
      }
      // The process that was waited for may have made it.
      Optional<Bundle> there = find(pins.kubernetes(), source);
      if (there.isPresent()) {
        return there.get();
      }
      removeUnfinished();
      if (Files.exists(path)) {
        delete(path);
      }
      Path unfinished = Files.createDirectory(directory.resolve(UNFINISHED + path.getFileName()));
      boolean published = false;
      try {
        Manifest manifest = maker.make(unfinished);
        Files.write(unfinished.resolve(Bundle.MANIFEST), ManifestJson.write(manifest));
        sync(unfinished);
        Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
        published = true;
        syncOne(directory);
      } finally {
        if (!published) {
          delete(unfinished);
        }
      }
      return Bundle.open(path);
    }
  }

  private FileLock lock(FileChannel channel, Runnable waiting) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return lock;
      }
      waiting.run();
      return channel.lock();
    } catch (OverlappingFileLockException e) {
      throw new BundleException(
          directory.toString(),
          "this very process is already making a bundle there",
          "make one after the other",
          e);
    }
  }

  /** Under the lock nobody else makes a bundle, so each unfinished one is of a dead process. */
  private void removeUnfinished() throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry :
          entries.filter(path -> path.getFileName().toString().startsWith(UNFINISHED)).toList()) {
        delete(entry);
      }
    }
  }

  private static String name(Pins pins, Source source) {
    return pins.kubernetes().tag() + "-" + source.word() + "-" + pins.key(source);
  }

  private static KubernetesVersion version(Path path) {
    Matcher matcher = NAME.matcher(path.getFileName().toString());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(path.toString());
    }
    return KubernetesVersion.parse(matcher.group(1)).orElseThrow();
  }

  private static long made(Bundle bundle) {
    try {
      return Files.getLastModifiedTime(bundle.directory().resolve(Bundle.MANIFEST)).toMillis();
    } catch (IOException e) {
      return 0;
    }
  }

  private BundleException unusable(Exception cause) {
    return new BundleException(
        directory.toString(),
        "the cache of bundles cannot be read: " + cause.getMessage(),
        "",
        cause);
  }

  private static void sync(Path tree) throws IOException {
    try (Stream<Path> entries = Files.walk(tree)) {
      for (Path entry : entries.toList()) {
        syncOne(entry);
      }
    }
  }

  /** Files and, on Linux, directories can be opened for reading and forced. */
  private static void syncOne(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
