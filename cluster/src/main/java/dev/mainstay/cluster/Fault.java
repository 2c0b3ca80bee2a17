package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.util.List;
import java.util.stream.Collectors;

/** Something that a drill breaks on one node, and that heals again. */
public enum Fault {
  MASTER_DOWN("master-down", "its kubelet, static pods and local proxy end at once"),
  MASTER_BLACK_HOLE("master-black-hole", "no packet comes in or goes out, but for logins"),
  MASTER_FROZEN("master-frozen", "its apiserver stops in the middle of what it does (SIGSTOP)"),
  ETCD_LEADER("etcd-leader", "the leader of etcd is killed; kubelet starts it again"),
  PROXY_RESTART("proxy-restart", "its local proxy is restarted");

  private final String word;
  private final String meaning;

  Fault(String word, String meaning) {
    this.word = word;
    this.meaning = meaning;
  }

  /** As on the command line and in the JSON. */
  public String word() {
    return word;
  }

  /** What happens to the node, as half a sentence. */
  public String meaning() {
    return meaning;
  }

  /** Whether the node's etcd member is gone, for those around it, while the fault lasts. */
  boolean takesMember() {
    return this == MASTER_DOWN || this == MASTER_BLACK_HOLE || this == ETCD_LEADER;
  }

  /** Whether the node's API is gone while the fault lasts. */
  boolean takesApi() {
    return this == MASTER_DOWN || this == MASTER_BLACK_HOLE || this == MASTER_FROZEN;
  }

  /** Whether it lasts until it is healed; else it is over the moment that it is there. */
  public boolean lasts() {
    return takesApi();
  }

  /**
   * The node of that name, which this fault can strike.
   *
   * @throws Failure.Usage if the file has no such node, or it is a worker and this a master's fault
   */
  public NodeSpec target(ClusterSpec spec, NodeName name) {
    List<NodeSpec> possible = this == PROXY_RESTART ? spec.nodes() : spec.masters();
    return possible.stream()
        .filter(node -> node.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new Failure.Usage(
                spec.node(name).isPresent()
                    ? word + ": " + name + " is a worker"
                    : "the file has no node " + name,
                "name one of "
                    + (this == PROXY_RESTART ? "" : "the masters: ")
                    + possible.stream()
                        .map(node -> node.name().value())
                        .collect(Collectors.joining(", "))));
  }
}
