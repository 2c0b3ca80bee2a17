package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.SshSpec;
import dev.mainstay.model.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * How the nodes of a cluster are logged into, kept on the control machine: a node that is to leave
 * is not in the file any more, and still has to be reached once. One JSON object, logins by node
 * name.
 */
public final class KnownLogins {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final Path file;

  public KnownLogins(Path file) {
    this.file = file;
  }

  /** What is known; nothing where the file was lost or cannot be read, which harms nobody. */
  public Map<NodeName, SshSpec> all() {
    Map<NodeName, SshSpec> logins = new HashMap<>();
    read()
        .forEach((name, ssh) -> {
          if (NodeName.isValid(name)) {
            logins.put(new NodeName(name), ssh);
          }
        });
    return logins;
  }

  /**
   * Remembers those of {@code spec}'s nodes, and keeps those of others.
   *
   * @param without nodes whose machine is about to be another one: what is known is of the old one
   */
  public void remember(ClusterSpec spec, Set<NodeName> without) {
    Map<String, SshSpec> known = read();
    Map<String, SshSpec> now = new TreeMap<>(known);
    for (NodeSpec node : spec.nodes()) {
      if (!without.contains(node.name())) {
        // which key a host has, known_hosts remembers, and forgets at the right moment
        now.put(node.name().value(), node.ssh().ofAnotherHost());
      }
    }
    if (!now.equals(known)) {
      write(now);
    }
  }

  /** Forgets a node that has left. */
  public void forget(NodeName node) {
    Map<String, SshSpec> known = read();
    if (known.remove(node.value()) != null) {
      write(known);
    }
  }

  private Map<String, SshSpec> read() {
    try {
      return Files.exists(file)
          ? JSON.readValue(Files.readString(file), new TypeReference<TreeMap<String, SshSpec>>() {})
          : new TreeMap<>();
    } catch (JacksonException torn) {
      return new TreeMap<>();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private void write(Map<String, SshSpec> logins) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      WholeFile.write(file, JSON.writeValueAsString(logins), "rw-r--r--");
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
