package dev.mainstay.cluster;

import dev.mainstay.cluster.DrillReport.Round;
import dev.mainstay.cluster.drill.ProxyChange;
import dev.mainstay.cluster.drill.Stopwatch;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Breaks something on purpose and measures what it comes to on every node.
 *
 * <pre>
 * for each target:
 * 1. the cluster is healthy, and can afford it: looked at anew                      {@link PlanDrill}
 * 2. a client on every node, through its own local proxy                            {@link Onlookers}
 * 3. the fault comes and goes, and the cluster is waited for                        {@link DrillTurn}
 * 4. the figures                                              {@link dev.mainstay.cluster.drill.NodeFigures}
 * </pre>
 *
 * <p>Whatever happens in between, the fault is healed: by 3, or by the timer on the host itself
 * when the control machine is gone or cannot reach it.
 */
public final class RunDrill {
  // a host that takes longer to answer counts as one that does not, and the drill is refused
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Told how it goes; by one thread at a time. */
  public interface Listener {
    /** Something happened, in a sentence. */
    void happened(Duration at, String what);

    /** How it looks from the nodes now; several times a second, from the first to the last. */
    void looks(Duration at, List<View> views);
  }

  /**
   * How it looks from one node.
   *
   * @param silence since the last answer on a kept connection
   * @param target what its proxy said last of the target
   */
  public record View(
      NodeName node, int sent, int failed, Duration silence, Optional<ProxyChange> target) {}

  private final Hosts hosts;
  private final Clock clock;
  private final Observe observe;
  private final ShowStatus status;

  public RunDrill(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
    this.observe = new Observe(hosts, clock);
    this.status = new ShowStatus(hosts, clock);
  }

  /**
   * Whom a drill would strike; nothing is broken yet.
   *
   * @param target whom to strike; empty: whom the fault itself names, or every master in turn
   * @throws Failure.Usage if the target is no node for this fault
   * @throws Failure.Refused if the cluster is not healthy or could not afford it
   * @throws Failure.Locked if another drill's fault is not healed yet
   */
  public Drill plan(ClusterSpec spec, Fault fault, Optional<NodeName> target, Duration lasts)
      throws InterruptedException {
    return PlanDrill.of(
        spec, status.look(spec, PATIENCE), new PlanDrill.Wish(fault, target, lasts));
  }

  /**
   * Does it. What goes badly once something was struck is told by the report.
   *
   * @param stop heals what is broken and strikes nobody else; its guard is asked before each strike
   * @throws Failure if nothing was struck yet and nothing can be
   * @throws Failure.Locked if the guard says so before anything was struck
   */
  public DrillReport run(Drill drill, Listener listener, StopSignal stop)
      throws InterruptedException {
    Instant began = clock.instant();
    Stopwatch stopwatch = Stopwatch.start(System::nanoTime);
    List<Round> rounds = new ArrayList<>();
    List<Failure> broken = new ArrayList<>();
    try {
      SSLContext tls =
          ClientTls.of(new ExportKubeconfig(hosts).administrator(drill.spec())).context();
      for (NodeSpec agreed : drill.targets()) {
        Optional<Round> round =
            stop.isRequested()
                ? Optional.empty()
                : turn(drill, agreed, tls, stopwatch, listener, stop);
        round.ifPresent(rounds::add);
        broken.addAll(
            round
                .map(Round::broken)
                .orElseGet(() ->
                    List.of(
                        new Failure.Failed(
                            "interrupted before " + agreed.name() + " was struck", ""))));
        if (!broken.isEmpty()) {
          break;
        }
      }
    } catch (Failure failure) {
      if (rounds.isEmpty()) {
        throw failure;
      }
      broken.add(failure);
    }
    return new DrillReport(drill, began, rounds, broken);
  }

  /** Empty where a stop was requested before anything was broken. */
  private Optional<Round> turn(
      Drill drill,
      NodeSpec agreed,
      SSLContext tls,
      Stopwatch stopwatch,
      Listener listener,
      StopSignal stop)
      throws InterruptedException {
    ShowStatus.Look look = status.look(drill.spec(), PATIENCE);
    PlanDrill.Turn turn = PlanDrill.turn(drill, agreed, look);
    try (Onlookers onlookers = Onlookers.start(turn, hosts, tls, stopwatch)) {
      return new DrillTurn(
              new DrillTurn.Setting(drill, turn, look.facts(), stopwatch, listener, stop),
              hosts,
              observe,
              onlookers)
          .run();
    }
  }
}
