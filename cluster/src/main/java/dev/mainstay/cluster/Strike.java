package dev.mainstay.cluster;

import dev.mainstay.cluster.drill.Stopwatch;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.LineOutput;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.Stdin;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Mutable: one fault on one host, from the timer that heals it whatever becomes of us, over the
 * moment that it struck, to the moment that it is gone.
 */
final class Strike {
  private static final Duration SHORT = Duration.ofMinutes(1);
  // the timer is for a control machine that is gone: ours comes first
  private static final Duration MARGIN = Duration.ofSeconds(30);
  private static final Duration TIMERS_WORK = Duration.ofSeconds(15);

  private final Hosts hosts;
  private final Drill drill;
  private final NodeSpec target;
  private final Stopwatch stopwatch;
  private final AtomicReference<Optional<Duration>> struck =
      new AtomicReference<>(Optional.empty());
  private final AtomicReference<Optional<Duration>> healed =
      new AtomicReference<>(Optional.empty());

  private Optional<Duration> armed = Optional.empty();

  /** Does nothing yet. */
  Strike(Hosts hosts, Drill drill, NodeSpec target, Stopwatch stopwatch) {
    this.hosts = hosts;
    this.drill = drill;
    this.target = target;
    this.stopwatch = stopwatch;
  }

  /** When it struck, as far as the host could say so; empty before. */
  Optional<Duration> struck() {
    return struck.get();
  }

  /** When the fault was gone again; empty before. */
  Optional<Duration> healed() {
    return healed.get();
  }

  /**
   * Puts the fault in.
   *
   * @throws Failure if it is not known to be in; some of it may be, and is to be healed
   */
  void strike() throws InterruptedException {
    String heal = Scripts.script("drill-heal");
    // who cannot even log in has broken nothing
    Host host = hosts.login(target);
    try {
      run(
          host,
          new RemoteCommand(
              Scripts.script("drill-strike"),
              List.of(
                  HostFile.sha256(heal),
                  drill.fault().word(),
                  String.valueOf(timer().toSeconds()),
                  String.valueOf(target.ssh().port())),
              Stdin.of(Secret.of(heal)),
              SHORT),
          new Word("striking", struck),
          drill.fault().word());
      tellOnce(struck);
    } finally {
      armed = Optional.of(stopwatch.now());
    }
  }

  /**
   * Takes the fault out, and tries again until the host's own timer has had its time; where there
   * is no fault nothing is changed.
   *
   * @param pause between two attempts
   * @throws Failure.Failed if it could not be done, nor seen that the timer did
   */
  void heal(Duration pause) throws InterruptedException {
    if (armed.isEmpty()) {
      return;
    }
    Duration due = armed.get().plus(timer()).plus(TIMERS_WORK);
    while (true) {
      try {
        run(
            hosts.login(target),
            new RemoteCommand(Scripts.script("drill-heal"), List.of(), Stdin.EMPTY, SHORT),
            new Word("healed", healed),
            "healing");
        // a timer that came first says nothing to us
        tellOnce(healed);
        return;
      } catch (Failure lost) {
        if (stopwatch.now().compareTo(due) > 0) {
          throw new Failure.Failed(
              "%s: what was broken (%s) could not be healed from here: %s"
                  .formatted(target.name(), drill.fault().word(), lost.getMessage()),
              "the host's own timer (there: systemctl list-timers mainstay-drill-heal.timer) tries"
                  + " until it is healed; mainstay status shows when it is well");
        }
        Thread.sleep(pause);
      }
    }
  }

  /** From the strike until the host heals itself. */
  private Duration timer() {
    return drill.lasts().plus(MARGIN);
  }

  /** A line of a script, and the moment at which it came. */
  private record Word(String line, AtomicReference<Optional<Duration>> moment) {}

  private void run(Host host, RemoteCommand command, Word word, String doing)
      throws InterruptedException {
    Output output =
        host.run(
            command,
            new LineOutput(line -> {
              if (line.equals(word.line())) {
                tellOnce(word.moment());
              }
            }));
    if (!output.isSuccess()) {
      throw RemoteSteps.failure(target, doing, output);
    }
  }

  private void tellOnce(AtomicReference<Optional<Duration>> moment) {
    moment.updateAndGet(told -> told.or(() -> Optional.of(stopwatch.now())));
  }
}
