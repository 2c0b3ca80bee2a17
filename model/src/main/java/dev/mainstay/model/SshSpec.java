package dev.mainstay.model;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a host is logged into.
 *
 * @param user the account; anything but root works through sudo
 * @param key the private key's file; empty: the agent and the usual keys of {@code ~/.ssh}
 * @param port the TCP port of sshd
 * @param jump the jump host to go through, if any
 * @param hostKey the host's public key as in known_hosts ({@code ssh-ed25519 AAAA...}), pinned
 *     ahead of the first contact, if the file says so
 */
public record SshSpec(
    String user, Optional<Path> key, int port, Optional<Jump> jump, Optional<String> hostKey) {

  /** A host that forwards the connection to another one. */
  public record Jump(String address, String user, int port, Optional<Path> key) {}

  /** How a host is logged into of which no more is known than that this one is of its cluster. */
  public SshSpec ofAnotherHost() {
    return new SshSpec(user, key, port, jump, Optional.empty());
  }

  /** The account, port and keys of a file that says nothing about ssh. */
  public static final SshSpec DEFAULT =
      new SshSpec("root", Optional.empty(), 22, Optional.empty(), Optional.empty());
}
