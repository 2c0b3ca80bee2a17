package dev.mainstay.cli;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.cluster.Action;
import dev.mainstay.cluster.ApplyChanges;
import dev.mainstay.cluster.Changes;
import dev.mainstay.cluster.ClusterLock;
import dev.mainstay.cluster.PlanChanges;
import dev.mainstay.cluster.ProveCertificates;
import dev.mainstay.engine.Journal;
import dev.mainstay.engine.Runs;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.ssh.Hosts;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One apply from the file to the report: lock, observe, plan, agree, do, tell. */
final class ApplyRun {
  private final Session session;
  private final GlobalOptions options;

  ApplyRun(Session session, GlobalOptions options) {
    this.session = session;
    this.options = options;
  }

  /**
   * Runs it and prints the result.
   *
   * @param command how the run is called in the journal
   * @return the exit code
   */
  int run(String command) throws InterruptedException {
    ClusterSpec spec = options.spec(session);
    Bundle bundle = new BundleSupply(session).forApply(spec.kubernetes());
    try (Hosts hosts = options.hosts(session, spec);
        ClusterLock _ = ClusterLock.take(spec, hosts, session.owner())) {
      Changes changes =
          new PlanChanges(hosts, session.clock(), () -> UUID.randomUUID().toString())
              .plan(spec, bundle);
      PrintStream err = session.terminal().err();
      changes.warnings().forEach(err::println);
      changes.unreachable().values().forEach(failure -> err.println(failure.text()));
      int unreached = changes.unreachable().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
      if (changes.plan().isEmpty()) {
        report(changes, Map.of(), Optional.empty());
        return unreached;
      }
      if (!agreed(changes, spec)) {
        err.println("nothing was changed");
        return ExitCode.FAILED;
      }
      int code = apply(command, spec, hosts, changes);
      return code == ExitCode.DONE ? unreached : code;
    }
  }

  private boolean agreed(Changes changes, ClusterSpec spec) {
    if (options.yes || !session.terminal().interactive()) {
      return true;
    }
    session
        .terminal()
        .err()
        .print(
            PlanText.of(
                changes.plan(), new Runs(options.home(session, spec).runs()).usualDurations()));
    return session.terminal().confirm("Apply this plan?");
  }

  private int apply(String command, ClusterSpec spec, Hosts hosts, Changes changes)
      throws InterruptedException {
    StopSignal stop = new StopSignal();
    CountDownLatch ended = new CountDownLatch(1);
    Thread onInterrupt = new Thread(() -> stopAndWait(stop, ended), "interrupt");
    Runs runs = new Runs(options.home(session, spec).runs());
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("command", command);
    facts.put("file", options.clusterFile(session).toAbsolutePath().normalize().toString());
    facts.put("owner", session.owner());
    Runtime.getRuntime().addShutdownHook(onInterrupt);
    try (Journal<Action> journal = runs.start(facts, session.clock())) {
      journal.planned(changes.plan());
      RunProgress progress =
          new RunProgress(
              session.terminal(),
              changes.plan(),
              session.terminal().colour() && !options.noColor && !options.json(),
              System::nanoTime);
      long start = System.nanoTime();
      Map<Step<Action>, StepResult> results =
          new ApplyChanges(hosts, session.clock()).apply(changes, List.of(journal, progress), stop);
      Optional<ProveCertificates.Proof> proof = new ProveCertificates(hosts).prove(changes);
      boolean kept = proof.map(seen -> seen.violations().isEmpty()).orElse(true);
      boolean done = kept && results.values().stream().allMatch(StepResult::isDone);
      journal.end(done ? "done" : stop.isRequested() ? "interrupted" : "failed");
      report(changes, results, proof);
      proof.ifPresent(this::tell);
      summary(spec, results, stop.isRequested(), System.nanoTime() - start);
      return done ? ExitCode.DONE : stop.isRequested() ? ExitCode.INTERRUPTED : ExitCode.FAILED;
    } finally {
      ended.countDown();
    }
  }

  private void stopAndWait(StopSignal stop, CountDownLatch ended) {
    if (ended.getCount() == 0) {
      return;
    }
    stop.request();
    session
        .terminal()
        .err()
        .println("\nstopping after the running steps; mainstay runs resume (or apply) goes on");
    try {
      ended.await(30, TimeUnit.MINUTES);
    } catch (InterruptedException killed) {
      Thread.currentThread().interrupt();
    }
  }

  private void report(
      Changes changes,
      Map<Step<Action>, StepResult> results,
      Optional<ProveCertificates.Proof> proof) {
    PrintStream out = session.terminal().out();
    if (options.json()) {
      Map<String, Object> document = Json.plan(changes.plan(), Map.of(), results);
      proof.ifPresent(seen -> document.put("certificates", Json.proof(seen)));
      out.println(Json.text(document));
    } else if (changes.plan().isEmpty()) {
      out.println("nothing to do: the cluster is what the file says");
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

  private void summary(
      ClusterSpec spec, Map<Step<Action>, StepResult> results, boolean interrupted, long nanos) {
    PrintStream err = session.terminal().err();
    long done = results.values().stream().filter(StepResult::isDone).count();
    List<Map.Entry<Step<Action>, StepResult>> failed =
        results.entrySet().stream()
            .filter(entry -> entry.getValue().outcome() == StepResult.Outcome.FAILED)
            .toList();
    long skipped = results.size() - done - failed.size();
    for (Map.Entry<Step<Action>, StepResult> failure : failed) {
      err.println(failure.getKey().id() + ": " + failure.getValue().detail());
    }
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
          "the cluster is what the file says. Its endpoint on every node: https://"
              + spec.endpoint());
    } else {
      err.println(
          (interrupted ? "interrupted. " : "")
              + "What is done stays. Go on with: mainstay apply -f "
              + options.clusterFile(session));
    }
  }
}
