package dev.mainstay.cluster;

import dev.mainstay.engine.FanOut;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.LineOutput;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Mutable: the right to change a cluster, held on every master that can be reached, so that two
 * operators with different files still meet. It lives in the connection: a beat every five seconds
 * keeps it, and the death of this process or of the connection gives it up.
 */
public final class ClusterLock implements AutoCloseable {
  private static final int TAKEN = 75;
  private static final int WINDOW = 64;
  private static final Duration BEAT = Duration.ofSeconds(5);
  private static final Duration LONGEST_RUN = Duration.ofDays(1);

  private final CountDownLatch released = new CountDownLatch(1);
  private final List<CompletableFuture<Output>> holders = new ArrayList<>();

  private ClusterLock() {}

  /**
   * Takes the lock of {@code spec}'s cluster.
   *
   * @param owner who takes it and since when, for whoever comes second
   * @throws Failure.Locked if somebody has it
   * @throws Failure.Unreachable if no master can be reached
   */
  public static ClusterLock take(ClusterSpec spec, Hosts hosts, String owner)
      throws InterruptedException {
    Map<NodeName, Failure> silent = meet(spec, hosts);
    ClusterLock lock = new ClusterLock();
    Failure unreachable = null;
    boolean held = false;
    try {
      for (NodeSpec master : spec.masters()) {
        if (silent.get(master.name()) instanceof Failure.Unreachable lost) {
          unreachable = lost;
          continue;
        }
        try {
          lock.takeOn(master, hosts, owner);
          held = true;
        } catch (Failure.Unreachable lost) {
          unreachable = lost;
        }
      }
    } catch (Failure taken) {
      lock.close();
      throw taken;
    }
    if (!held && unreachable != null) {
      throw unreachable;
    }
    return lock;
  }

  /**
   * Logs in to every host side by side: masters one by one would take as many round trips.
   *
   * @return those that did not let us in, and why
   */
  private static Map<NodeName, Failure> meet(ClusterSpec spec, Hosts hosts)
      throws InterruptedException {
    Map<NodeName, Failure> silent = new ConcurrentHashMap<>();
    FanOut.map(
        spec.nodes(),
        WINDOW,
        node -> {
          try {
            return hosts.login(node).label();
          } catch (Failure lost) {
            silent.put(node.name(), lost);
            return lost.text();
          } catch (InterruptedException interrupted) {
            throw new CancellationException();
          }
        });
    return silent;
  }

  private void takeOn(NodeSpec master, Hosts hosts, String owner) throws InterruptedException {
    var host = hosts.login(master);
    CompletableFuture<String> firstWord = new CompletableFuture<>();
    CompletableFuture<Output> end = new CompletableFuture<>();
    RemoteCommand command =
        new RemoteCommand(Scripts.script("lock"), List.of(owner), this::beat, LONGEST_RUN);
    Thread.ofVirtual()
        .name("lock-" + master.name())
        .start(() -> {
          try {
            Output output = host.run(command, new LineOutput(firstWord::complete));
            firstWord.complete("exit " + output.exit());
            end.complete(output);
          } catch (Failure | InterruptedException lost) {
            firstWord.completeExceptionally(lost);
            end.completeExceptionally(lost);
          }
        });
    holders.add(end);
    String said;
    try {
      said = firstWord.get();
    } catch (ExecutionException lost) {
      if (lost.getCause() instanceof Failure failure) {
        throw failure;
      }
      throw new IllegalStateException(lost.getCause());
    }
    if (!said.equals("locked")) {
      throw new Failure.Locked(
          "another run is changing the cluster: "
              + (said.equals("exit " + TAKEN) ? "who, " + master.name() + " cannot say" : said),
          "wait until it is done; its owner can stop it with Ctrl-C. A run whose connection was cut"
              + " lets go within 30 seconds");
    }
  }

  private void beat(OutputStream out) throws java.io.IOException {
    try {
      while (!released.await(BEAT.toSeconds(), TimeUnit.SECONDS)) {
        out.write('\n');
        out.flush();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    released.countDown();
    for (CompletableFuture<Output> holder : holders) {
      holder
          .exceptionally(lost -> new Output(1, "", ""))
          .orTimeout(10, TimeUnit.SECONDS)
          .exceptionally(late -> new Output(1, "", ""))
          .join();
    }
  }
}
