package dev.mainstay.ssh;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import java.io.OutputStream;
import java.time.Duration;

/** A host that we are logged in to. Any number of threads may run commands at once. */
public interface Host {
  NodeSpec node();

  /** {@code m2 (10.77.0.12)}: how messages name the host. */
  default String label() {
    return node().name() + " (" + node().address() + ")";
  }

  /** The SHA-256 fingerprint of the key that the host proved to hold: {@code SHA256:...}. */
  String fingerprint();

  /**
   * Runs {@code command} as root and waits for its end.
   *
   * @return whatever it printed, whatever its exit status
   * @throws Failure.Unreachable if the connection was lost or could not be made again; the command
   *     may have run
   * @throws Failure.Failed if it was not done within its deadline, and may still be running; or if
   *     its input could not be read, and it got a part of it
   */
  Output run(RemoteCommand command) throws InterruptedException;

  /** As {@link #run(RemoteCommand)}, but what it prints goes to {@code stdout} as it comes. */
  Output run(RemoteCommand command, OutputStream stdout) throws InterruptedException;

  /**
   * Connects through the login to {@code port} of the host's own 127.0.0.1.
   *
   * @param deadline for a login that is there; one that has to be made again takes its own time
   * @throws Failure.Unreachable if the login was lost, the host does not forward, or nothing
   *     listens there
   */
  Channel open(int port, Duration deadline) throws InterruptedException;
}
