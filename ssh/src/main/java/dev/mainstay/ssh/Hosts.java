package dev.mainstay.ssh;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;

/** Logs in to hosts, and keeps each login until it is closed. */
public interface Hosts extends AutoCloseable {
  /**
   * The host of {@code node}, logged in to now or before.
   *
   * @throws Failure.Unreachable if it cannot be reached, refuses us, or proves another key than the
   *     one pinned for the node's name
   */
  Host login(NodeSpec node) throws InterruptedException;

  @Override
  void close();
}
