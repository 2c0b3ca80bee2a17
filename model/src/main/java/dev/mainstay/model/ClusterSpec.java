package dev.mainstay.model;

import java.util.List;
import java.util.Optional;

/**
 * What the user's file says a cluster should be, with every default filled in.
 *
 * @param nodes masters in the file's order, then workers in the file's order
 */
public record ClusterSpec(
    ClusterName name,
    Domain domain,
    KubernetesVersion kubernetes,
    List<NodeSpec> nodes,
    NetworkSpec network,
    ComponentSettings settings,
    CertificateSpec certificates,
    EtcdBackupSpec etcdBackup) {

  /** The port of the local proxy on every node, and so of the cluster's endpoint. */
  public static final int ENDPOINT_PORT = 7443;

  public ClusterSpec {
    nodes = List.copyOf(nodes);
    if (nodes.stream().noneMatch(NodeSpec::isMaster)) {
      throw new IllegalArgumentException("a cluster needs a master");
    }
  }

  /** With the backups of etcd that are made where the file says nothing about them. */
  public ClusterSpec(
      ClusterName name,
      Domain domain,
      KubernetesVersion kubernetes,
      List<NodeSpec> nodes,
      NetworkSpec network,
      ComponentSettings settings,
      CertificateSpec certificates) {
    this(name, domain, kubernetes, nodes, network, settings, certificates, EtcdBackupSpec.DEFAULT);
  }

  /** In the file's order; never empty. */
  public List<NodeSpec> masters() {
    return nodes.stream().filter(NodeSpec::isMaster).toList();
  }

  /** In the file's order; may be empty. */
  public List<NodeSpec> workers() {
    return nodes.stream().filter(node -> !node.isMaster()).toList();
  }

  public Optional<NodeSpec> node(NodeName name) {
    return nodes.stream().filter(node -> node.name().equals(name)).findFirst();
  }

  /** The node's full name, which is also its Kubernetes name. */
  public String fullName(NodeSpec node) {
    return node.name().in(domain);
  }

  /** {@code api.demo.internal:7443}. */
  public String endpoint() {
    return domain.endpointName() + ":" + ENDPOINT_PORT;
  }
}
