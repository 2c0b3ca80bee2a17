package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Channel;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ClusterLockTest {
  private static final Duration ASLEEP = Duration.ofSeconds(40);
  private static final Duration SHORT = Duration.ofMillis(200);

  private final ClusterSpec spec = Fixture.spec(3, 1);
  private final Masters masters = new Masters();
  private final MovableClock clock = new MovableClock();

  /** How a master goes on after it gave us the lock. */
  private enum After {
    ANSWERS,
    IS_SILENT,
    LETS_GO
  }

  /** Mutable: the wall's clock, which goes on while everything else here sleeps. */
  private static final class MovableClock implements InstantSource {
    private volatile Instant now = Instant.parse("2026-11-25T05:00:00Z");

    @Override
    public Instant instant() {
      return now;
    }

    void move(Duration by) {
      now = now.plus(by);
    }
  }

  /** Mutable: masters that do as {@code lock.sh} does. */
  private static final class Masters implements Hosts {
    final Map<NodeName, After> after = new ConcurrentHashMap<>();
    final Map<NodeName, String> taken = new ConcurrentHashMap<>();
    final Map<NodeName, RuntimeException> broken = new ConcurrentHashMap<>();

    void all(ClusterSpec spec, After what) {
      spec.masters().forEach(master -> after.put(master.name(), what));
    }

    @Override
    public Host login(NodeSpec node) {
      return new Host() {
        @Override
        public NodeSpec node() {
          return node;
        }

        @Override
        public String fingerprint() {
          return "SHA256:" + node.name();
        }

        @Override
        public Output run(RemoteCommand command) {
          throw new IllegalArgumentException("the lock is followed, not waited for");
        }

        @Override
        public Output run(RemoteCommand command, OutputStream stdout) {
          RuntimeException bug = broken.get(node.name());
          if (bug != null) {
            throw bug;
          }
          return hold(node.name(), command, stdout);
        }

        @Override
        public Channel open(int port, Duration deadline) {
          throw new IllegalArgumentException("no channel is needed");
        }
      };
    }

    private Output hold(NodeName name, RemoteCommand command, OutputStream stdout) {
      String owner = taken.putIfAbsent(name, command.arguments().getFirst());
      try {
        if (owner != null) {
          say(stdout, owner + "\n");
          return new Output(75, "", "");
        }
        say(stdout, "locked\n");
        command
            .stdin()
            .writeTo(
                new OutputStream() {
                  @Override
                  public void write(int b) throws IOException {
                    answer(name, stdout);
                  }
                });
      } catch (IOException over) {
        return new Output(0, "", "");
      }
      taken.remove(name);
      return new Output(0, "", "");
    }

    private void answer(NodeName name, OutputStream stdout) throws IOException {
      switch (after.getOrDefault(name, After.ANSWERS)) {
        case ANSWERS -> say(stdout, "\n");
        case IS_SILENT -> {}
        case LETS_GO -> {
          taken.remove(name);
          throw new IOException("30 s without a line");
        }
      }
    }

    private static void say(OutputStream stdout, String text) throws IOException {
      stdout.write(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {}
  }

  private ClusterLock take() throws InterruptedException {
    return ClusterLock.take(spec, masters, "ann since 5:00", clock);
  }

  @Test
  void isHeldFromTheFirstWordOn() throws Exception {
    try (ClusterLock lock = take()) {
      assertThat(masters.taken).hasSize(3);
      assertThat(lock.lost()).isEmpty();
      lock.ensureHeld();
    }
    assertThat(masters.taken).isEmpty();
  }

  @Test
  void oneMasterIsEnoughToRefuseASecondRun() throws Exception {
    masters.taken.put(new NodeName("m3"), "bob since 4:00");
    assertThatThrownBy(this::take)
        .isInstanceOf(Failure.Locked.class)
        .hasMessageContaining("bob since 4:00");
    assertThat(masters.taken).containsOnlyKeys(new NodeName("m3"));
  }

  @Test
  void whoSleptLostWhatEveryMasterLetGo() throws Exception {
    try (ClusterLock lock = take()) {
      masters.all(spec, After.LETS_GO);
      clock.move(ASLEEP);
      assertThatThrownBy(lock::ensureHeld)
          .isInstanceOfSatisfying(
              Failure.Locked.class,
              lost -> {
                assertThat(lost.exitCode()).isEqualTo(7);
                assertThat(lost.advice()).contains("run the same command again");
              })
          .hasMessageContaining("this machine slept");
      masters.all(spec, After.ANSWERS);
      assertThat(lock.lost()).as("it never comes back").isPresent();
    }
  }

  @Test
  void whatNoMasterCanProveIsLost() throws Exception {
    try (ClusterLock lock = take()) {
      masters.all(spec, After.IS_SILENT);
      assertThat(lock.lost(SHORT)).as("the last answer is fresh").isEmpty();
      clock.move(ASLEEP);
      assertThat(lock.lost(SHORT)).isPresent();
    }
  }

  @Test
  void oneMasterThatHeldAllTheTimeKeepsIt() throws Exception {
    try (ClusterLock lock = take()) {
      masters.after.put(new NodeName("m1"), After.LETS_GO);
      masters.after.put(new NodeName("m2"), After.IS_SILENT);
      clock.move(ASLEEP);
      assertThat(lock.lost()).isEmpty();
      assertThat(masters.taken).containsKey(new NodeName("m3"));
    }
  }

  @Test
  void aClockThatWasSetLosesNothing() throws Exception {
    try (ClusterLock lock = take()) {
      clock.move(Duration.ofDays(1));
      assertThat(lock.lost()).isEmpty();
      clock.move(Duration.ofDays(-2));
      assertThat(lock.lost()).isEmpty();
    }
  }

  @Test
  void aMasterThatCannotBeReachedLeavesItToTheOthers() throws Exception {
    masters.broken.put(new NodeName("m1"), new Failure.Unreachable("m1: gone", "", true));
    try (ClusterLock lock = take()) {
      assertThat(masters.taken).hasSize(2);
      assertThat(lock.lost()).isEmpty();
    }
  }

  @Test
  void whereNoMasterCanBeReachedEachSaysWhy() {
    for (String name : List.of("m1", "m2", "m3")) {
      masters.broken.put(new NodeName(name), new Failure.Unreachable(name + ": gone", "", true));
    }
    assertThatThrownBy(this::take)
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessage("m1: gone\nm2: gone\nm3: gone");
  }

  @Test
  void aBugOnTheWayIsNotWaitedForForever() {
    masters.broken.put(new NodeName("m2"), new IllegalStateException("impossible"));
    assertThatThrownBy(this::take).hasRootCauseMessage("impossible");
    assertThat(masters.taken).isEmpty();
  }
}
