package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.Stdin;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Asks a master for the description that the cluster keeps of itself, for a control machine that
 * lost its files. Changes nothing.
 */
public final class RecallDescription {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SHORT = Duration.ofMinutes(1);
  private static final Pattern MANIFEST = Pattern.compile("network-([0-9]{1,3}\\.yaml)");
  private static final Set<String> KEYS = Set.of("node", "hosts", "description");

  private final RemoteSteps remote;

  public RecallDescription(Hosts hosts) {
    this.remote = new RemoteSteps(hosts);
  }

  /**
   * What a cluster says of itself.
   *
   * @param node the short name of the master that was asked
   * @param file the cluster file's text, without what belonged to the lost machine
   * @param manifests the network's own manifests, by their paths beside the file
   */
  public record Recalled(String cluster, String node, String file, Map<String, String> manifests) {}

  /**
   * Asks the master at {@code host}.
   *
   * @param host any name will do
   * @throws Failure.Failed if it is no master of a cluster of ours, its API does not answer, or its
   *     answer is torn
   */
  public Recalled recall(NodeSpec host) throws InterruptedException {
    Output output = remote.tryRun(host, "description", List.of(), Stdin.EMPTY, SHORT);
    Map<String, String> parts = parts(host, output);
    Optional<NodeIdentity> identity = NodeIdentity.parse(parts.getOrDefault("node", ""));
    if (identity.isEmpty()) {
      throw new Failure.Failed(
          host.address() + ": is not a node of a cluster that Mainstay made",
          "name the address of one of its masters");
    }
    if (!identity.get().role().equals("master")) {
      throw new Failure.Failed(
          "%s: is worker %s of %s, and only masters can tell"
              .formatted(host.address(), identity.get().node(), identity.get().cluster()),
          "its hosts file knows these nodes: "
              + new HostsFile(parts.getOrDefault("hosts", ""))
                  .addresses().entrySet().stream()
                      .map(entry -> entry.getKey() + " " + entry.getValue())
                      .collect(Collectors.joining(", ")));
    }
    JsonNode data = tree(parts.getOrDefault("description", "")).path("data");
    String file = tree(data.path("cluster.json").asString("")).path("file").asString("");
    if (file.isEmpty()) {
      throw new Failure.Failed(
          "%s: master %s of %s has no description to give: %s"
              .formatted(
                  host.address(),
                  identity.get().node(),
                  identity.get().cluster(),
                  output.tail(2).isEmpty() ? "its API has none" : output.tail(2)),
          "try another master. If etcd has lost its quorum, write the file by hand (mainstay init);"
              + " this node's hosts file knows: "
              + new HostsFile(parts.getOrDefault("hosts", "")).addresses());
    }
    Map<String, String> manifests = new LinkedHashMap<>();
    data.properties()
        .forEach(entry -> {
          // a path beside the file is made of it, and a host is not trusted with more
          Matcher name = MANIFEST.matcher(entry.getKey());
          if (name.matches()) {
            manifests.put("network/" + name.group(1), entry.getValue().asString(""));
          }
        });
    return new Recalled(identity.get().cluster(), identity.get().node(), file, manifests);
  }

  /** What {@code description.sh} printed, by its keys; other lines are nobody's. */
  private static Map<String, String> parts(NodeSpec host, Output output) {
    if (output.stdout().lines().noneMatch("end"::equals)) {
      throw new Failure.Failed(
          "%s: its answer broke off: %s"
              .formatted(
                  host.address(),
                  output.tail(2).isEmpty() ? "exit status " + output.exit() : output.tail(2)),
          "run the same command again, or name another master");
    }
    Map<String, String> parts = new HashMap<>();
    for (String line : output.stdout().lines().toList()) {
      String[] words = line.split(" ", 2);
      if (words.length == 2 && KEYS.contains(words[0])) {
        parts.put(words[0], decoded(host, words[0], words[1]));
      }
    }
    return parts;
  }

  private static String decoded(NodeSpec host, String key, String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException torn) {
      throw new Failure.Failed(
          "%s: what it says of its %s is no base64: %s".formatted(host.address(), key, base64),
          "run the same command again; does root's profile on that host print something?");
    }
  }

  private static JsonNode tree(String text) {
    try {
      return text.isBlank() ? JSON.createObjectNode() : JSON.readTree(text);
    } catch (JacksonException torn) {
      return JSON.createObjectNode();
    }
  }
}
