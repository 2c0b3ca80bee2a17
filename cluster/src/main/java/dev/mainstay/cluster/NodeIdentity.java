package dev.mainstay.cluster;

import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Which node of which cluster a host is: {@code /etc/mainstay/node.json}.
 *
 * @param clusterId made once at a cluster's first apply
 * @param cluster the cluster's name
 * @param node the node's short name
 * @param role {@code master} or {@code worker}
 * @param machineId of the machine that became the node; empty where that was not written down
 */
record NodeIdentity(String clusterId, String cluster, String node, String role, String machineId) {
  static final String PATH = "/etc/mainstay/node.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  HostFile file() {
    return new HostFile(
        PATH,
        "644",
        JSON.writeValueAsString(
                new java.util.TreeMap<>(
                    Map.of(
                        "clusterId",
                        clusterId,
                        "cluster",
                        cluster,
                        "node",
                        node,
                        "role",
                        role,
                        "machineId",
                        machineId)))
            + "\n");
  }

  /** The identity that {@code json} spells, or empty where it is torn. */
  static Optional<NodeIdentity> parse(String json) {
    try {
      JsonNode tree = JSON.readTree(json);
      NodeIdentity identity =
          new NodeIdentity(
              tree.path("clusterId").asString(""),
              tree.path("cluster").asString(""),
              tree.path("node").asString(""),
              tree.path("role").asString(""),
              tree.path("machineId").asString(""));
      return identity.clusterId().isEmpty() ? Optional.empty() : Optional.of(identity);
    } catch (JacksonException torn) {
      return Optional.empty();
    }
  }
}
