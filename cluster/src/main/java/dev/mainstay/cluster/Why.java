package dev.mainstay.cluster;

import dev.mainstay.engine.Reason;

/** The reasons for which steps stand in a plan. */
enum Why implements Reason {
  /** The host lacks artifacts of the bundle, or has changed ones. */
  ARTIFACTS_MISSING,
  /** The host was never prepared. */
  HOST_NOT_PREPARED,
  /** Files, units or the hosts block are not as they should be. */
  HOST_DIFFERS,
  /** The file describes a cluster that does not exist. */
  CLUSTER_MISSING,
  /** The file has a node that the cluster has not. */
  NODE_MISSING,
  /** The node is there, and the cluster has no Node of it. */
  NODE_FORGOTTEN,
  /** An earlier run began to make this node and did not end. */
  JOIN_UNFINISHED,
  /** kubeadm is done with this master, Mainstay is not. */
  MASTER_NOT_FINISHED,
  /** The node is at another address than when it was finished. */
  ADDRESS_CHANGED,
  /** A static pod's manifest, or what the running pod sees, is not as it should be. */
  STATIC_POD_DIFFERS,
  /** A kubeconfig leads to another server than it should. */
  KUBECONFIG_DIFFERS,
  /** Pods have no network, or another one than the file says. */
  NETWORK_DIFFERS,
  /** No host knows a nameserver, and CoreDNS would not start. */
  NO_NAMESERVER,
  /** All pods of the cluster's DNS are on one node, though others could have some. */
  DNS_ON_ONE_NODE,
  /** The cluster's own copy of its description is old. */
  DESCRIPTION_DIFFERS,
  /** A certificate ends soon. */
  CERTIFICATE_DUE,
  /** A certificate no longer counts. */
  CERTIFICATE_ENDED,
  /** A component runs with an older certificate than lies on disk. */
  CERTIFICATE_NOT_IN_USE,
  /** Nothing is due, but the user wants new certificates. */
  RENEWAL_ASKED,
  /** The cluster has a node and the file has not. */
  NODE_UNWANTED,
  /** The user wants another machine, or the same one anew, under a node's name. */
  REPLACEMENT_ASKED,
  /** A node was to leave and the file has it again. */
  REMOVAL_ABANDONED,
  /** etcd has one copy, and a change of its members is ahead. */
  ONLY_COPY,
  /** Something was changed, so that the whole has to be looked at. */
  CLUSTER_CHANGED,
  /** Everything is in place, but not everything is well (yet). */
  CLUSTER_NOT_WELL,
  /** The user wants etcd as a snapshot has it. */
  RESTORE_ASKED,
  /** etcd has lost its quorum for good, and the user wants to go on with what survived. */
  QUORUM_LOST,
  /** The user wants the host back. */
  RESET_ASKED
}
