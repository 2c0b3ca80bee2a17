package dev.mainstay.cluster;

import dev.mainstay.model.ClusterName;
import dev.mainstay.model.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Somebody's kubeconfig on disk. It is read and written under kubectl's own lock, {@code
 * FILE.lock}; written whole or not at all, with mode 600, at the end of links; and kept once as it
 * was before, in {@code FILE.before-mainstay}.
 */
public final class KubeconfigFile {
  private static final FileAttribute<Set<PosixFilePermission>> OURS_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final int MOST_LINKS = 40;
  private static final Duration LOCKED = Duration.ofSeconds(5);

  private final Path file;

  public KubeconfigFile(Path file) {
    this.file = file.toAbsolutePath().normalize();
  }

  /** The file that kubectl writes: the first one that {@code KUBECONFIG} names, or else its own. */
  public static Path usual(Map<String, String> environment, Path home) {
    return Stream.of(environment.getOrDefault("KUBECONFIG", "").split(":"))
        .filter(path -> !path.isBlank())
        .map(Path::of)
        .findFirst()
        .orElse(home.resolve(".kube").resolve("config"));
  }

  /** How a kubeconfig is merged. */
  public record Manner(boolean switchContext, boolean replace) {}

  /**
   * What became of a merge.
   *
   * @param changed whether the file was written; it is untouched otherwise
   * @param current the current context from now on
   */
  public record Merged(boolean changed, String current, Path copy) {}

  public Path path() {
    return file;
  }

  /** Where the file is kept as it was before the first change. */
  public Path copy() {
    return file.resolveSibling(file.getFileName() + ".before-mainstay");
  }

  /**
   * Looks whether the file can be merged into at all, before anybody is asked.
   *
   * @throws Failure.Refused with line and column, if it is no kubeconfig
   * @throws Failure.Failed if it cannot be read
   */
  public void check() {
    try {
      KubeconfigText.parse(file.toString(), read(target()));
    } catch (IOException broken) {
      throw cannot("read", broken);
    }
  }

  /**
   * The entries that are not ours or not of {@code cluster}, each with its place: {@code config:7:3
   * users minikube}. Empty where all are, or where there is no file.
   *
   * @throws Failure.Refused with line and column, if it is no kubeconfig
   * @throws Failure.Failed if it cannot be read
   */
  public List<String> foreign(ClusterName cluster) {
    try {
      return KubeconfigText.parse(file.toString(), read(target())).foreign(cluster);
    } catch (IOException broken) {
      throw cannot("read", broken);
    }
  }

  /**
   * Puts the entries of {@code ours} in. The current context becomes ours only where there is none,
   * or where that is wished.
   *
   * @throws Failure.Refused if a name is taken by an entry that is not ours
   */
  public Merged merge(Kubeconfig ours, Manner manner) throws InterruptedException {
    return change(text -> {
      text.takeOutEnded(
          process -> ProcessMark.parse(process).map(ProcessMark::hasEnded).orElse(false));
      text.merge(ours, manner.replace());
      if (manner.switchContext() || text.current().isEmpty()) {
        text.setCurrent(ours.currentContext());
      }
    });
  }

  /**
   * Takes out {@code endpoints}, the kubeconfig of an endpoint of this process that was merged; a
   * file that is gone meanwhile stays so.
   *
   * @param before the context that is current again, if it was the endpoint's
   */
  public Merged takeOut(Kubeconfig endpoints, String before) throws InterruptedException {
    if (!Files.exists(file)) {
      return new Merged(false, "", copy());
    }
    return change(text -> {
      String current = text.current();
      text.takeOut(endpoints);
      if (!current.equals(text.current()) && text.hasContext(before)) {
        text.setCurrent(before);
      }
    });
  }

  /** The current context as it is; empty where there is none, or no file. */
  public String current() {
    try {
      return KubeconfigText.parse(file.toString(), read(target())).current();
    } catch (IOException broken) {
      throw cannot("read", broken);
    }
  }

  private Merged change(Consumer<KubeconfigText> change) throws InterruptedException {
    try {
      Files.createDirectories(file.resolveSibling("."));
      Path lock = lock();
      try {
        Path target = target();
        KubeconfigText text = KubeconfigText.parse(file.toString(), read(target));
        boolean isNew = !Files.exists(target);
        change.accept(text);
        boolean changed = text.isChanged() || isNew;
        if (changed) {
          if (!isNew) {
            keep(target);
          }
          write(target, text.text());
        }
        return new Merged(changed, text.current(), copy());
      } finally {
        Files.delete(lock);
      }
    } catch (IOException broken) {
      throw cannot("write", broken);
    }
  }

  /** kubectl's lock is a file that must not be there yet (client-go, tools/clientcmd). */
  private Path lock() throws IOException, InterruptedException {
    Path lock = file.resolveSibling(file.getFileName() + ".lock");
    long deadline = System.nanoTime() + LOCKED.toNanos();
    while (true) {
      try {
        return Files.createFile(lock, OURS_ALONE);
      } catch (FileAlreadyExistsException held) {
        if (System.nanoTime() > deadline) {
          throw new Failure.Failed(
              "another program has been writing %s for %d s: %s is there"
                  .formatted(file, LOCKED.toSeconds(), lock),
              "if there is none, remove that file");
        }
        Thread.sleep(Duration.ofMillis(20));
      }
    }
  }

  /** The file at the end of links, which need not be there. */
  private Path target() throws IOException {
    Path target = file;
    for (int links = 0; Files.isSymbolicLink(target); links++) {
      if (links == MOST_LINKS) {
        throw new IOException("its links lead nowhere");
      }
      target = target.resolveSibling(Files.readSymbolicLink(target));
    }
    return target;
  }

  private static String read(Path target) throws IOException {
    try {
      return Files.readString(target);
    } catch (NoSuchFileException none) {
      return "";
    } catch (CharacterCodingException binary) {
      throw new Failure.Refused(
          target + " is no kubeconfig: it is not text in UTF-8",
          "the file is left as it is; name another one");
    }
  }

  private void keep(Path target) throws IOException {
    if (Files.exists(copy(), LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Path fresh = Files.createTempFile(copy().resolveSibling("."), ".kubeconfig", "", OURS_ALONE);
    Files.write(fresh, Files.readAllBytes(target));
    Files.move(fresh, copy(), StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Writes a file of ours alone: whole or not at all, with mode 600, into a folder that is made
   * where there is none.
   *
   * @throws Failure.Failed if it cannot be written
   */
  public static void lay(Path file, String text) {
    try {
      Files.createDirectories(file.toAbsolutePath().resolveSibling("."));
      write(file.toAbsolutePath(), text);
    } catch (IOException broken) {
      throw new Failure.Failed(
          "cannot write " + file + ": " + broken, "is there room, and is the folder yours?");
    }
  }

  private static void write(Path target, String text) throws IOException {
    Path fresh = Files.createTempFile(target.resolveSibling("."), ".kubeconfig", "", OURS_ALONE);
    try {
      try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      if (Files.exists(target)) {
        UserPrincipal owner = Files.getOwner(target);
        if (!owner.equals(Files.getOwner(fresh))) {
          Files.setOwner(fresh, owner); // root writes somebody's file: it stays theirs
        }
      }
      Files.move(
          fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private Failure cannot(String what, IOException broken) {
    return new Failure.Failed(
        "cannot %s %s: %s".formatted(what, file, broken), "name another file");
  }
}
