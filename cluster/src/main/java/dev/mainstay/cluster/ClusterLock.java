package dev.mainstay.cluster;

import dev.mainstay.engine.FanOut;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Mutable: the right to change a cluster, held on every master that can be reached, so that two
 * operators with different files still meet. It lives in the connection: a beat every five seconds
 * keeps it, and the death of this process or of the connection gives it up.
 *
 * <p>A second run is refused by any one master. So masters may go (reboot, be reset, be cut off),
 * and it is still held as long as one of them has held it all the time; it is lost with the last,
 * and never comes back.
 */
public final class ClusterLock implements AutoCloseable {
  private static final int TAKEN = 75;
  private static final int WINDOW = 64;
  private static final Duration PROOF = Duration.ofSeconds(15);
  private static final Duration LOOK = Duration.ofMillis(50);

  private final InstantSource clock;
  private final List<LockHolder> holders = new ArrayList<>();
  private Optional<Failure> lost = Optional.empty();

  private ClusterLock(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * Takes the lock of {@code spec}'s cluster.
   *
   * @param owner who takes it and since when, for whoever comes second
   * @param clock one that goes on while this machine sleeps
   * @throws Failure.Locked if somebody has it
   * @throws Failure.Unreachable if no master can be reached, with each and why
   */
  public static ClusterLock take(ClusterSpec spec, Hosts hosts, String owner, InstantSource clock)
      throws InterruptedException {
    Map<NodeName, Failure> silent = meet(spec, hosts);
    ClusterLock lock = new ClusterLock(clock);
    List<Failure> unreachable = new ArrayList<>();
    boolean held = false;
    try {
      for (NodeSpec master : spec.masters()) {
        if (silent.get(master.name()) instanceof Failure.Unreachable lost) {
          unreachable.add(lost);
          continue;
        }
        try {
          lock.takeOn(master, hosts, owner);
          held = true;
        } catch (Failure.Unreachable lost) {
          unreachable.add(lost);
        }
      }
    } catch (RuntimeException | InterruptedException taken) {
      lock.close();
      throw taken;
    }
    if (!held && !unreachable.isEmpty()) {
      lock.close();
      throw new Failure.Unreachable(
          unreachable.stream().map(Failure::text).collect(Collectors.joining("\n")),
          unreachable.size() == 1 ? "" : "nothing was changed: no master can be reached",
          unreachable.stream().anyMatch(Failure::isRetryable));
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
    LockHolder holder = LockHolder.start(hosts.login(master), owner, clock, System::nanoTime);
    holders.add(holder);
    String said = holder.firstWord();
    if (!said.equals("locked")) {
      throw new Failure.Locked(
          "another run is changing the cluster: "
              + (said.equals("exit " + TAKEN) ? "who, " + master.name() + " cannot say" : said),
          "wait until it is done; its owner can stop it with Ctrl-C. A run whose connection was cut"
              + " lets go within 30 seconds");
    }
  }

  /**
   * Goes on only while the lock is held: to be called after every wait for a person.
   *
   * @throws Failure.Locked as {@link #lost} says
   */
  public void ensureHeld() throws InterruptedException {
    Optional<Failure> gone = lost();
    if (gone.isPresent()) {
      throw gone.get();
    }
  }

  /**
   * Why this run may change nothing more; empty while the lock is held. Answers at once, but where
   * no master has answered a beat lately: then it asks them, for 15 s at the most.
   */
  public Optional<Failure> lost() throws InterruptedException {
    return lost(PROOF);
  }

  synchronized Optional<Failure> lost(Duration patience) throws InterruptedException {
    if (lost.isEmpty() && !isProven(patience)) {
      lost =
          Optional.of(
              new Failure.Locked(
                  "this run has lost the lock of the cluster: no master that held it for us"
                      + " answers. The network was away, or this machine slept; another run may"
                      + " have changed the cluster meanwhile",
                  "run the same command again: it looks at everything anew, and what is done"
                      + " stays"));
    }
    return lost;
  }

  private boolean isProven(Duration patience) throws InterruptedException {
    if (isSure()) {
      return true;
    }
    holders.forEach(LockHolder::ask);
    long start = System.nanoTime();
    while (System.nanoTime() - start < patience.toNanos()
        && !holders.stream().allMatch(LockHolder::hasEnded)) {
      if (isSure()) {
        return true;
      }
      Thread.sleep(LOOK);
    }
    return isSure();
  }

  private boolean isSure() {
    return holders.stream().anyMatch(LockHolder::isSure);
  }

  @Override
  public void close() {
    holders.forEach(LockHolder::release);
    holders.forEach(LockHolder::awaitEnd);
  }
}
