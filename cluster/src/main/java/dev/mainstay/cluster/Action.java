package dev.mainstay.cluster;

import dev.mainstay.bundle.Artifact;
import dev.mainstay.model.NodeSpec;
import java.util.List;
import java.util.Optional;

/** What a step of a plan does. */
public sealed interface Action {
  /** Sends artifacts and installs packages and binaries; images wait on the host. */
  record Deliver(NodeSpec node, List<Artifact> artifacts) implements Action {}

  /**
   * Writes files and brings units up.
   *
   * @param hosts the new text of /etc/hosts, if it has to change
   * @param hostsBefore the sha256 of the text that was seen, which must still be there
   */
  record Configure(
      NodeSpec node, List<HostFile> files, Optional<HostFile> hosts, String hostsBefore)
      implements Action {}

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

  /** Applies the network plugin's manifests. */
  record ApplyNetwork(List<String> manifests) implements Action {}

  /** Lets CoreDNS answer for the cluster alone, where no host knows a nameserver. */
  record StopForwardingDns() implements Action {}

  /** Stores the cluster's description in the cluster. */
  record Describe(String manifest) implements Action {}

  /** Waits until every node, member, proxy and add-on is as it should be. */
  record Verify() implements Action {}

  /**
   * Gives a host back as it was before Mainstay.
   *
   * @param hostsText the text of /etc/hosts without our block
   */
  record Reset(NodeSpec node, String hostsText) implements Action {}
}
