package dev.mainstay.cluster;

import dev.mainstay.engine.FanOut;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Logs in to hosts before anything whose time is short: a person may have to be asked about a
 * host's key.
 */
public final class LogIn {
  private static final int WINDOW = 64;

  private LogIn() {}

  /** Logs in to {@code nodes}, side by side. Those that cannot be reached say so when used. */
  public static void all(Hosts hosts, List<NodeSpec> nodes) throws InterruptedException {
    FanOut.map(
        nodes,
        WINDOW,
        node -> {
          try {
            return hosts.login(node).label();
          } catch (Failure lost) {
            return lost.text();
          } catch (InterruptedException interrupted) {
            throw new CancellationException();
          }
        });
  }
}
