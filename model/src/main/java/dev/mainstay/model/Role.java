package dev.mainstay.model;

/** What a node is for. A master is a control-plane node. */
public enum Role {
  MASTER,
  WORKER;

  /** {@code master} or {@code worker}. */
  public String word() {
    return this == MASTER ? "master" : "worker";
  }
}
