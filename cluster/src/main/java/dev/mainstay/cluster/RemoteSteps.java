package dev.mainstay.cluster;

import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.Stdin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Runs scripts of the closed vocabulary and turns what goes wrong into failures with advice. */
final class RemoteSteps {
  // what a script ends with that protects quorum or data
  private static final int REFUSED = 6;
  private static final Duration REGISTERING = Duration.ofMinutes(15);
  private static final Duration TRY = Duration.ofSeconds(30);

  private final Hosts hosts;
  private final StopSignal stop;

  /** Steps that nothing forbids to go on. */
  RemoteSteps(Hosts hosts) {
    this(hosts, new StopSignal());
  }

  /**
   * Steps under a guard.
   *
   * @param stop asked before each script, not only before each step: a step may wait for minutes
   *     between two, and whoever has lost the cluster's lock meanwhile changes nothing more
   */
  RemoteSteps(Hosts hosts, StopSignal stop) {
    this.hosts = hosts;
    this.stop = stop;
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

  /**
   * Runs a script that takes its input whole or not at all: the input's sha256 is its first
   * argument.
   *
   * @param arguments those after the first one
   */
  String feed(
      NodeSpec node,
      String doing,
      String script,
      Secret input,
      List<String> arguments,
      Duration deadline)
      throws InterruptedException {
    List<String> all = new ArrayList<>();
    all.add(HostFile.sha256(input.reveal()));
    all.addAll(arguments);
    return run(node, doing, script, all, Stdin.of(input), deadline);
  }

  /**
   * Runs {@code script} and returns its output whatever its exit status.
   *
   * @throws Failure.Locked or what else the guard says, where it forbids to go on
   */
  Output tryRun(
      NodeSpec node, String script, List<String> arguments, Stdin stdin, Duration deadline)
      throws InterruptedException {
    Optional<Failure> forbidden = stop.forbids();
    if (forbidden.isPresent()) {
      throw forbidden.get();
    }
    return hosts
        .login(node)
        .run(new RemoteCommand(Scripts.script(script), arguments, stdin, deadline));
  }

  /**
   * Runs {@code script}, which takes no arguments and changes nothing, until it succeeds, for
   * {@code most} or a little longer.
   *
   * @param told each output that is no success
   * @return the last output: one that is no success where all tries were in vain
   * @throws Failure.Failed if a stop was asked for meanwhile
   */
  Output until(NodeSpec node, String script, Duration most, Duration pause, Consumer<Output> told)
      throws InterruptedException {
    long giveUp = System.nanoTime() + most.toNanos();
    while (true) {
      Output output = tryRun(node, script, List.of(), Stdin.EMPTY, TRY);
      if (output.isSuccess() || System.nanoTime() - giveUp >= 0) {
        return output;
      }
      if (stop.endsWaits()) {
        throw new Failure.Failed(
            "stopped while this was waited for: " + output.tail(2), "run the same command again");
      }
      told.accept(output);
      Thread.sleep(pause);
    }
  }

  /** Whether to wait on for what somebody else must bring about is in vain. */
  boolean endsWaits() {
    return stop.endsWaits();
  }

  /** Gives the cluster {@code node}'s Node again where it has none; false where it has one. */
  boolean register(ClusterSpec spec, NodeSpec node) throws InterruptedException {
    return run(
            node,
            "registering its Node",
            "register",
            List.of(spec.fullName(node), node.role().word()),
            Stdin.EMPTY,
            REGISTERING)
        .contains("registered");
  }

  static Failure failure(NodeSpec node, String doing, Output output) {
    String came = output.tail(12);
    if (output.exit() == REFUSED) {
      return new Failure.Refused(
          "%s (%s): %s: %s".formatted(node.name(), node.address(), doing, came),
          Advice.on(came, node));
    }
    return new Failure.Failed(
        "%s (%s): %s failed: %s"
            .formatted(
                node.name(),
                node.address(),
                doing,
                came.isEmpty() ? "exit status " + output.exit() : came),
        Advice.on(came, node));
  }

  /**
   * Why none of the masters did what they were asked for one after the other: unreachable where
   * none could be reached, else what they say, each difference once.
   *
   * @param what has not been done: {@code "no master's API signed"}
   * @param failures one a master
   */
  static Failure noMaster(String what, List<Failure> failures) {
    if (failures.stream().allMatch(Failure.Unreachable.class::isInstance)) {
      return failures.getFirst();
    }
    return new Failure.Failed(
        failures.stream()
            .map(Failure::getMessage)
            .distinct()
            .collect(Collectors.joining("\n", what + ":\n", "")),
        "mainstay status shows how the masters are");
  }
}
