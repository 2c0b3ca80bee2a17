package dev.mainstay.model;

/** One node as the file describes it; {@code ssh} has the cluster's defaults merged in. */
public record NodeSpec(NodeName name, Role role, Address address, SshSpec ssh) {
  public boolean isMaster() {
    return role == Role.MASTER;
  }
}
