package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A machine that the cluster is to lose.
 *
 * @param node its name and role, and where its host was last known to be
 * @param host what its host is like; empty where it is silent, or was reset already
 * @param silence why its host could not be looked at; it is only forgotten then
 * @param hasNode whether the API has a Node of its name
 * @param memberIds the ids of the etcd members that are its own, decimal; at most one in a sound
 *     cluster
 */
record Departure(
    NodeSpec node,
    Cause cause,
    Optional<HostFacts> host,
    Optional<Failure> silence,
    boolean hasNode,
    Set<String> memberIds) {

  /** Why it leaves. */
  enum Cause {
    /** The file has no entry of its name. */
    REMOVED,
    /** Another machine takes its name, and {@code --replace} says so. */
    REPLACED,
    /** The same machine is made a node anew, and {@code --replace} says so. */
    REBUILT
  }

  Departure {
    memberIds = Set.copyOf(memberIds);
  }

  /** Whether its host answers and is a node. */
  boolean serves() {
    return host.map(seen -> seen.stage().compareTo(Stage.JOINED) >= 0).orElse(false);
  }

  /** This departure, with what was found out about its host in {@code looked}. */
  Departure withHostOf(List<Departure> looked) {
    for (Departure other : looked) {
      if (other.node().name().equals(node.name())) {
        return new Departure(
            // what a host says of its own role counts more than what others remember
            other.host().isPresent() ? other.node() : node,
            cause,
            other.host(),
            other.silence(),
            hasNode,
            memberIds);
      }
    }
    return this;
  }

  /** Whether a silent machine may still be the node: not where another one has its address. */
  boolean mayBeAlive() {
    return silence.map(Failure::isRetryable).orElse(false);
  }

  /** Whether nothing of it is left but a name in hosts files. */
  boolean isForgotten() {
    return !hasNode && memberIds.isEmpty() && host.isEmpty();
  }
}
