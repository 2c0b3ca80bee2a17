package dev.mainstay.ssh;

import dev.mainstay.model.NodeName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Mutable: the host keys pinned by node name, so that a host may change its address but not its
 * identity. One line a node, as in OpenSSH's known_hosts: {@code m1 ssh-ed25519 AAAA...}.
 */
public final class KnownHosts {
  private final Path file;
  private final Set<NodeName> replaced;

  public KnownHosts(Path file) {
    this(file, Set.of());
  }

  private KnownHosts(Path file, Set<NodeName> replaced) {
    this.file = file;
    this.replaced = Set.copyOf(replaced);
  }

  /**
   * The same keys, where each of {@code names} may get another machine: the pinned key still
   * counts, and a new one is met as if for the first time.
   */
  public KnownHosts replacing(Set<NodeName> names) {
    return new KnownHosts(file, names);
  }

  public Path file() {
    return file;
  }

  /**
   * The key that {@code node} must have, as {@code TYPE BASE64}; empty where it may have a new one.
   */
  public synchronized Optional<String> find(NodeName node) {
    return replaced.contains(node) ? Optional.empty() : pinned(node);
  }

  /** The key pinned for {@code node} as {@code TYPE BASE64}, even if it may get a new one. */
  public synchronized Optional<String> pinned(NodeName node) {
    return lines().stream()
        .filter(line -> line.startsWith(node + " "))
        .map(line -> line.substring(node.value().length() + 1).strip())
        .reduce((earlier, later) -> later);
  }

  /** Pins {@code key}, a {@code TYPE BASE64}, for {@code node} from now on. */
  public synchronized void pin(NodeName node, String key) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      // people edit this file, and not every editor ends the last line
      String text = Files.exists(file) ? Files.readString(file) : "";
      String before = text.isEmpty() || text.endsWith("\n") ? "" : "\n";
      Files.writeString(
          file,
          before + node + " " + key + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Forgets the key of {@code node}: its host was replaced or given back. */
  public synchronized void forget(NodeName node) {
    List<String> kept = lines().stream().filter(line -> !line.startsWith(node + " ")).toList();
    try {
      if (Files.exists(file)) {
        Files.write(file, kept);
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
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
