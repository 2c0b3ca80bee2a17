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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
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

  // what kubectl reads before it, whose entries count more, and after it
  private final List<Path> before;
  private final List<Path> after;

  /** A file that is the only one that kubectl reads. */
  public KubeconfigFile(Path file) {
    this(file, List.of());
  }

  private KubeconfigFile(Path file, List<Path> all) {
    this.file = whole(file);
    List<Path> others = all.stream().filter(other -> !isSame(this.file, other)).toList();
    int at = (int) all.stream().takeWhile(other -> !isSame(this.file, other)).count();
    boolean isRead = at < all.size();
    this.before = isRead ? others.subList(0, at) : List.of();
    this.after = isRead ? others.subList(at, others.size()) : List.of();
  }

  /** Whether both are one file, by links or not. */
  private static boolean isSame(Path one, Path other) {
    try {
      return one.equals(other) || Files.isSameFile(one, other);
    } catch (IOException missing) {
      return false;
    }
  }

  private static Path whole(Path file) {
    return file.toAbsolutePath().normalize();
  }

  /**
   * The file that kubectl puts new entries in: the first one of {@code KUBECONFIG} that is there,
   * or else the last one (client-go, tools/clientcmd, PathOptions.GetDefaultFilename); or kubectl's
   * own.
   */
  public static KubeconfigFile usual(Map<String, String> environment, Path home) {
    List<Path> all = all(environment);
    return all.isEmpty()
        ? new KubeconfigFile(home.resolve(".kube").resolve("config"))
        : new KubeconfigFile(
            all.stream().filter(Files::exists).findFirst().orElse(all.getLast()), all);
  }

  /** {@code file}, with what kubectl reads beside it where {@code KUBECONFIG} names it too. */
  public static KubeconfigFile named(Path file, Map<String, String> environment) {
    return new KubeconfigFile(file, all(environment));
  }

  private static List<Path> all(Map<String, String> environment) {
    return Stream.of(environment.getOrDefault("KUBECONFIG", "").split(":"))
        .filter(path -> !path.isBlank())
        .map(path -> whole(Path.of(path)))
        .distinct()
        .toList();
  }

  /** How a kubeconfig is merged. */
  public record Manner(boolean switchContext, boolean replace) {}

  /**
   * What became of a merge.
   *
   * @param changed whether the file was written; it is untouched otherwise
   * @param current kubectl's current context from now on
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
   * Looks whether the file can be merged into like that at all, before anybody is asked.
   *
   * @throws Failure.Refused with line and column, if it or what is read beside it is no kubeconfig;
   *     or if the wished context would not count, for an earlier file has one
   * @throws Failure.Failed if one cannot be read
   */
  public void check(Manner manner) {
    text();
    texts(after);
    refuseShadowed(texts(before), manner);
  }

  /**
   * The entries that are not ours or not of {@code cluster}, each with its place: {@code config:7:3
   * users minikube}. Empty where all are, or where there is no file.
   *
   * @throws Failure.Refused with line and column, if it is no kubeconfig
   * @throws Failure.Failed if it cannot be read
   */
  public List<String> foreign(ClusterName cluster) {
    return text().foreign(cluster);
  }

  /**
   * The entries of another cluster that has the name of that of {@code ours}, each with its place;
   * empty where there are none, or where there is no file.
   *
   * @throws Failure.Refused with line and column, if it is no kubeconfig
   * @throws Failure.Failed if it cannot be read
   */
  public List<String> ofNamesake(Kubeconfig ours) {
    return text().ofNamesake(ours);
  }

  /**
   * Puts the entries of {@code ours} in. The current context becomes ours only where no file that
   * kubectl reads has one, or where that is wished.
   *
   * @throws Failure.Refused if a name is taken by an entry that is not ours, also in another file
   *     that kubectl reads; or if the wished context would not count for an earlier file has one
   */
  public Merged merge(Kubeconfig ours, Manner manner) throws InterruptedException {
    List<KubeconfigText> earlier = texts(before);
    List<KubeconfigText> later = texts(after);
    refuseShadowed(earlier, manner);
    return change(text -> {
      forgetEnded(text);
      text.merge(ours, manner.replace(), earlier, later);
      List<KubeconfigText> all = new ArrayList<>(earlier);
      all.add(text);
      all.addAll(later);
      if (manner.switchContext() || current(all).isEmpty()) {
        text.switchTo(ours.currentContext());
      }
      return current(all);
    });
  }

  /** kubectl takes the first current context that it finds. */
  private static void refuseShadowed(List<KubeconfigText> earlier, Manner manner) {
    earlier.stream()
        .filter(text -> manner.switchContext() && !text.current().isEmpty())
        .findFirst()
        .ifPresent(text -> {
          throw new Failure.Refused(
              "--switch would change nothing: kubectl takes the current context, %s, from %s"
                  .formatted(text.current(), text.file()),
              "nothing was written. Leave --into or --switch out, or give KUBECONFIG another"
                  + " order");
        });
  }

  private static String current(List<KubeconfigText> all) {
    return all.stream()
        .map(KubeconfigText::current)
        .filter(current -> !current.isEmpty())
        .findFirst()
        .orElse("");
  }

  /**
   * Takes out {@code endpoints}, the kubeconfig of an endpoint of this process that was merged; a
   * file that is gone meanwhile stays so. The context that was current before is so again, unless
   * another one is meanwhile.
   */
  public Merged takeOut(Kubeconfig endpoints) throws InterruptedException {
    return takeOut(text -> text.takeOut(endpoints));
  }

  /** The same for all endpoints whose processes have ended without doing so themselves. */
  public Merged takeOutEnded() throws InterruptedException {
    return takeOut(KubeconfigFile::forgetEnded);
  }

  private Merged takeOut(Consumer<KubeconfigText> some) throws InterruptedException {
    if (!Files.exists(file)) {
      return new Merged(false, "", copy());
    }
    return change(text -> {
      some.accept(text);
      return text.current();
    });
  }

  private static void forgetEnded(KubeconfigText text) {
    text.takeOutEnded(
        process -> ProcessMark.parse(process).map(ProcessMark::hasEnded).orElse(false));
  }

  private KubeconfigText text() {
    try {
      return KubeconfigText.parse(file.toString(), read(target()));
    } catch (IOException broken) {
      throw cannot("read", broken);
    }
  }

  /** What {@code files} say, each on its own; those that are not there say nothing. */
  private static List<KubeconfigText> texts(List<Path> files) {
    return files.stream().map(other -> new KubeconfigFile(other).text()).toList();
  }

  /**
   * Changes the file.
   *
   * @param change says what the current context is afterwards
   */
  private Merged change(Function<KubeconfigText, String> change) throws InterruptedException {
    try {
      Files.createDirectories(file.resolveSibling("."));
      Path lock = lock();
      try {
        Path target = target();
        KubeconfigText text = KubeconfigText.parse(file.toString(), read(target));
        boolean isNew = !Files.exists(target);
        String current = change.apply(text);
        boolean changed = text.isChanged() || isNew;
        if (changed) {
          if (!isNew) {
            keep(target);
          }
          WholeFile.write(target, text.text(), MODE);
        }
        return new Merged(changed, current, copy());
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
