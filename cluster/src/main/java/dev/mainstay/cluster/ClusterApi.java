package dev.mainstay.cluster;

import dev.mainstay.model.NodeName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * What the API and etcd of a living cluster say, as one ready master saw it.
 *
 * @param endpoints the addresses behind the Service default/kubernetes
 * @param description the content of ConfigMap kube-system/mainstay; empty without one
 * @param strangers the full names of members at whose place a member of another etcd cluster
 *     answers
 * @param revision the furthest of its members'; 0 where none says it
 * @param newer those of the strangers whose revision is beyond that of all members: a recovery or a
 *     restore raises it so far that what was before never gets there
 */
record ClusterApi(
    List<KubeNode> nodes,
    List<Workload> workloads,
    List<Member> members,
    Set<String> endpoints,
    String description,
    Dns dns,
    Set<String> strangers,
    long revision,
    Set<String> newer) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What an answer must have; how members are, dead ones do not tell. */
  private static final Set<String> ASKED =
      Set.of("nodes", "workloads", "network", "endpoints", "description", "corefile", "members");

  /**
   * A Node object.
   *
   * @param name the full name
   * @param kubelet its version, {@code v1.36.3}
   * @param machineId as kubelet reports it
   * @param flannelIp the address at which flannel sends its pods' traffic; empty without flannel
   * @param drained whether Mainstay emptied it because it was to leave
   */
  record KubeNode(
      String name,
      boolean ready,
      String kubelet,
      String internalIp,
      String machineId,
      String flannelIp,
      boolean drained) {
    /** The annotation of a Node that is being emptied. */
    static final String LEAVING = "mainstay.dev/leaving";
  }

  /** A DaemonSet or Deployment of kube-system or of the network plugin. */
  record Workload(String kind, String name, int wanted, int ready) {
    /**
     * Whether it has all its pods, but for those on {@code silent} nodes that nothing is expected
     * of; of a Deployment one pod has to be there.
     */
    boolean isReadyWithout(int silent) {
      return ready
          >= Math.max(wanted - silent, kind.equals("Deployment") ? Math.min(1, wanted) : 0);
    }
  }

  /**
   * The cluster's DNS, CoreDNS.
   *
   * @param corefile its configuration
   * @param nodes the full names of the nodes that its pods are on, one a pod; empty where that is
   *     not known, where one has no node yet, and where somebody said on which they are to be
   * @param candidates the nodes on which a pod of it could start now
   */
  record Dns(String corefile, List<String> nodes, Set<String> candidates) {
    private static final String ON_ANY_NODE = "kubernetes.io/os";

    /**
     * The node that has all pods of several: whoever looks up a name would notice its death.
     * kubeadm starts them where there is one node only.
     */
    Optional<String> onlyNode() {
      return nodes.size() > 1 && Set.copyOf(nodes).size() == 1
          ? Optional.of(nodes.getFirst())
          : Optional.empty();
    }

    /** Whether a pod could start elsewhere than on {@code node} and on those that leave. */
    boolean couldLeave(String node, Set<String> leaving) {
      return candidates.stream().anyMatch(one -> !one.equals(node) && !leaving.contains(one));
    }

    private static Dns of(Map<String, String> parts) {
      List<String> nodes = parts.getOrDefault("dns-nodes", "").lines().toList();
      if (nodes.stream().anyMatch(String::isBlank) || isPinned(tree(parts, "workloads"))) {
        nodes = List.of();
      }
      Set<String> candidates = new TreeSet<>();
      for (JsonNode node : tree(parts, "nodes").path("items")) {
        if (couldStartOn(node)) {
          candidates.add(node.path("metadata").path("name").asString(""));
        }
      }
      return new Dns(parts.getOrDefault("corefile", ""), nodes, candidates);
    }

    /** Whether somebody said on which nodes it is to be. */
    private static boolean isPinned(JsonNode workloads) {
      for (JsonNode item : workloads.path("items")) {
        JsonNode pod = item.path("spec").path("template").path("spec");
        if (item.path("metadata").path("name").asString("").equals("coredns")
            && (!pod.path("affinity").path("nodeAffinity").isMissingNode()
                || !pod.path("affinity").path("podAffinity").isMissingNode()
                || pod.path("nodeSelector").propertyNames().stream()
                    .anyMatch(key -> !key.equals(ON_ANY_NODE)))) {
          return true;
        }
      }
      return false;
    }

    /**
     * It tolerates masters as such, and no other taint; not being ready is one, too. Whom pods
     * merely avoid is none either: they may go back to where they came from. As prelude-dns.sh.
     */
    private static boolean couldStartOn(JsonNode node) {
      for (JsonNode taint : node.path("spec").path("taints")) {
        if (!taint.path("key").asString("").equals("node-role.kubernetes.io/control-plane")
            || !taint.path("effect").asString("").equals("NoSchedule")) {
          return false;
        }
      }
      return !node.path("spec").path("unschedulable").asBoolean(false);
    }
  }

  /**
   * An etcd member.
   *
   * @param id decimal, as etcd's JSON has it
   * @param name the full name; empty while it was never started
   */
  record Member(
      String id,
      String name,
      List<String> peerUrls,
      boolean learner,
      boolean healthy,
      boolean leader) {}

  /** Where every member is of one cluster. */
  ClusterApi(
      List<KubeNode> nodes,
      List<Workload> workloads,
      List<Member> members,
      Set<String> endpoints,
      String description,
      Dns dns) {
    this(nodes, workloads, members, endpoints, description, dns, Set.of(), 0, Set.of());
  }

  /** Whether {@code master} is a member of its etcd, as far as names and who answers there say. */
  boolean hasMember(NodeName master) {
    String start = master + ".";
    return members.stream().anyMatch(member -> member.name().startsWith(start))
        && strangers.stream().noneMatch(name -> name.startsWith(start));
  }

  Optional<KubeNode> node(String fullName) {
    return nodes.stream().filter(node -> node.name().equals(fullName)).findFirst();
  }

  /**
   * Reads what {@code cluster.sh} printed; empty where the API or etcd did not answer all of it:
   * what was not told is not what is not there.
   */
  static Optional<ClusterApi> parse(String text) {
    Map<String, String> parts = new HashMap<>();
    for (String line : text.split("\n", -1)) {
      int space = line.indexOf(' ');
      if (space > 0) {
        parts.put(line.substring(0, space), decoded(line.substring(space + 1).strip()));
      }
    }
    if (!parts.keySet().containsAll(ASKED)) {
      return Optional.empty();
    }
    JsonNode nodes = tree(parts, "nodes");
    // a list of members that cannot be read is not a cluster without members: quorum hangs on it
    if (!nodes.path("items").isArray() || tree(parts, "members").path("members").isEmpty()) {
      return Optional.empty();
    }
    JsonNode list = tree(parts, "members");
    JsonNode status = tree(parts, "etcd-status");
    Map<String, Long> strangers = strangers(list, status);
    long reached = reached(list, status);
    return Optional.of(
        new ClusterApi(
            nodes(nodes),
            Stream.of("workloads", "network")
                .flatMap(part -> workloads(tree(parts, part)).stream())
                .toList(),
            members(list, status),
            endpoints(tree(parts, "endpoints")),
            tree(parts, "description").path("data").path("cluster.json").asString(""),
            Dns.of(parts),
            Set.copyOf(strangers.keySet()),
            reached,
            strangers.entrySet().stream()
                .filter(stranger -> reached > 0 && stranger.getValue() > reached)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet())));
  }

  /**
   * The revisions of members of other clusters, by the full names of those at whose place they are.
   */
  private static Map<String, Long> strangers(JsonNode list, JsonNode status) {
    String ours = clusterId(list.path("header"));
    Map<String, Long> strangers = new TreeMap<>();
    for (JsonNode endpoint : status) {
      JsonNode header = endpoint.path("Status").path("header");
      String its = clusterId(header);
      if (!its.equals("0") && !its.equals(ours)) {
        strangers.put(
            endpoint.path("Endpoint").asString("").replaceAll("^https://|:[0-9]+$", ""),
            header.path("revision").asLong(0));
      }
    }
    return strangers;
  }

  /** The furthest revision of the cluster's own members. */
  private static long reached(JsonNode list, JsonNode status) {
    String ours = clusterId(list.path("header"));
    long reached = 0;
    for (JsonNode endpoint : status) {
      JsonNode header = endpoint.path("Status").path("header");
      if (clusterId(header).equals(ours) && !ours.equals("0")) {
        reached = Math.max(reached, header.path("revision").asLong(0));
      }
    }
    return reached;
  }

  private static String clusterId(JsonNode header) {
    return unsigned(header.path("cluster_id"));
  }

  private static String decoded(String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException torn) {
      return "";
    }
  }

  private static List<KubeNode> nodes(JsonNode list) {
    List<KubeNode> nodes = new ArrayList<>();
    for (JsonNode node : list.path("items")) {
      boolean ready = false;
      for (JsonNode condition : node.path("status").path("conditions")) {
        ready |=
            condition.path("type").asString("").equals("Ready")
                && condition.path("status").asString("").equals("True");
      }
      String internalIp = "";
      for (JsonNode address : node.path("status").path("addresses")) {
        if (address.path("type").asString("").equals("InternalIP")) {
          internalIp = address.path("address").asString("");
        }
      }
      nodes.add(
          new KubeNode(
              node.path("metadata").path("name").asString(""),
              ready,
              node.path("status").path("nodeInfo").path("kubeletVersion").asString(""),
              internalIp,
              node.path("status").path("nodeInfo").path("machineID").asString(""),
              node.path("metadata")
                  .path("annotations")
                  .path("flannel.alpha.coreos.com/public-ip")
                  .asString(""),
              node.path("metadata").path("annotations").has(KubeNode.LEAVING)));
    }
    return List.copyOf(nodes);
  }

  private static Set<String> endpoints(JsonNode slices) {
    Set<String> addresses = new TreeSet<>();
    for (JsonNode slice : slices.path("items")) {
      for (JsonNode endpoint : slice.path("endpoints")) {
        endpoint.path("addresses").forEach(address -> addresses.add(address.asString("")));
      }
    }
    return addresses;
  }

  private static List<Workload> workloads(JsonNode list) {
    List<Workload> workloads = new ArrayList<>();
    for (JsonNode item : list.path("items")) {
      JsonNode status = item.path("status");
      boolean daemon = item.path("kind").asString("").equals("DaemonSet");
      workloads.add(
          new Workload(
              item.path("kind").asString(""),
              item.path("metadata").path("name").asString(""),
              daemon
                  ? status.path("desiredNumberScheduled").asInt(0)
                  : item.path("spec").path("replicas").asInt(1),
              daemon
                  ? status.path("numberReady").asInt(0)
                  : status.path("readyReplicas").asInt(0)));
    }
    return List.copyOf(workloads);
  }

  private static List<Member> members(JsonNode list, JsonNode status) {
    Set<String> healthy = new HashSet<>();
    String leader = "";
    for (JsonNode endpoint : status) {
      JsonNode one = endpoint.path("Status");
      String leads = unsigned(one.path("leader"));
      if (!leads.equals("0")) {
        healthy.add(unsigned(one.path("header").path("member_id")));
        leader = leads;
      }
    }
    List<Member> members = new ArrayList<>();
    for (JsonNode member : list.path("members")) {
      List<String> urls = new ArrayList<>();
      member.path("peerURLs").forEach(url -> urls.add(url.asString("")));
      String id = unsigned(member.path("ID"));
      members.add(
          new Member(
              id,
              member.path("name").asString(""),
              List.copyOf(urls),
              member.path("isLearner").asBoolean(false),
              healthy.contains(id),
              id.equals(leader)));
    }
    return List.copyOf(members);
  }

  /** etcd's JSON has ids as unsigned numbers of 64 bits; a missing one is 0. */
  private static String unsigned(JsonNode number) {
    return number.isNumber() ? number.bigIntegerValue().toString() : "0";
  }

  private static JsonNode tree(Map<String, String> parts, String key) {
    String text = parts.getOrDefault(key, "");
    try {
      return text.isBlank() ? JSON.createObjectNode() : JSON.readTree(text);
    } catch (JacksonException broken) {
      return JSON.createObjectNode();
    }
  }
}
