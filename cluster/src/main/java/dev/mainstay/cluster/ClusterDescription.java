package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * The copy of the description that the cluster itself keeps, in ConfigMap kube-system/mainstay, so
 * that a lost control machine is harmless.
 *
 * @param networkManifests what carries the pods' traffic, as YAML texts
 */
record ClusterDescription(ClusterSpec spec, List<String> networkManifests) {
  private static final ObjectMapper JSON = new ObjectMapper();

  ClusterDescription {
    networkManifests = List.copyOf(networkManifests);
  }

  private String networkDigest() {
    return HostFile.sha256(String.join("\n---\n", networkManifests));
  }

  private Map<String, Object> document(String clusterId) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("clusterId", clusterId);
    document.put("name", spec.name().value());
    document.put("domain", spec.domain().value());
    document.put("kubernetes", spec.kubernetes().toString());
    List<Map<String, Object>> nodes = new ArrayList<>();
    for (NodeSpec node : spec.nodes()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", node.name().value());
      one.put("role", node.role().word());
      one.put("address", node.address().value());
      one.put("sshUser", node.ssh().user());
      one.put("sshPort", node.ssh().port());
      nodes.add(one);
    }
    document.put("nodes", nodes);
    Map<String, Object> network = new LinkedHashMap<>();
    network.put("pods", spec.network().pods().toString());
    network.put("services", spec.network().services().toString());
    network.put("plugin", spec.network().plugin().word());
    network.put("manifests", networkDigest());
    document.put("network", network);
    return document;
  }

  /** Whether {@code stored}, the ConfigMap's content, is this description. */
  boolean isStoredIn(String stored, String clusterId) {
    return tree(stored).equals(JSON.valueToTree(document(clusterId)));
  }

  /** Whether {@code stored} says that these very manifests were applied. */
  boolean hasNetworkOf(String stored) {
    return tree(stored).path("network").path("manifests").asString("").equals(networkDigest());
  }

  /** The ConfigMap as a manifest; JSON is YAML. */
  String manifest(String clusterId) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("name", "mainstay");
    metadata.put("namespace", "kube-system");
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("apiVersion", "v1");
    map.put("kind", "ConfigMap");
    map.put("metadata", metadata);
    map.put("data", Map.of("cluster.json", JSON.writeValueAsString(document(clusterId))));
    return JSON.writeValueAsString(map);
  }

  private static JsonNode tree(String text) {
    try {
      return text.isBlank() ? JSON.createObjectNode() : JSON.readTree(text);
    } catch (JacksonException torn) {
      return JSON.createObjectNode();
    }
  }
}
