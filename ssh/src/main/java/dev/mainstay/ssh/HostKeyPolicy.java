package dev.mainstay.ssh;

import dev.mainstay.model.NodeSpec;

/** Decides about the key of a host that is met for the first time. */
@FunctionalInterface
public interface HostKeyPolicy {
  /** Refuses every host whose key is not pinned. */
  HostKeyPolicy REFUSE = (node, fingerprint) -> false;

  /** Pins whatever key is met first: {@code --accept-new-host-keys}. */
  HostKeyPolicy ACCEPT_NEW = (node, fingerprint) -> true;

  /**
   * Whether to trust and pin the key.
   *
   * @param fingerprint {@code ssh-ed25519 SHA256:...}
   */
  boolean accepts(NodeSpec node, String fingerprint);
}
