package dev.mainstay.cluster.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.Address;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import dev.mainstay.ssh.Channel;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ProxyLogTest {
  /** Mutable: a node that says {@code first} and then nothing until its input ends. */
  private static final class Node implements Host {
    private final String first;
    final CountDownLatch ended = new CountDownLatch(1);

    Node(String first) {
      this.first = first;
    }

    @Override
    public NodeSpec node() {
      return new NodeSpec(
          new NodeName("w1"),
          Role.WORKER,
          new Address("10.77.0.21"),
          new SshSpec("root", Optional.empty(), 22, Optional.empty(), Optional.empty()));
    }

    @Override
    public String fingerprint() {
      return "SHA256:w1";
    }

    @Override
    public Output run(RemoteCommand command) {
      throw new IllegalArgumentException("a log is followed, not waited for");
    }

    @Override
    public Output run(RemoteCommand command, OutputStream stdout) {
      try {
        stdout.write(first.getBytes(StandardCharsets.UTF_8));
        command.stdin().writeTo(OutputStream.nullOutputStream());
      } catch (IOException broken) {
        throw new UncheckedIOException(broken);
      }
      ended.countDown();
      return new Output(0, "", "");
    }

    @Override
    public Channel open(int port, Duration deadline) {
      throw new IllegalArgumentException("no channel is needed");
    }
  }

  private static ProxyLog follow(Node node, Duration beginning) throws InterruptedException {
    return ProxyLog.follow(node, "", Stopwatch.start(System::nanoTime), beginning);
  }

  @Test
  void aNodeThatSaysNothingIsNotWaitedForForever() throws Exception {
    Node silent = new Node("");
    assertThatThrownBy(() -> follow(silent, Duration.ofMillis(50)))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageStartingWith("w1 (10.77.0.21): ");
    assertThat(silent.ended.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aNodeThatBeganIsFollowedUntilItIsClosed() throws Exception {
    Node node = new Node("following\n");
    try (ProxyLog log = follow(node, Duration.ofSeconds(20))) {
      assertThat(log.changes()).isEmpty();
    }
    assertThat(node.ended.await(20, TimeUnit.SECONDS)).isTrue();
  }
}
