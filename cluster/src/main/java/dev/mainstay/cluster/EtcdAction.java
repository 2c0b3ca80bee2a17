package dev.mainstay.cluster;

import dev.mainstay.model.NodeSpec;
import java.util.List;

/** What a step of a restore or a recovery of etcd does. */
sealed interface EtcdAction extends Action.OfEtcd {
  /** Keeps a verified snapshot of what is there, on the master itself. */
  record Keep(NodeSpec node, String id) implements EtcdAction {}

  /**
   * Restores the snapshot beside the data of a member, which goes on serving.
   *
   * @param name the member's
   * @param cluster all members, as etcd wants them: {@code NAME=URL,NAME=URL}
   * @param bump by how much the revision grows
   */
  record Prepare(NodeSpec node, String id, String name, String cluster, long bump)
      implements EtcdAction {}

  /** Stops kubelet and the control plane of a master. */
  record Stop(NodeSpec node, String id) implements EtcdAction {}

  /** Gives a stopped master its restored data. */
  record Swap(NodeSpec node, String id) implements EtcdAction {}

  /** Starts a master on its restored data. */
  record Start(NodeSpec node, String id) implements EtcdAction {}

  /** Puts the old data of a master where it is kept. */
  record Finish(NodeSpec node, String id) implements EtcdAction {}

  /**
   * Makes a cluster of one member out of what a survivor has.
   *
   * @param unreached masters that may be alive all the same; where one is, nothing is changed
   */
  record Rebuild(NodeSpec node, String id, String name, long bump, List<NodeSpec> unreached)
      implements EtcdAction {
    public Rebuild {
      unreached = List.copyOf(unreached);
    }
  }

  /**
   * Takes away Nodes by their full names.
   *
   * @param on the master to ask
   */
  record ForgetNodes(NodeSpec on, List<String> names) implements EtcdAction {
    public ForgetNodes {
      names = List.copyOf(names);
    }
  }

  /** Takes a master out, its old data put aside, so that it can join anew. */
  record SetAside(NodeSpec node, String id) implements EtcdAction {}

  /** Gives a master back what it had before a restore or recovery that broke off. */
  record Undo(NodeSpec node, String id) implements EtcdAction {}

  /** Waits until the API answers through the local proxy of a worker. */
  record Answer(NodeSpec node) implements EtcdAction {}
}
