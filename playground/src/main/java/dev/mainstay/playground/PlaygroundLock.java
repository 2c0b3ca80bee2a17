package dev.mainstay.playground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One at a time per playground name on this machine, as bridges are named by it. A file that holds
 * the stamp of its owner, so that a dead owner's is known for what it is; file locks of the kernel
 * do not keep the threads of one process apart.
 */
final class PlaygroundLock implements AutoCloseable {
  /** Root's alone: in /run/lock anyone could put a lock that never ends, or a pipe to wait at. */
  private static final Path FOLDER = Path.of("/run/mainstay");

  /** A marker is there for less than a millisecond, unless its maker was killed right then. */
  private static final Duration MARKER = Duration.ofSeconds(10);

  private final Path file;

  private PlaygroundLock(Path file) {
    this.file = file;
  }

  /**
   * Takes the lock, waiting at most {@code patience} for another owner.
   *
   * @param what is worked on, for people
   */
  static PlaygroundLock take(String name, String what, Duration patience) {
    return take(FOLDER, name, what, patience);
  }

  static PlaygroundLock take(Path folder, String name, String what, Duration patience) {
    Path file = folder.resolve("mainstay-playground-" + name);
    if (!Await.until(patience, () -> attempt(file))) {
      throw new PlaygroundException.Busy(
          "process %s is at work on %s; wait until it is done (its lock: %s)"
              .formatted(owner(file).map(owner -> "" + owner.pid()).orElse("?"), what, file));
    }
    return new PlaygroundLock(file);
  }

  private static boolean attempt(Path file) {
    try {
      Files.createDirectories(
          Objects.requireNonNull(file.getParent()),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      // A link appears with its content in it, which a new file does not.
      Path stamp = Files.createTempFile(file.getParent(), file.getFileName() + "-", ".new");
      try {
        Files.writeString(stamp, ProcessStamp.ofThisProcess().toString());
        Files.createLink(file, stamp);
        return true;
      } catch (FileAlreadyExistsException taken) {
        owner(file).filter(owner -> !owner.isAlive()).ifPresent(dead -> breakLock(file, dead));
        return false;
      } finally {
        Files.delete(stamp);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Only who makes the marker for this dead owner may remove its lock, having looked again. */
  private static void breakLock(Path file, ProcessStamp dead) {
    Path marker = file.resolveSibling(file.getFileName() + "-dead-" + dead.pid());
    try {
      Files.createFile(marker);
      if (owner(file).filter(dead::equals).isPresent()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(marker);
    } catch (FileAlreadyExistsException another) {
      removeIfOld(marker);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The next attempt breaks the lock: by then, who also found this marker old has removed it. */
  private static void removeIfOld(Path marker) {
    try {
      Instant made = Files.getLastModifiedTime(marker).toInstant();
      if (made.isBefore(Instant.now().minus(MARKER))) {
        Files.deleteIfExists(marker);
      }
    } catch (NoSuchFileException done) {
      // its maker has removed it
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<ProcessStamp> owner(Path file) {
    try {
      return ProcessStamp.parse(Files.readString(file));
    } catch (NoSuchFileException released) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
