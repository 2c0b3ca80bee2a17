package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Stdin;
import java.time.Duration;
import java.util.List;

/** Runs scripts of the closed vocabulary and turns what goes wrong into failures with advice. */
final class RemoteSteps {
  private final Hosts hosts;

  RemoteSteps(Hosts hosts) {
    this.hosts = hosts;
  }

  Host host(NodeSpec node) throws InterruptedException {
    return hosts.login(node);
  }

  /**
   * Runs {@code script} to its good end.
   *
   * @param doing what is being done, for the message: {@code "joining the control plane"}
   * @return what it printed
   */
  String run(
      NodeSpec node,
      String doing,
      String script,
      List<String> arguments,
      Stdin stdin,
      Duration deadline)
      throws InterruptedException {
    Output output = tryRun(node, script, arguments, stdin, deadline);
    if (!output.isSuccess()) {
      throw failure(node, doing, output);
    }
    return output.stdout();
  }

  /** Runs {@code script} and returns its output whatever its exit status. */
  Output tryRun(
      NodeSpec node, String script, List<String> arguments, Stdin stdin, Duration deadline)
      throws InterruptedException {
    return hosts
        .login(node)
        .run(new RemoteCommand(Scripts.script(script), arguments, stdin, deadline));
  }

  static Failure failure(NodeSpec node, String doing, Output output) {
    String came = output.tail(12);
    return new Failure.Failed(
        "%s (%s): %s failed: %s"
            .formatted(
                node.name(),
                node.address(),
                doing,
                came.isEmpty() ? "exit status " + output.exit() : came),
        Advice.on(came, node));
  }
}
