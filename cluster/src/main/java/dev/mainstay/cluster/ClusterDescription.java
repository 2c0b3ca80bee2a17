package dev.mainstay.cluster;

import dev.mainstay.model.Address;
import dev.mainstay.model.ClusterFile;
import dev.mainstay.model.ClusterFileText;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.ComponentSettings;
import dev.mainstay.model.NetworkSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  // a ConfigMap holds 1 MiB
  private static final int MANIFEST_BYTES = 800_000;

  ClusterDescription {
    networkManifests = List.copyOf(networkManifests);
  }

  private String networkDigest() {
    return HostFile.sha256(String.join("\n---\n", networkManifests));
  }

  private Map<String, Object> document(String clusterId) {
    Map<String, String> network = new LinkedHashMap<>(madeNetwork());
    network.put("manifests", networkDigest());
    return document(clusterId, spec.nodes(), network);
  }

  private Map<String, Object> document(
      String clusterId, List<NodeSpec> members, Map<String, String> network) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("clusterId", clusterId);
    document.put("name", spec.name().value());
    document.put("domain", spec.domain().value());
    document.put("kubernetes", spec.kubernetes().toString());
    List<Map<String, Object>> nodes = new ArrayList<>();
    for (NodeSpec node : members) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", node.name().value());
      one.put("role", node.role().word());
      one.put("address", node.address().value());
      one.put("sshUser", node.ssh().user());
      one.put("sshPort", node.ssh().port());
      nodes.add(one);
    }
    document.put("nodes", nodes);
    document.put("network", network);
    document.put("file", ClusterFileText.of(spec));
    return document;
  }

  /** What of the network counts only when a cluster is made. */
  private Map<String, String> madeNetwork() {
    Map<String, String> network = new LinkedHashMap<>();
    network.put("pods", spec.network().pods().toString());
    network.put("services", spec.network().services().toString());
    network.put("plugin", spec.network().plugin().word());
    return network;
  }

  /** The user's own manifests of the network, by the names that the file's text gives them. */
  private Map<String, String> ownManifests() {
    Map<String, String> own = new LinkedHashMap<>();
    if (spec.network().plugin() == NetworkSpec.Plugin.NONE) {
      List<String> names = ClusterFileText.manifestNames(networkManifests.size());
      int bytes = networkManifests.stream().mapToInt(String::length).sum();
      for (int i = 0; i < names.size() && bytes <= MANIFEST_BYTES; i++) {
        // a ConfigMap's keys have no slashes
        own.put(names.get(i).replace('/', '-'), networkManifests.get(i));
      }
    }
    return own;
  }

  /** Whether {@code stored}, the ConfigMap's content, is this description. */
  boolean isStoredIn(String stored, String clusterId) {
    return tree(stored).equals(JSON.valueToTree(document(clusterId)));
  }

  /**
   * What {@code stored}, the ConfigMap's content, has otherwise of that which counts only when a
   * cluster is made, a phrase each. Nothing where it is torn.
   */
  List<String> madeOtherwise(String stored) {
    List<String> differences = new ArrayList<>();
    JsonNode description = tree(stored);
    madeNetwork()
        .forEach((key, here) -> {
          String there = description.path("network").path(key).asString("");
          if (!there.isEmpty() && !there.equals(here)) {
            differences.add("network.%s: %s instead of %s".formatted(key, here, there));
          }
        });
    String file = description.path("file").asString("");
    ClusterFile.decode(file, Path.of("stored"), Path.of("/"))
        .spec()
        .map(ClusterSpec::settings)
        .ifPresent(there -> {
          ComponentSettings ours = spec.settings();
          if (!there.kubelet().equals(ours.kubelet())) {
            differences.add("kubelet: %s instead of %s".formatted(ours.kubelet(), there.kubelet()));
          }
          if (!there.apiServer().equals(ours.apiServer())) {
            differences.add(
                "apiServer: %s instead of %s".formatted(ours.apiServer(), there.apiServer()));
          }
        });
    return differences;
  }

  /** Whether {@code stored} says that these very manifests were applied. */
  boolean hasNetworkOf(String stored) {
    return tree(stored).path("network").path("manifests").asString("").equals(networkDigest());
  }

  /**
   * The nodes that {@code stored}, the ConfigMap's content, names; empty where it is torn.
   *
   * @param ssh the rest of how their hosts are reached
   */
  static List<NodeSpec> nodesIn(String stored, SshSpec ssh) {
    List<NodeSpec> nodes = new ArrayList<>();
    for (JsonNode one : tree(stored).path("nodes")) {
      String name = one.path("name").asString("");
      Optional<Address> address = Address.parse(one.path("address").asString(""));
      if (NodeName.isValid(name) && address.isPresent()) {
        nodes.add(
            new NodeSpec(
                new NodeName(name),
                one.path("role").asString("").equals(Role.MASTER.word())
                    ? Role.MASTER
                    : Role.WORKER,
                address.get(),
                new SshSpec(
                    one.path("sshUser").asString(ssh.user()),
                    ssh.key(),
                    one.path("sshPort").asInt(ssh.port()),
                    ssh.jump(),
                    Optional.empty())));
      }
    }
    return nodes;
  }

  /** The ConfigMap as a manifest; JSON is YAML. */
  String manifest(String clusterId) {
    return manifest(document(clusterId));
  }

  /**
   * The same of a cluster that so far is its first master alone and has no network yet: with what
   * counts only when a cluster is made, so that no later file says otherwise.
   */
  String foundingManifest(String clusterId, NodeSpec founder) {
    return manifest(document(clusterId, List.of(founder), madeNetwork()));
  }

  private String manifest(Map<String, Object> document) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("name", "mainstay");
    metadata.put("namespace", "kube-system");
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("apiVersion", "v1");
    map.put("kind", "ConfigMap");
    map.put("metadata", metadata);
    Map<String, String> data = new LinkedHashMap<>(ownManifests());
    data.put("cluster.json", JSON.writeValueAsString(document));
    map.put("data", data);
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
