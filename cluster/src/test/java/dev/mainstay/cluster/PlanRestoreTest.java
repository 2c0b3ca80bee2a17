package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.cluster.EtcdFacts.Restoring.Step;
import dev.mainstay.model.Failure;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PlanRestoreTest {
  private static final String SHA = "5".repeat(64);

  private static PlanRestore.Planned plan(FakeEtcd etcd) {
    return new PlanRestore(etcd.view(), etcd.spec().workers(), SHA, 900, "restore-new").plan();
  }

  private static List<String> ids(PlanRestore.Planned planned) {
    return planned.plan().steps().stream().map(dev.mainstay.engine.Step::id).toList();
  }

  private static Set<String> after(PlanRestore.Planned planned, String id) {
    return planned.plan().steps().stream()
        .filter(step -> step.id().equals(id))
        .findFirst()
        .orElseThrow()
        .after();
  }

  @Test
  void nothingStopsBeforeAllIsPreparedAndNothingStartsBeforeAllIsSwapped() {
    PlanRestore.Planned planned = plan(new FakeEtcd(3));
    assertThat(ids(planned))
        .containsExactly(
            "etcd/keep/m2",
            "etcd/prepare/m1",
            "etcd/prepare/m2",
            "etcd/prepare/m3",
            "etcd/stop/m1",
            "etcd/stop/m2",
            "etcd/stop/m3",
            "etcd/swap/m1",
            "etcd/swap/m2",
            "etcd/swap/m3",
            "etcd/start/m1",
            "etcd/start/m2",
            "etcd/start/m3",
            "nodes/register/m1",
            "nodes/register/m2",
            "nodes/register/m3",
            "nodes/register/w1",
            "etcd/finish/m1",
            "etcd/finish/m2",
            "etcd/finish/m3",
            "cluster/verify");
    // a node that does not register is waited for by the same restore; the look at the whole is not
    assertThat(after(planned, "etcd/finish/m1"))
        .containsExactlyInAnyOrder(
            "nodes/register/m1", "nodes/register/m2", "nodes/register/m3", "nodes/register/w1");
    assertThat(after(planned, "cluster/verify")).contains("etcd/finish/m1");
    for (String master : List.of("m1", "m2", "m3")) {
      assertThat(after(planned, "etcd/stop/" + master))
          .containsExactlyInAnyOrder(
              "etcd/keep/m2", "etcd/prepare/m1", "etcd/prepare/m2", "etcd/prepare/m3");
      assertThat(after(planned, "etcd/swap/" + master))
          .containsExactlyInAnyOrder("etcd/stop/m1", "etcd/stop/m2", "etcd/stop/m3");
      assertThat(after(planned, "etcd/start/" + master))
          .containsExactlyInAnyOrder("etcd/swap/m1", "etcd/swap/m2", "etcd/swap/m3");
    }
    assertThat(planned.goesOn()).isFalse();
    assertThat(planned.id()).isEqualTo("restore-new");
  }

  @Test
  void everyMemberGetsTheSameClusterAndTheSameRevisionAheadOfAllThatWasSeen() {
    FakeEtcd etcd = new FakeEtcd(3);
    List<EtcdAction.Prepare> prepares =
        plan(etcd).plan().steps().stream()
            .filter(step -> step.action() instanceof EtcdAction.Prepare)
            .map(step -> (EtcdAction.Prepare) step.action())
            .toList();
    assertThat(prepares)
        .hasSize(3)
        .allSatisfy(prepare -> {
          assertThat(prepare.cluster())
              .isEqualTo(
                  "m1.demo.internal=https://m1.demo.internal:2380,m2.demo.internal=https://m2.demo.internal:2380,m3.demo.internal=https://m3.demo.internal:2380");
          assertThat(prepare.bump()).isEqualTo(1_000_000_100);
          assertThat(prepare.id()).isEqualTo("restore-new");
        });
    assertThat(prepares.get(1).name()).isEqualTo("m2.demo.internal");
  }

  @Test
  void aSnapshotFromBeforeAnEarlierRestoreStillDoesNotTurnTimeBack() {
    FakeEtcd etcd = new FakeEtcd(1).alone("m1", 5_000_000_000L);
    EtcdAction.Prepare prepare =
        plan(etcd).plan().steps().stream()
            .map(dev.mainstay.engine.Step::action)
            .filter(EtcdAction.Prepare.class::isInstance)
            .map(EtcdAction.Prepare.class::cast)
            .findFirst()
            .orElseThrow();
    assertThat(900 + prepare.bump()).isEqualTo(5_000_000_000L + PlanRestore.BUMP);
  }

  @Test
  void anEtcdThatDoesNotAnswerIsRestoredAsWell() {
    FakeEtcd etcd = new FakeEtcd(3).silent("m1", 10).silent("m2", 2000).silent("m3", 10);
    PlanRestore.Planned planned = plan(etcd);
    assertThat(ids(planned)).noneMatch(id -> id.startsWith("etcd/keep")).contains("etcd/stop/m1");
  }

  @Test
  void refusesWhileAMemberCannotBeReached() {
    assertThatThrownBy(() -> plan(new FakeEtcd(3).dead("m3")))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("m3: no route to host")
        .extracting(failure -> ((Failure) failure).exitCode())
        .isEqualTo(6);
  }

  @Test
  void aRestoreThatStartedAMasterGoesOnWithoutThoseThatAreLostThen() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .alone("m1", 1_000_000_900)
            .at("m1", "restore-old", SHA, Step.STARTED)
            .dead("m2")
            .silent("m3", 1_000_000_900)
            .at("m3", "restore-old", SHA, Step.SWAPPED);
    PlanRestore.Planned planned = plan(etcd);
    assertThat(ids(planned))
        .containsExactly(
            "etcd/start/m1",
            "etcd/start/m3",
            "nodes/register/m1",
            "nodes/register/m3",
            "nodes/register/w1",
            "etcd/finish/m1",
            "etcd/finish/m3",
            "cluster/verify");
    assertThat(planned.without()).containsExactly(etcd.node("m2"));
    assertThat(planned.endsOnly()).isFalse();
    // also where none of their etcds answers
    etcd.silent("m1", 1_000_000_900);
    assertThat(plan(etcd).without()).containsExactly(etcd.node("m2"));
  }

  @Test
  void refusesToGoOnWithoutALostMasterThatMayHaveItsOldDataOrIsNeededForAQuorum() {
    // nobody was started: m2 may not have been swapped
    assertThatThrownBy(() ->
            plan(
                new FakeEtcd(3)
                    .dead("m2")
                    .silent("m1", 900)
                    .at("m1", "restore-old", SHA, Step.SWAPPED)
                    .silent("m3", 900)
                    .at("m3", "restore-old", SHA, Step.SWAPPED)))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("m2: no route to host");
    assertThatThrownBy(() ->
            plan(
                new FakeEtcd(3)
                    .alone("m1", 1_000_000_900)
                    .at("m1", "restore-old", SHA, Step.STARTED)
                    .dead("m2")
                    .dead("m3")))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("m3: no route to host");
    // at its end it is no restore to go on with
    assertThatThrownBy(() ->
            plan(
                new FakeEtcd(3)
                    .at("m1", "restore-old", SHA, Step.DONE)
                    .dead("m2")
                    .at("m3", "restore-old", SHA, Step.DONE)))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("m2: no route to host");
  }

  @Test
  void whoCameBackAfterARestoreWentOnWithoutItIsStartedByTheSameCommand() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .at("m1", "restore-old", SHA, Step.DONE)
            .silent("m2", 1_000_000_900)
            .at("m2", "restore-old", SHA, Step.SWAPPED)
            .at("m3", "restore-old", SHA, Step.DONE);
    assertThat(ids(plan(etcd))).startsWith("etcd/start/m2", "nodes/register/m1");
  }

  @Test
  void refusesAMemberThatIsNoMasterOfTheFile() {
    EtcdView all = new FakeEtcd(3).view();
    EtcdView less = new EtcdView(Fixture.spec(2, 1), all.facts(), java.util.Map.of());
    assertThatThrownBy(() -> new PlanRestore(less, less.spec().workers(), SHA, 900, "x").plan())
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("m3.demo.internal is a member of etcd and no master of the file");
  }

  @Test
  void goesOnWhereAnEarlierRunBroke() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .silent("m1", 900)
            .silent("m2", 900)
            .silent("m3", 900)
            .at("m1", "restore-old", SHA, Step.SWAPPED)
            .at("m2", "restore-old", SHA, Step.STOPPED)
            .at("m3", "restore-old", SHA, Step.PREPARED);
    PlanRestore.Planned planned = plan(etcd);
    assertThat(planned.goesOn()).isTrue();
    assertThat(planned.id()).isEqualTo("restore-old");
    assertThat(ids(planned))
        .startsWith("etcd/stop/m2", "etcd/stop/m3", "etcd/swap/m2", "etcd/swap/m3")
        .contains("etcd/start/m1", "etcd/finish/m1")
        .noneMatch(id -> id.startsWith("etcd/prepare"));
  }

  @Test
  void aRunThatBrokeWhileMastersStartedOnlyStartsThem() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .at("m1", "restore-old", SHA, Step.STARTED)
            .at("m2", "restore-old", SHA, Step.STARTED)
            .at("m3", "restore-old", SHA, Step.SWAPPED);
    assertThat(ids(plan(etcd)))
        .containsExactly(
            "etcd/start/m1",
            "etcd/start/m2",
            "etcd/start/m3",
            "nodes/register/m1",
            "nodes/register/m2",
            "nodes/register/m3",
            "nodes/register/w1",
            "etcd/finish/m1",
            "etcd/finish/m2",
            "etcd/finish/m3",
            "cluster/verify");
  }

  @Test
  void whoJoinedOnceTheOthersWereWellAgainNeedNotTakePart() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .at("m1", "restore-old", SHA, Step.STARTED)
            .at("m2", "restore-old", SHA, Step.STARTED);
    assertThat(ids(plan(etcd)))
        .startsWith("etcd/start/m1", "etcd/start/m2", "nodes/register/m1")
        .contains("etcd/finish/m1", "etcd/finish/m2")
        .doesNotContain("etcd/start/m3", "etcd/stop/m3", "etcd/finish/m3");
    // and another snapshot may be restored
    assertThat(
            plan(new FakeEtcd(3)
                    .at("m1", "restore-old", "6".repeat(64), Step.STARTED)
                    .at("m2", "restore-old", "6".repeat(64), Step.STARTED))
                .id())
        .isEqualTo("restore-new");
  }

  @Test
  void aMasterThatWasStartedAloneIsReplaced() {
    FakeEtcd etcd = new FakeEtcd(3).silent("m3", 900).at("m3", "restore-old", SHA, Step.STARTED);
    assertThatThrownBy(() -> plan(etcd))
        .isInstanceOfSatisfying(
            Failure.Refused.class,
            refused -> assertThat(refused.advice()).contains("mainstay apply --replace m3"))
        .hasMessageContaining("m1 does not take part in restore restore-old, which m3 is in");
  }

  @Test
  void whereAllServeOnItsDataARestoreIsOnlyEndedAndSaysSo() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .at("m1", "restore-old", SHA, Step.STARTED)
            .at("m2", "restore-old", SHA, Step.DONE)
            .at("m3", "restore-old", SHA, Step.STARTED);
    assertThat(plan(etcd).endsOnly()).isTrue();
    assertThat(plan(etcd.silent("m3", 900)).endsOnly()).isFalse();
    assertThat(plan(new FakeEtcd(3)).endsOnly()).isFalse();
  }

  @Test
  void theSameBackupCanBeRestoredAgainOnceItCameToItsEnd() {
    FakeEtcd etcd = new FakeEtcd(1).at("m1", "restore-old", SHA, Step.DONE);
    assertThat(plan(etcd).id()).isEqualTo("restore-new");
    // what was only prepared never mattered
    assertThat(plan(new FakeEtcd(1).at("m1", "restore-old", SHA, Step.PREPARED)).id())
        .isEqualTo("restore-new");
  }

  @Test
  void refusesAnotherSnapshotInTheMiddleOfARestore() {
    FakeEtcd etcd = new FakeEtcd(1).at("m1", "restore-old", "6".repeat(64), Step.STOPPED);
    assertThatThrownBy(() -> plan(etcd))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("the restore of another snapshot, restore-old, is not at its end");
    assertThatThrownBy(() -> plan(new FakeEtcd(1).at("m1", "recover-1", "recover", Step.SWAPPED)))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("a recovery, recover-1, is not at its end");
  }

  @Test
  void refusesWhereAMasterTakesNoPartInTheRestoreThatOthersAreIn() {
    FakeEtcd etcd = new FakeEtcd(3).at("m1", "restore-old", SHA, Step.SWAPPED);
    assertThatThrownBy(() -> plan(etcd))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("does not take part in restore restore-old");
  }
}
