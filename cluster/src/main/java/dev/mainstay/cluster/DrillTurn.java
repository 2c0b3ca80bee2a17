package dev.mainstay.cluster;

import dev.mainstay.cluster.DrillReport.Round;
import dev.mainstay.cluster.RunDrill.Listener;
import dev.mainstay.cluster.drill.NodeFigures.Moments;
import dev.mainstay.cluster.drill.Stopwatch;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * Mutable: one target's turn.
 *
 * <pre>
 * 1. a moment of calm: what the nodes see when nothing is broken
 * 2. may it be struck, this very moment? etcd's majority, the lock of the cluster, the user
 * 3. a timer on the target that heals it; then the fault                              {@link Strike}
 * 4. if it lasts: as long as was asked for, unless more is lost than it took         {@link Lookout}
 * 5. it is healed, and the cluster is waited for until all of it is well
 * </pre>
 *
 * <p>Until 3 a failure is thrown. From then on it is part of the result, 5 is always done, and what
 * was measured is never lost.
 */
final class DrillTurn {
  private static final Duration CALM = Duration.ofSeconds(2);
  private static final Duration AFTERWARDS = Duration.ofSeconds(1);
  private static final Duration UP_AGAIN = Duration.ofMinutes(1);
  private static final Duration AGAIN = Duration.ofSeconds(1);
  private static final Duration LOOK = Duration.ofMillis(100);

  /**
   * What a turn goes by.
   *
   * @param drill as it was agreed to
   * @param facts how the hosts were when the turn was planned
   * @param stop heals what is broken and strikes nobody else; its guard forbids to strike
   */
  record Setting(
      Drill drill,
      PlanDrill.Turn turn,
      ClusterFacts facts,
      Stopwatch stopwatch,
      Listener listener,
      StopSignal stop) {}

  private final Setting its;
  private final NodeSpec target;
  private final Observe observe;
  private final Onlookers onlookers;
  private final Strike strike;
  private final VerifyCluster verify;
  private final List<Failure> broken = new ArrayList<>();

  DrillTurn(Setting setting, Hosts hosts, Observe observe, Onlookers onlookers) {
    this.its = setting;
    this.target = setting.turn().target();
    this.observe = observe;
    this.onlookers = onlookers;
    this.strike = new Strike(hosts, setting.drill(), target, setting.stopwatch());
    RemoteSteps remote = new RemoteSteps(hosts);
    this.verify =
        new VerifyCluster(
            setting.drill().spec(),
            setting.facts(),
            remote,
            new ControlPlane(setting.drill().spec(), setting.facts(), remote),
            observe);
  }

  /**
   * Does it.
   *
   * @return empty where a stop was requested before anything was broken
   * @throws Failure.Refused if the cluster can no longer afford it; nothing was broken
   * @throws Failure.Locked if the lock of the cluster was lost; nothing was broken
   * @throws Failure if it could not be struck
   */
  Optional<Round> run() throws InterruptedException {
    try (Commentary commentary =
        Commentary.start(its.listener(), its.stopwatch(), now -> onlookers.views(target, now))) {
      boolean _ = await(CALM, its.stop()::isRequested);
      if (!mayStrike()) {
        return Optional.empty();
      }
      Set<String> notReady = breakAndHeal(commentary);
      if (strike.struck().isEmpty()) {
        // some of it may have been in: the next one must not find that
        if (strike.healed().isPresent()) {
          awaitWell(commentary);
        }
        throw broken.getFirst();
      }
      try (Lookout lookout = Lookout.start(observe, its.turn().through())) {
        Optional<Duration> well = awaitWell(commentary);
        notReady.addAll(others(lookout));
        return Optional.of(round(well, notReady));
      }
    }
  }

  private boolean mayStrike() throws InterruptedException {
    Drill drill = its.drill();
    NodeSpec through = its.turn().through();
    if (its.stop().isRequested()) {
      return false;
    }
    ClusterApi api =
        observe
            .ask(through)
            .orElseThrow(() ->
                new Failure.Refused(
                    through.name() + " no longer answers at its API",
                    "nothing was broken. mainstay status shows how it is"));
    PlanDrill.ensureAffordable(drill.spec(), its.facts(), api, drill.fault(), target);
    Optional<Failure> forbidden = its.stop().forbids();
    if (forbidden.isPresent()) {
      throw forbidden.get();
    }
    return !its.stop().isRequested();
  }

  /** Returns the full names of the other nodes that were not Ready meanwhile. */
  private Set<String> breakAndHeal(Commentary commentary) throws InterruptedException {
    Set<String> notReady = new TreeSet<>();
    try {
      strike.strike();
      commentary.happened(
          strike.struck().orElseThrow(), target.name() + ": " + its.drill().fault().meaning());
      if (its.drill().fault().lasts()) {
        notReady.addAll(lookOn(commentary));
      }
    } catch (Failure failure) {
      breaks(failure, commentary);
    } finally {
      heal(commentary);
    }
    return notReady;
  }

  private Set<String> lookOn(Commentary commentary) throws InterruptedException {
    try (Lookout lookout = Lookout.start(observe, its.turn().through())) {
      boolean _ =
          await(
              its.drill().lasts(), () -> its.stop().isRequested() || lookout.danger().isPresent());
      lookout.danger().ifPresent(failure -> breaks(failure, commentary));
      return others(lookout);
    }
  }

  private Set<String> others(Lookout lookout) {
    Set<String> notReady = lookout.notReady();
    notReady.remove(its.drill().spec().fullName(target));
    return notReady;
  }

  private void heal(Commentary commentary) throws InterruptedException {
    try {
      strike.heal(AGAIN);
      if (its.drill().fault().lasts() && strike.struck().isPresent()) {
        commentary.happened(strike.healed().orElseThrow(), target.name() + ": healed");
      }
    } catch (Failure failure) {
      breaks(failure, commentary);
    }
  }

  /** Returns when all was well, empty where it did not come to that. */
  private Optional<Duration> awaitWell(Commentary commentary) throws InterruptedException {
    Optional<Duration> well = Optional.empty();
    try {
      // who interrupts it wants to have it healed, and no more
      if (strike.healed().isPresent()
          && verify.awaitUnless(
              its.stop()::isRequested, lacks -> commentary.happened(its.stopwatch().now(), lacks))
          && awaitUp()) {
        well = Optional.of(its.stopwatch().now());
        commentary.happened(well.get(), "all is well");
        boolean _ = await(AFTERWARDS, () -> false);
      }
    } catch (Failure failure) {
      breaks(failure, commentary);
    }
    if (well.isEmpty() && its.stop().isRequested()) {
      breaks(new Failure.Failed("interrupted", ""), commentary);
    }
    return well;
  }

  /** Returns whether every proxy led to the target again before a stop was requested. */
  private boolean awaitUp() throws InterruptedException {
    if (await(UP_AGAIN, () -> its.stop().isRequested() || onlookers.allUp(target))) {
      return onlookers.allUp(target);
    }
    throw new Failure.Failed(
        target.name() + ": not every local proxy leads to it again after a minute",
        "mainstay status shows which; journalctl -u mainstay-proxy there says why");
  }

  /** Returns whether {@code until} came true before the time was over. */
  private boolean await(Duration most, BooleanSupplier until) throws InterruptedException {
    Duration end = its.stopwatch().now().plus(most);
    while (!until.getAsBoolean()) {
      if (its.stopwatch().now().compareTo(end) >= 0) {
        return false;
      }
      Thread.sleep(LOOK);
    }
    return true;
  }

  private void breaks(Failure failure, Commentary commentary) {
    // why nothing was struck is thrown, and told there
    if (strike.struck().isPresent() || !broken.isEmpty()) {
      commentary.happened(its.stopwatch().now(), String.valueOf(failure.getMessage()));
    }
    broken.add(failure);
  }

  private Round round(Optional<Duration> well, Set<String> notReady) {
    Duration struck = strike.struck().orElseThrow();
    // what does not last is over the moment that it is there
    Optional<Duration> healed = its.drill().fault().lasts() ? strike.healed() : Optional.of(struck);
    Moments moments =
        new Moments(target.name().value(), struck, healed, well.orElseGet(its.stopwatch()::now));
    return new Round(
        target,
        moments,
        well.flatMap(end -> healed.map(end::minus)),
        notReady,
        onlookers.reports(moments),
        broken);
  }
}
