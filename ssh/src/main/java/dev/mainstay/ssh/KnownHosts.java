package dev.mainstay.ssh;

import dev.mainstay.model.Address;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Mutable: the host keys pinned by node name, so that a host may change its address but not its
 * identity. One line a node, as in OpenSSH's known_hosts: {@code m1 ssh-ed25519 AAAA...}.
 */
public final class KnownHosts {
  // the lock of a file holds off other processes, not other threads
  private static final ReentrantLock CHANGING = new ReentrantLock();

  private final Path file;
  private final Map<NodeName, Replacement> replacements;

  /**
   * A name that may get another machine.
   *
   * @param at where that one is
   * @param before the keys of those that had the name, the last one last: a look at the new machine
   *     may have pinned its key already
   */
  private record Replacement(Address at, List<String> before) {}

  public KnownHosts(Path file) {
    this(file, Map.of());
  }

  private KnownHosts(Path file, Map<NodeName, Replacement> replacements) {
    this.file = file;
    this.replacements = Map.copyOf(replacements);
  }

  /**
   * The same keys, where each name may get another machine, at the address given: the machine there
   * is met as if for the first time, once. At any other address the name stands for its old machine
   * and has one of the keys that were pinned for the name so far.
   */
  public synchronized KnownHosts replacing(Map<NodeName, Address> names) {
    Map<NodeName, Replacement> fresh = new HashMap<>();
    names.forEach((name, at) -> fresh.put(name, new Replacement(at, all(name))));
    return new KnownHosts(file, fresh);
  }

  public Path file() {
    return file;
  }

  /**
   * The keys of which {@code node} must have one at its address, as {@code TYPE BASE64}; empty
   * where it may have a new one.
   */
  public synchronized List<String> find(NodeSpec node) {
    Replacement replacement = replacements.get(node.name());
    List<String> last = pinned(node.name()).stream().toList();
    if (replacement == null) {
      return last;
    }
    if (!replacement.at().equals(node.address())) {
      return replacement.before();
    }
    // the new machine was met already: nobody else may come after it
    return all(node.name()).equals(replacement.before()) ? List.of() : last;
  }

  /** The key pinned for {@code node} as {@code TYPE BASE64}, even if it may get a new one. */
  public synchronized Optional<String> pinned(NodeName node) {
    return all(node).stream().reduce((earlier, later) -> later);
  }

  private List<String> all(NodeName node) {
    return lines().stream()
        .filter(line -> line.startsWith(node + " "))
        .map(line -> line.substring(node.value().length() + 1).strip())
        .toList();
  }

  /** Pins {@code key}, a {@code TYPE BASE64}, for {@code node} from now on. */
  public void pin(NodeName node, String key) {
    // people edit this file: what they wrote stays as it is
    change(lines -> Stream.concat(lines.stream(), Stream.of(node + " " + key)).toList());
  }

  /** Forgets the key of {@code node}: its host was replaced or given back. */
  public void forget(NodeName node) {
    change(lines -> lines.stream().filter(line -> !line.startsWith(node + " ")).toList());
  }

  /** Writes the file anew and whole; other runs read it, and change it, at the same time. */
  private void change(UnaryOperator<List<String>> change) {
    CHANGING.lock();
    try {
      Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
      Files.createDirectories(target.getParent());
      try (FileChannel lock =
              FileChannel.open(
                  target.resolveSibling(target.getFileName() + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          var _ = lock.lock()) {
        List<String> before = lines();
        List<String> after = change.apply(before);
        if (after.equals(before)) {
          return;
        }
        WholeFile.write(
            target,
            after.stream().map(line -> line + "\n").collect(Collectors.joining()),
            "rw-r--r--");
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } finally {
      CHANGING.unlock();
    }
  }

  private List<String> lines() {
    try {
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
