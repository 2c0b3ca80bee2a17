package dev.mainstay.cluster;

import dev.mainstay.engine.Apply;
import dev.mainstay.engine.FanOut;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.RunListener;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Takes the whole of etcd back to a snapshot; names, certificates and workers stay as they are. */
public final class RestoreEtcd {
  private static final int WINDOW = 64;

  private final Hosts hosts;
  private final Clock clock;

  public RestoreEtcd(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
  }

  /**
   * What a restore would do.
   *
   * @param at when the snapshot was taken; empty where nobody knows
   * @param revision the snapshot's; 0 where it is not known, of one that an earlier run began with
   * @param now the revision that etcd has now; 0 where nobody knows
   * @param goesOn whether an earlier run began it
   * @param endsOnly whether all masters serve on its data already, so that nothing is taken back
   *     any more
   * @param without masters that cannot be reached, without which it goes on
   */
  public record Restore(
      ClusterSpec spec,
      String id,
      Plan<Action> plan,
      Optional<Instant> at,
      long revision,
      long now,
      boolean goesOn,
      boolean endsOnly,
      List<NodeName> without,
      Internals internals) {
    public Restore {
      without = List.copyOf(without);
    }
  }

  /** What carrying it out needs. */
  public static final class Internals {
    private final EtcdSteps.Snapshot snapshot;

    private Internals(EtcdSteps.Snapshot snapshot) {
      this.snapshot = snapshot;
    }
  }

  /**
   * Plans the restore of {@code path}; every byte of it is looked at, and changes nothing.
   *
   * @param identity the file of age's identities
   * @param freshId the id of the restore, if it does not go on with an earlier one
   * @throws Failure.Refused if it is not a verified snapshot of this cluster, or not all members
   *     can take part
   */
  public Restore plan(ClusterSpec spec, Path path, Optional<Path> identity, String freshId)
      throws InterruptedException {
    BackupFile file = BackupFile.open(path, identity);
    BackupFile.Checked checked = verified(file);
    EtcdView view = new LookAtEtcd(hosts).all(spec);
    String clusterId = view.clusterId();
    long revision;
    if (file.record().isPresent()) {
      BackupRecord record = file.record().get();
      refuseOther(path, List.of(record.clusterId()), clusterId);
      revision = record.revision();
    } else if (PlanRestore.hasBegun(view, checked.sha256())) {
      // it was verified then; by now no etcd may run that could do it again
      revision = 0;
    } else {
      VerifyBackup.Restored restored = restored(view, file, checked);
      refuseOther(path, restored.clusters(), clusterId);
      revision = restored.revision();
    }
    PlanRestore.Planned planned =
        new PlanRestore(view, workers(spec), checked.sha256(), revision, freshId).plan();
    return new Restore(
        spec,
        planned.id(),
        planned.plan(),
        file.record().map(BackupRecord::at),
        revision,
        view.newestRevision(),
        planned.goesOn(),
        planned.endsOnly(),
        planned.without().stream().map(NodeSpec::name).toList(),
        new Internals(new EtcdSteps.Snapshot(VerifyBackup.stream(file), checked, clusterId)));
  }

  /** The workers that let us in. */
  private List<NodeSpec> workers(ClusterSpec spec) throws InterruptedException {
    return FanOut.map(
            spec.workers(),
            WINDOW,
            worker -> {
              try {
                hosts.login(worker);
                return List.of(worker);
              } catch (Failure lost) {
                return List.<NodeSpec>of();
              } catch (InterruptedException interrupted) {
                throw new CancellationException();
              }
            })
        .stream()
        .flatMap(List::stream)
        .toList();
  }

  private static BackupFile.Checked verified(BackupFile file) {
    try {
      return file.check();
    } catch (Failure.Failed broken) {
      throw new Failure.Refused(
          String.valueOf(broken.getMessage()), "nothing was changed: " + broken.advice());
    }
  }

  /** Nobody verified it before us. */
  private VerifyBackup.Restored restored(EtcdView view, BackupFile file, BackupFile.Checked checked)
      throws InterruptedException {
    try {
      return new VerifyBackup(hosts)
          .restore(view, file, checked)
          .orElseThrow(() ->
              new Failure.Refused(
                  file.path() + " has no record, and no master could be reached to verify it",
                  "nothing was changed"));
    } catch (Failure.Failed broken) {
      boolean served = view.facts().values().stream().anyMatch(one -> one.status().isPresent());
      throw new Failure.Refused(
          String.valueOf(broken.getMessage()),
          served
              ? "nothing was changed: " + broken.advice()
              : "nothing was changed. The backup has no record, and no etcd answers that could"
                  + " verify"
                  + " it: lay its record beside it, %s, which lies where the backup was made"
                      .formatted(BackupFile.recordOf(file.path())));
    }
  }

  private static void refuseOther(Path path, List<String> clusters, String ours) {
    if (!clusters.contains(ours)) {
      throw new Failure.Refused(
          clusters.isEmpty()
              ? path + " has no record and does not say of which cluster it is"
              : "%s is a snapshot of another cluster (id %s, not %s)"
                  .formatted(path, String.join(", ", clusters), ours),
          "nothing was changed. Its Nodes, certificates and tokens would not be those of this"
              + " cluster");
    }
  }

  /**
   * Carries it out; one result a step. Where it did not come to where masters start, it is undone:
   * the cluster then runs on what it had. Where nothing was prepared there is nothing to undo.
   *
   * @param told is told at its end what did not go well though it went on, and what the undoing
   *     did, a line each
   */
  public Map<Step<Action>, StepResult> run(
      Restore restore, List<RunListener<Action>> listeners, StopSignal stop, Consumer<String> told)
      throws InterruptedException {
    List<String> warnings = new CopyOnWriteArrayList<>();
    EtcdSteps steps =
        EtcdSteps.over(
            hosts, clock, restore.spec(), restore.internals().snapshot, stop, warnings::add);
    Map<Step<Action>, StepResult> results =
        new Apply<>(steps.guardedBy(stop), listeners, stop, WINDOW, System::nanoTime)
            .run(restore.plan());
    warnings.forEach(told);
    if (!restore.goesOn() && !hasStarted(results) && hasDisrupted(results)) {
      undo(restore.spec(), stop, told);
    }
    return results;
  }

  private static boolean hasStarted(Map<Step<Action>, StepResult> results) {
    return results.entrySet().stream()
        .anyMatch(one ->
            one.getKey().action() instanceof EtcdAction.Start
                && one.getValue().outcome() != StepResult.Outcome.SKIPPED);
  }

  /** Whether anything was begun that has to be undone; also what was only prepared takes room. */
  private static boolean hasDisrupted(Map<Step<Action>, StepResult> results) {
    return results.entrySet().stream()
        .filter(one ->
            one.getKey().action() instanceof EtcdAction.Prepare
                || one.getKey().action() instanceof EtcdAction.Stop)
        .anyMatch(one -> one.getValue().outcome() != StepResult.Outcome.SKIPPED);
  }

  /**
   * Undoes it where that is safe, as {@link UndoEtcd} sees it anew: who lost the cluster's lock on
   * the way does not know how far somebody else has gone on with it.
   */
  private void undo(ClusterSpec spec, StopSignal stop, Consumer<String> told)
      throws InterruptedException {
    try {
      Optional<Failure> lost = stop.guardSays();
      if (lost.isPresent()) {
        throw lost.get();
      }
      UndoEtcd undoing = new UndoEtcd(hosts, clock);
      UndoEtcd.Undo undo = undoing.plan(spec, Set.of());
      List<String> failed = new ArrayList<>();
      undo.unreachable().forEach(host -> failed.add(host.text()));
      undoing.run(undo, List.of(), new StopSignal()).values().stream()
          .filter(result -> !result.isDone())
          .forEach(result -> failed.add(result.detail()));
      if (failed.isEmpty()) {
        told.accept("undone: every master runs on the data that it had");
        return;
      }
      told.accept("not undone everywhere; mainstay etcd undo goes on with it:");
      failed.forEach(told);
    } catch (Failure refused) {
      told.accept("not undone: " + refused.getMessage());
      told.accept("mainstay etcd undo gives every master what it had, as long as none was started");
    }
  }
}
