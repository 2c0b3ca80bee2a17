package dev.mainstay.cli;

import dev.mainstay.cluster.Action;
import dev.mainstay.cluster.ClusterLock;
import dev.mainstay.cluster.ProveCertificates;
import dev.mainstay.engine.Journal;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.RunListener;
import dev.mainstay.engine.Runs;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A plan from the question to the report: agree, do under a journal, tell. */
final class PlanRun {
  /** Carries the plan out. */
  interface Work {
    Outcome run(List<RunListener<Action>> listeners, StopSignal stop) throws InterruptedException;
  }

  /**
   * What came of it.
   *
   * @param proof what became of certificates that were there before, where it was looked at
   */
  record Outcome(Map<Step<Action>, StepResult> results, Optional<ProveCertificates.Proof> proof) {
    /** 7 where the lock was lost on the way, 6 where a gate protected quorum or data; else 1. */
    int failedExit() {
      return first(Failure.Locked.class)
          .or(() -> first(Failure.Refused.class))
          .map(Failure::exitCode)
          .orElse(ExitCode.FAILED);
    }

    private Optional<Failure> first(Class<? extends Failure> kind) {
      return results.values().stream()
          .flatMap(result -> result.failure().stream())
          .filter(kind::isInstance)
          .findFirst();
    }

    boolean isDone() {
      return proof.map(seen -> seen.violations().isEmpty()).orElse(true)
          && results.values().stream().allMatch(StepResult::isDone);
    }
  }

  /**
   * What a run says.
   *
   * @param command how the run is called in the journal
   * @param nothing where the plan is empty
   * @param question before the plan is carried out
   * @param done when all went well
   * @param goOn the command that goes on with what did not
   */
  record Words(String command, String nothing, String question, String done, String goOn) {}

  /**
   * How long a run that was interrupted may take to end: a snapshot of etcd may be two hours on its
   * way.
   */
  static final Duration LONGEST_STEP = Duration.ofHours(3);

  /** The command that goes on with a run, in the facts of its journal. */
  static final String GO_ON = "goOn";

  private final Session session;
  private final GlobalOptions options;
  private final ClusterSpec spec;
  private final Words words;
  private final Map<String, String> wishes;

  PlanRun(Session session, GlobalOptions options, ClusterSpec spec, Words words) {
    this(session, options, spec, words, Map.of());
  }

  /**
   * A run that may be resumed.
   *
   * @param wishes what resuming it has to know, for the journal
   */
  PlanRun(
      Session session,
      GlobalOptions options,
      ClusterSpec spec,
      Words words,
      Map<String, String> wishes) {
    this.session = session;
    this.options = options;
    this.spec = spec;
    this.words = words;
    this.wishes = Map.copyOf(wishes);
  }

  /**
   * Runs it and prints the result.
   *
   * @param unreachable the hosts that the plan leaves out
   * @param lock held since before the plan was made; without it no step begins
   * @return the exit code
   * @throws Failure.Locked if the lock was lost before anything was begun
   */
  int run(Plan<Action> plan, Collection<Failure> unreachable, ClusterLock lock, Work work)
      throws InterruptedException {
    PrintStream err = session.terminal().err();
    unreachable.forEach(failure -> err.println(failure.text()));
    int unreached = unreachable.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    if (plan.isEmpty()) {
      report(plan, new Outcome(Map.of(), Optional.empty()));
      if (!options.json()) {
        session
            .terminal()
            .out()
            .println(unreachable.isEmpty() ? words.nothing() : PlanText.nothing(false));
      }
      return unreached;
    }
    if (!agreed(plan)) {
      err.println("nothing was changed");
      return ExitCode.FAILED;
    }
    lock.ensureHeld();
    int code = carryOut(plan, unreachable.isEmpty(), new StopSignal(lock::lost), work);
    return code == ExitCode.DONE ? unreached : code;
  }

  private boolean agreed(Plan<Action> plan) {
    if (options.yes || !session.terminal().interactive()) {
      return true;
    }
    session
        .terminal()
        .err()
        .print(PlanText.of(plan, new Runs(options.home(session, spec).runs()).usualDurations()));
    return session.terminal().confirm(words.question());
  }

  private int carryOut(Plan<Action> plan, boolean allReached, StopSignal stop, Work work)
      throws InterruptedException {
    Runs runs = new Runs(options.home(session, spec).runs());
    Map<String, String> facts = new LinkedHashMap<>(wishes);
    facts.put("command", words.command());
    facts.put(GO_ON, words.goOn());
    facts.put("file", options.clusterFile(session).toAbsolutePath().normalize().toString());
    facts.put("owner", session.owner());
    try (OnInterrupt _ =
            new OnInterrupt(
                session.terminal(),
                stop,
                "stopping after the running steps; " + words.goOn() + " goes on",
                LONGEST_STEP);
        Journal<Action> journal = runs.start(facts, session.clock())) {
      journal.planned(plan);
      RunProgress progress = RunProgress.of(session.terminal(), options, plan);
      long start = System.nanoTime();
      Outcome outcome = work.run(List.of(journal, progress), stop);
      boolean done = outcome.isDone();
      report(plan, outcome);
      outcome.proof().ifPresent(this::tell);
      summary(outcome, allReached, stop.isRequested(), System.nanoTime() - start);
      journal.end(done ? "done" : stop.isRequested() ? "interrupted" : "failed");
      return done
          ? ExitCode.DONE
          : stop.isRequested() ? ExitCode.INTERRUPTED : outcome.failedExit();
    }
  }

  private void report(Plan<Action> plan, Outcome outcome) {
    PrintStream out = session.terminal().out();
    if (options.json()) {
      Map<String, Object> document = Json.plan(plan, Map.of(), outcome.results());
      outcome.proof().ifPresent(seen -> document.put("certificates", Json.proof(seen)));
      out.println(Json.text(document));
    }
  }

  private void tell(ProveCertificates.Proof proof) {
    PrintStream err = session.terminal().err();
    long changed = proof.fingerprints().stream().filter(one -> !one.isUnchanged()).count();
    err.println(
        "certificates and keys that were there before: %d compared, %s"
            .formatted(
                proof.fingerprints().size(), changed == 0 ? "none changed" : changed + " changed"));
    proof
        .violations()
        .forEach(one ->
            err.println(
                "%s: %s is another one now, which nothing should have changed: sha256 before %s, after %s"
                    .formatted(
                        one.node(),
                        one.file(),
                        one.before(),
                        one.after().isEmpty() ? "gone" : one.after())));
    if (!proof.silent().isEmpty()) {
      err.println("could not be asked afterwards: " + String.join(", ", proof.silent()));
    }
  }

  /** Whether all is done but for the last look at the whole, which every apply takes. */
  static boolean lacksOnlyTheLook(Map<Step<Action>, StepResult> results) {
    return results.entrySet().stream()
        .filter(one -> !one.getValue().isDone())
        .allMatch(one -> one.getKey().action() instanceof Action.Verify);
  }

  private void summary(Outcome outcome, boolean allReached, boolean interrupted, long nanos) {
    PrintStream err = session.terminal().err();
    Map<Step<Action>, StepResult> results = outcome.results();
    long done = results.values().stream().filter(StepResult::isDone).count();
    List<Map.Entry<Step<Action>, StepResult>> failed =
        results.entrySet().stream()
            .filter(entry -> entry.getValue().outcome() == StepResult.Outcome.FAILED)
            .toList();
    long skipped = results.size() - done - failed.size();
    for (Map.Entry<Step<Action>, StepResult> failure : failed) {
      err.println(failure.getKey().id() + ": " + failure.getValue().detail());
    }
    outcome.first(Failure.Locked.class).ifPresent(lost -> err.println(lost.text()));
    err.println(
        String.format(
            Locale.ROOT,
            "%s: %d steps done, %d failed, %d not begun, %.1f s",
            spec.name(),
            done,
            failed.size(),
            skipped,
            nanos / 1e9));
    if (done == results.size()) {
      err.println(
          allReached
              ? words.done()
              : "done on the hosts that answer; what was said of the others above is not");
    } else {
      err.println(
          (interrupted ? "interrupted. " : "")
              + "What is done stays. Go on with: "
              + (lacksOnlyTheLook(results) ? "mainstay apply" : words.goOn())
              + " -f "
              + options.clusterFile(session));
    }
  }
}
