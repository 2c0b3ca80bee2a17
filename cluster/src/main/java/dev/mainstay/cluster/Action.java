package dev.mainstay.cluster;

import dev.mainstay.bundle.Artifact;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a step of a plan does. */
public sealed interface Action {
  /** Whether certificates of the step's node are renewed on purpose. */
  default boolean renewsCertificates() {
    return false;
  }

  /** What restores and recoveries of etcd do; no plan of changes has it. */
  non-sealed interface OfEtcd extends Action {}

  /** Sends artifacts and installs packages and binaries; images wait on the host. */
  record Deliver(NodeSpec node, List<Artifact> artifacts) implements Action {}

  /**
   * Writes files and brings units up.
   *
   * @param drift what to put right
   * @param hostsBefore the sha256 of the text of /etc/hosts that was seen, which must still be
   *     there
   */
  record Configure(NodeSpec node, HostDrift drift, String hostsBefore) implements Action {}

  /** Gives images that were sent to containerd. */
  record ImportImages(NodeSpec node, List<Artifact> images) implements Action {}

  /** Takes away what an unfinished init or join left, in the cluster and on the host. */
  record CleanUp(NodeSpec node) implements Action {}

  /** Makes the cluster's first master. */
  record Initialise(NodeSpec node) implements Action {}

  record JoinMaster(NodeSpec node) implements Action {}

  record JoinWorker(NodeSpec node) implements Action {}

  /** Unbinds a master from its address and lets its proxy lead to itself. */
  record FinishMaster(NodeSpec node) implements Action {}

  /**
   * Gives a master's static pods new manifests and starts them anew.
   *
   * @param containers those that have to begin anew
   * @param from the address that the master had before, if it moved
   * @param quorumIsLost whether there is nobody to wait for
   */
  record AmendMaster(
      NodeSpec node,
      List<HostFile> manifests,
      Set<String> containers,
      Optional<String> from,
      boolean quorumIsLost)
      implements Action {}

  /** Makes a worker take its host's new address. */
  record MoveWorker(NodeSpec node) implements Action {}

  /** Points a worker's kubelet to the cluster's endpoint. */
  record PointKubelet(NodeSpec node) implements Action {}

  /** Closes on every node what is left of connections to addresses that nodes no longer have. */
  record CloseStaleConnections(Set<String> addresses) implements Action {}

  /**
   * Lets a node's pods go elsewhere.
   *
   * @param patience how long they may take
   */
  record Drain(NodeSpec node, Duration patience) implements Action {}

  /**
   * Takes a master out of service, so that it can leave and no request is lost.
   *
   * @param memberIds those of its etcd members, decimal
   * @param timeouts with which its proxy leads to the others from then on
   */
  record RetireMaster(NodeSpec node, Set<String> memberIds, ProxyTimeouts timeouts)
      implements Action {
    public RetireMaster {
      memberIds = Set.copyOf(memberIds);
    }
  }

  /**
   * Removes what etcd knows of a node.
   *
   * @param memberIds decimal
   */
  record RemoveMember(NodeSpec node, Set<String> memberIds) implements Action {
    public RemoveMember {
      memberIds = Set.copyOf(memberIds);
    }
  }

  /** Deletes the Node of a machine that is no longer one. */
  record DeleteNode(NodeSpec node) implements Action {}

  /** Gives the cluster the Node of a node again that it no longer has. */
  record RegisterNode(NodeSpec node) implements Action {}

  /**
   * Keeps a node that was to leave.
   *
   * @param retired whether it is a master whose static pods were stopped for that
   */
  record ReturnNode(NodeSpec node, boolean retired) implements Action {}

  /** Keeps a verified copy of etcd's data on a master, before something that may cost it. */
  record SnapshotEtcd(NodeSpec node, String occasion) implements Action {}

  /** Applies the network plugin's manifests. */
  record ApplyNetwork(List<String> manifests) implements Action {}

  /** Lets CoreDNS answer for the cluster alone, where no host knows a nameserver. */
  record StopForwardingDns() implements Action {}

  /** Moves one of CoreDNS's pods to another node, where all are on one. */
  record SpreadDns() implements Action {}

  /** Stores the cluster's description in the cluster. */
  record Describe(String manifest) implements Action {}

  /**
   * Renews certificates of a master and lets its components take them.
   *
   * @param names those to renew; empty where components only have to take what lies on disk
   * @param gate the other masters that must serve before it is this one's turn
   */
  record RenewCertificates(
      NodeSpec node,
      List<KubeadmCertificate> names,
      Share share,
      List<NodeSpec> gate,
      Afterwards afterwards)
      implements Action {
    public RenewCertificates {
      names = List.copyOf(names);
      gate = List.copyOf(gate);
    }

    @Override
    public boolean renewsCertificates() {
      return true;
    }

    /** How many of the host's certificates the names are; kubeadm is faster with all at once. */
    enum Share {
      ALL,
      SOME
    }

    /** What holds once the master has new certificates. */
    enum Afterwards {
      /** Its etcd member is healthy and its API ready. */
      SERVES,
      /** It waits for others to make a quorum with, whose certificates ended too. */
      WAITS_FOR_QUORUM
    }
  }

  /**
   * Renews what a kubelet could not renew itself.
   *
   * @param signer the master that signs, where anything has to be signed
   */
  record RenewKubelet(NodeSpec node, Optional<NodeSpec> signer, List<KubeletCertificate> overdue)
      implements Action {
    public RenewKubelet {
      overdue = List.copyOf(overdue);
    }

    @Override
    public boolean renewsCertificates() {
      return true;
    }
  }

  /** Waits until every node, member, proxy and add-on is as it should be. */
  record Verify() implements Action {}

  /**
   * Gives a host back as it was before Mainstay, if it is still what it was seen to be.
   *
   * @param hostsText the text of /etc/hosts without our block
   * @param hostsBefore the sha256 of the text of /etc/hosts that was seen, which must still be
   *     there
   * @param clusterId of the cluster that it was seen to belong to; empty where it did not say
   */
  record Reset(NodeSpec node, String hostsText, String hostsBefore, String clusterId)
      implements Action {
    static Reset of(NodeSpec node, HostFacts seen) {
      return new Reset(
          node,
          new HostsFile(seen.hostsFile()).withoutBlock().text(),
          HostFile.hosts(seen.hostsFile()).sha256(),
          seen.identity().map(NodeIdentity::clusterId).orElse(""));
    }
  }
}
