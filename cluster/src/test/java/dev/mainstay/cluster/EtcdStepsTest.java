package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.engine.Apply;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Output;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class EtcdStepsTest {
  private final ClusterSpec spec = Fixture.spec(1, 0);
  private final FakeHosts hosts = new FakeHosts();
  private final AtomicReference<Optional<Failure>> lost = new AtomicReference<>(Optional.empty());

  /** Two steps, of which the first loses the lock: the scripts that were run. */
  private List<String> run(Disruption first) throws InterruptedException {
    hosts.answer(
        "etcd-stop",
        ran -> {
          lost.set(Optional.of(new Failure.Locked("the lock is gone", "")));
          return new Output(0, "", "");
        });
    var m1 = Fixture.node(spec, "m1");
    Step<Action> stop = step("stop", first, Set.of(), new EtcdAction.Stop(m1, "r1"));
    Step<Action> swap =
        step("swap", Disruption.CONTROL_PLANE, Set.of("stop"), new EtcdAction.Swap(m1, "r1"));
    StopSignal signal = new StopSignal(lost::get);
    EtcdSteps steps =
        new EtcdSteps(
            spec,
            new RemoteSteps(hosts),
            new Observe(hosts, Clock.systemUTC()),
            EtcdSteps.Snapshot.NONE,
            _ -> {});
    new Apply<>(steps.guardedBy(signal), List.of(), signal, 4, System::nanoTime)
        .run(new Plan<>(List.of(new Phase<>("p", "p", List.of(stop, swap)))));
    return hosts.scripts();
  }

  private static Step<Action> step(
      String id, Disruption disrupts, Set<String> after, Action action) {
    return new Step<>(id, "m1", Why.RESTORE_ASKED, "do " + id, disrupts, after, action);
  }

  @Test
  void beginsNothingMoreAsLongAsNothingIsDisrupted() throws Exception {
    assertThat(run(Disruption.NONE)).containsExactly("m1 etcd-stop");
  }

  @Test
  void goesOnWhereMastersAreStoppedAlready() throws Exception {
    assertThat(run(Disruption.CONTROL_PLANE)).containsExactly("m1 etcd-stop", "m1 etcd-swap");
  }
}
