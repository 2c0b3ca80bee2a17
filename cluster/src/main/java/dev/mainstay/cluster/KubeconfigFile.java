package dev.mainstay.cluster;

import dev.mainstay.model.ClusterName;
import dev.mainstay.model.Failure;
import dev.mainstay.model.WholeFile;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Somebody's kubeconfig on disk. It is read and written under kubectl's own lock, {@code
 * FILE.lock}; written whole or not at all, with mode 600, at the end of links; and kept once as it
 * was before, in {@code FILE.before-mainstay}.
 */
public final class KubeconfigFile {
  /** Ours alone. */
  private static final String MODE = "rw-------";

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
          WholeFile.write(target, text.text(), MODE);
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
        return Files.createFile(
            lock, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(MODE)));
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
    WholeFile.write(copy(), read(target), MODE);
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
      WholeFile.write(file, text, MODE);
    } catch (IOException broken) {
      throw new Failure.Failed(
          "cannot write " + file + ": " + broken, "is there room, and is the folder yours?");
    }
  }

  private Failure cannot(String what, IOException broken) {
    return new Failure.Failed(
        "cannot %s %s: %s".formatted(what, file, broken), "name another file");
  }
}
