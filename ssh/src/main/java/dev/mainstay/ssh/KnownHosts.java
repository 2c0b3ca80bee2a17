package dev.mainstay.ssh;

import dev.mainstay.model.Address;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Mutable: the host keys pinned by node name, so that a host may change its address but not its
 * identity. One line a node, as in OpenSSH's known_hosts: {@code m1 ssh-ed25519 AAAA...}.
 */
public final class KnownHosts {
  private final Path file;
  private final Map<NodeName, Replacement> replacements;

  /**
   * A name that may get another machine.
   *
   * @param at where that one is
   * @param before the key of the old one
   */
  private record Replacement(Address at, Optional<String> before) {}

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
   * and that one's key.
   */
  public synchronized KnownHosts replacing(Map<NodeName, Address> names) {
    Map<NodeName, Replacement> fresh = new HashMap<>();
    names.forEach((name, at) -> fresh.put(name, new Replacement(at, pinned(name))));
    return new KnownHosts(file, fresh);
  }

  public Path file() {
    return file;
  }

  /**
   * The key that {@code node} must have at its address, as {@code TYPE BASE64}; empty where it may
   * have a new one.
   */
  public synchronized Optional<String> find(NodeSpec node) {
    Optional<String> pinned = pinned(node.name());
    Replacement replacement = replacements.get(node.name());
    if (replacement == null) {
      return pinned;
    }
    if (!replacement.at().equals(node.address())) {
      return replacement.before();
    }
    // the new machine was met already: nobody else may come after it
    return pinned.equals(replacement.before()) ? Optional.empty() : pinned;
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
