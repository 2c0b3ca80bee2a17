package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.cluster.EtcdFacts.Restoring.Step;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

final class PlanRecoveryTest {
  private static PlanRecovery.Planned plan(FakeEtcd etcd, String... lost) {
    return new PlanRecovery(
            etcd.view(),
            Arrays.stream(lost).map(NodeName::new).collect(Collectors.toSet()),
            List.of(),
            etcd.spec().workers(),
            "recover-new")
        .plan();
  }

  private static List<String> ids(PlanRecovery.Planned planned) {
    return planned.plan().steps().stream().map(dev.mainstay.engine.Step::id).toList();
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> refused(
      FakeEtcd etcd, String... lost) {
    return assertThatThrownBy(() -> plan(etcd, lost)).isInstanceOf(Failure.Refused.class);
  }

  @Test
  void theSurvivorIsRebuiltAndTheOthersAreForgotten() {
    FakeEtcd etcd = new FakeEtcd(3).dead("m1").dead("m2").alone("m3", 1234);
    PlanRecovery.Planned planned = plan(etcd);
    assertThat(planned.survivor()).isEqualTo(etcd.node("m3"));
    assertThat(planned.revision()).isEqualTo(1234);
    assertThat(planned.givenUp()).containsExactly(etcd.node("m1"), etcd.node("m2"));
    assertThat(ids(planned))
        .containsExactly("etcd/rebuild/m3", "etcd/forget", "etcd/finish/m3", "workers/answer/w1");
    assertThat(planned.plan().steps().get(1).action())
        .isEqualTo(
            new EtcdAction.ForgetNodes(
                etcd.node("m3"), List.of("m1.demo.internal", "m2.demo.internal")));
  }

  @Test
  void refusesWhileAQuorumIsAliveWithTheArithmetic() {
    refused(new FakeEtcd(3).dead("m3"))
        .hasMessageContaining("etcd has a quorum: m1, m2 take part in it; of 3 members 2 have to");
  }

  @Test
  void refusesWhileAMemberIsNotInTheFileAndSoWasNotAsked() {
    FakeEtcd etcd = new FakeEtcd(3).alone("m1", 1234);
    EtcdView less =
        new EtcdView(
            Fixture.spec(1, 1),
            Map.of(new NodeName("m1"), etcd.view().of(etcd.node("m1")).orElseThrow()),
            Map.of());
    assertThatThrownBy(() -> new PlanRecovery(less, Set.of(), List.of(), List.of(), "x").plan())
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("m2.demo.internal is a member of etcd and no master of the file");
  }

  @Test
  void refusesWhileAWorkerStillFindsAReadyApi() {
    FakeEtcd etcd = new FakeEtcd(3).dead("m1").dead("m2").alone("m3", 1234);
    List<NodeSpec> workers = etcd.spec().workers();
    assertThatThrownBy(() -> new PlanRecovery(etcd.view(), Set.of(), workers, workers, "x").plan())
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("w1 still finds a ready API");
  }

  @Test
  void onlyTheSurvivorCanTellWhetherAMasterLivesThatIsNotReachedFromHere() {
    FakeEtcd etcd = new FakeEtcd(5).dead("m1").dead("m2").dead("m3").alone("m4", 12).alone("m5", 1);
    assertThat(plan(etcd).unreached())
        .containsExactly(etcd.node("m1"), etcd.node("m2"), etcd.node("m3"));
    // whom the user gives up by name may be alive as he likes
    assertThat(plan(etcd, "m2").unreached()).containsExactly(etcd.node("m1"), etcd.node("m3"));
    // who may be in the cluster of a rebuilt survivor is nobody to wait for before that one starts
    assertThat(
            plan(new FakeEtcd(3)
                    .dead("m1")
                    .dead("m2")
                    .silent("m3", 1234)
                    .at("m3", "recover-old", "recover", Step.STARTED))
                .unreached())
        .isEmpty();
  }

  @Test
  void refusesWhileEnoughMastersAnswerWhoseEtcdCanComeBack() {
    refused(new FakeEtcd(3).dead("m1").silent("m2", 10).alone("m3", 1234))
        .hasMessageContaining(
            "of 3 members 2 make a quorum, and 2 can be reached and have their data: m2, m3");
  }

  @Test
  void aMasterWhoseDataIsGoneCountsForNothing() {
    FakeEtcd etcd = new FakeEtcd(3).dead("m1").empty("m2").alone("m3", 1234);
    PlanRecovery.Planned planned = plan(etcd);
    assertThat(planned.survivor()).isEqualTo(etcd.node("m3"));
    assertThat(planned.others()).isEmpty();
  }

  @Test
  void aMasterThatTheUserGivesUpIsTakenOutSoThatItNeverComesBack() {
    FakeEtcd etcd = new FakeEtcd(3).dead("m1").silent("m2", 10).alone("m3", 1234);
    assertThat(ids(plan(etcd, "m2")))
        .containsExactly(
            "etcd/rebuild/m3",
            "etcd/set-aside/m2",
            "etcd/forget",
            "etcd/finish/m3",
            "workers/answer/w1");
  }

  @Test
  void ofSeveralSurvivorsTheOneThatCameFurthestIsChosen() {
    FakeEtcd etcd =
        new FakeEtcd(5).dead("m1").dead("m2").dead("m3").alone("m4", 1234).alone("m5", 1240);
    PlanRecovery.Planned planned = plan(etcd);
    assertThat(planned.survivor()).isEqualTo(etcd.node("m5"));
    assertThat(planned.others()).containsExactly(etcd.node("m4"));
    // what m4 has is needed in case m5 cannot be rebuilt
    assertThat(ids(planned))
        .containsExactly(
            "etcd/rebuild/m5",
            "etcd/set-aside/m4",
            "etcd/forget",
            "etcd/finish/m5",
            "workers/answer/w1");
    assertThat(
            plan(new FakeEtcd(5)
                    .dead("m1")
                    .dead("m2")
                    .dead("m3")
                    .silent("m4", 1241)
                    .alone("m5", 1240))
                .survivor())
        .isEqualTo(etcd.node("m4"));
  }

  @Test
  void mastersThatCouldMakeAQuorumOfTheirOwnAreTakenOutFirst() {
    FakeEtcd etcd = new FakeEtcd(3).silent("m1", 5).silent("m2", 6).alone("m3", 1234);
    assertThat(ids(plan(etcd, "m1", "m2")))
        .startsWith("etcd/set-aside/m1", "etcd/set-aside/m2", "etcd/rebuild/m3");
  }

  @Test
  void refusesWhereNothingSurvived() {
    refused(new FakeEtcd(3).dead("m1").dead("m2").empty("m3"))
        .hasMessageContaining("no master that can be reached has data of etcd");
  }

  @Test
  void goesOnWithARecoveryThatBroke() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .dead("m1")
            .dead("m2")
            .silent("m3", 1234)
            .at("m3", "recover-old", "recover", Step.SWAPPED);
    PlanRecovery.Planned planned = plan(etcd);
    assertThat(planned.goesOn()).isTrue();
    assertThat(planned.plan().steps().getFirst().action())
        .isEqualTo(
            new EtcdAction.Rebuild(
                etcd.node("m3"),
                "recover-old",
                "m3.demo.internal",
                PlanRestore.BUMP,
                List.of(etcd.node("m1"), etcd.node("m2"))));
  }

  @Test
  void whoCameBackIsNotStoppedForARecoveryThatBroke() {
    refused(new FakeEtcd(3).silent("m3", 1234).at("m3", "recover-old", "recover", Step.STOPPED))
        .hasMessageContaining("m1, m2 came back and have a quorum without m3");
    // two clusters are told from one by etcd's own id
    refused(new FakeEtcd(3).inAnotherCluster("m3").at("m3", "recover-old", "recover", Step.STARTED))
        .hasMessageContaining("m1, m2 came back and have a quorum without m3");
  }

  @Test
  void aRecoveryThatBrokeAfterItsRebuildSeesToTheOthersAndEnds() {
    FakeEtcd etcd =
        new FakeEtcd(5)
            .dead("m1")
            .dead("m2")
            .dead("m3")
            .alone("m4", 1240)
            .inAnotherCluster("m5")
            .at("m5", "recover-old", "recover", Step.STARTED);
    assertThat(ids(plan(etcd)))
        .containsExactly(
            "etcd/rebuild/m5",
            "etcd/set-aside/m4",
            "etcd/forget",
            "etcd/finish/m5",
            "workers/answer/w1");
    assertThat(String.join("\n", RecoverEtcd.explain(etcd.view(), plan(etcd))))
        .contains("only what is left is done", "The Nodes of m1, m2, m3 go")
        .doesNotContain("What may be lost", "a quorum cannot come back");
  }

  @Test
  void aRebuiltSurvivorThatDoesNotAnswerIsStartedAndNobodyElseIsTouched() {
    // m2 may well have joined it, and be half of its quorum
    FakeEtcd etcd =
        new FakeEtcd(3)
            .dead("m1")
            .inAnotherCluster("m2")
            .silent("m3", 1234)
            .at("m3", "recover-old", "recover", Step.STARTED);
    PlanRecovery.Planned planned = plan(etcd);
    assertThat(planned.startsOnly()).isTrue();
    assertThat(ids(planned)).containsExactly("etcd/rebuild/m3");
    assertThat(RecoverEtcd.explain(etcd.view(), planned))
        .singleElement()
        .asString()
        .contains("m3 was rebuilt already");
  }

  @Test
  void aRebuiltSurvivorThatNeverStartsIsGivenUpForAnotherOnceItIsStopped() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .dead("m1")
            .alone("m2", 1230)
            .silent("m3", 1_000_001_234)
            .at("m3", "recover-old", "recover", Step.STARTED);
    assertThat(plan(etcd).startsOnly()).isTrue();
    PlanRecovery.Planned planned = plan(etcd, "m3");
    assertThat(planned.survivor()).isEqualTo(etcd.node("m2"));
    assertThat(planned.goesOn()).isFalse();
    // alone it is a quorum, which could begin at any moment
    assertThat(ids(planned))
        .containsExactly(
            "etcd/set-aside/m3",
            "etcd/rebuild/m2",
            "etcd/forget",
            "etcd/finish/m2",
            "workers/answer/w1");
    assertThat(planned.plan().steps().get(1).after()).containsExactly("etcd/set-aside/m3");
    assertThat(String.join("\n", RecoverEtcd.explain(etcd.view(), planned)))
        .contains(
            "m3 was rebuilt by an earlier recovery and is given up",
            "switch it off for good",
            "it must never serve beside m2");
    // and of two that were begun the other one goes on
    etcd.silent("m2", 1230).at("m2", "recover-new", "recover", Step.SWAPPED);
    refused(etcd).hasMessageContaining("recoveries of several masters are not at their end");
    assertThat(plan(etcd, "m3").survivor()).isEqualTo(etcd.node("m2"));
    assertThat(plan(etcd, "m3").goesOn()).isTrue();
  }

  @Test
  void aRebuiltSurvivorThatServesIsNotGivenUpWhileItDoes() {
    refused(
            new FakeEtcd(3)
                .dead("m1")
                .alone("m2", 1230)
                .inAnotherCluster("m3")
                .at("m3", "recover-old", "recover", Step.STARTED),
            "m3")
        .hasMessageContaining("m3: the etcd that an earlier recovery made there serves");
  }

  @Test
  void whoIsHeldByARestoreThatTooFewAreLeftForIsGivenUpByName() {
    FakeEtcd etcd =
        new FakeEtcd(5)
            .dead("m3")
            .dead("m4")
            .dead("m5")
            .alone("m1", 1_000_000_900)
            .at("m1", "restore-x", "5".repeat(64), Step.STARTED)
            .silent("m2", 1_000_000_900)
            .at("m2", "restore-x", "5".repeat(64), Step.SWAPPED);
    refused(etcd)
        .isInstanceOfSatisfying(
            Failure.Refused.class, refused -> assertThat(refused.advice()).endsWith("--lost m2"));
    PlanRecovery.Planned planned = plan(etcd, "m2");
    assertThat(planned.survivor()).isEqualTo(etcd.node("m1"));
    assertThat(planned.others()).containsExactly(etcd.node("m2"));
  }

  @Test
  void aMasterThatWasStartedByARestoreIsASurvivorLikeAnyOther() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .dead("m1")
            .dead("m2")
            .alone("m3", 1234)
            .at("m3", "restore-x", "5".repeat(64), Step.STARTED);
    assertThat(plan(etcd).survivor()).isEqualTo(etcd.node("m3"));
    refused(
            new FakeEtcd(3)
                .dead("m1")
                .dead("m2")
                .silent("m3", 1234)
                .at("m3", "restore-x", "5".repeat(64), Step.SWAPPED))
        .hasMessageContaining("a restore, restore-x, is not at its end");
  }

  @Test
  void whoHasJoinedTheRebuiltClusterStaysInIt() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .dead("m1")
            .inAnotherCluster("m2")
            .inAnotherCluster("m3")
            .at("m3", "recover-old", "recover", Step.STARTED);
    PlanRecovery.Planned planned = plan(etcd);
    assertThat(planned.others()).isEmpty();
    assertThat(planned.plan().steps())
        .filteredOn(step -> step.id().equals("etcd/forget"))
        .extracting(step -> step.action())
        .containsExactly(new EtcdAction.ForgetNodes(etcd.node("m3"), List.of("m1.demo.internal")));
  }

  @Test
  void whoAnswersAndCannotBeLookedAtIsNotTakenForDead() {
    FakeEtcd etcd = new FakeEtcd(3).dead("m1").locked("m2").alone("m3", 1234);
    refused(etcd).hasMessageContaining("m2 answers and cannot be looked at");
    assertThat(plan(etcd, "m2").survivor()).isEqualTo(etcd.node("m3"));
  }

  @Test
  void whoseDataReachesFurthestIsNotGuessed() {
    FakeEtcd etcd =
        new FakeEtcd(5).dead("m1").dead("m2").dead("m3").starting("m4").alone("m5", 1240);
    refused(etcd).hasMessageContaining("how far the data reaches is not known of m4");
    assertThat(plan(etcd, "m4").survivor()).isEqualTo(etcd.node("m5"));
    // where there is only one there is nothing to choose
    assertThat(plan(new FakeEtcd(3).dead("m1").dead("m2").starting("m3")).revision()).isZero();
  }

  @Test
  void hostsOfAnotherClusterAreNotTouched() {
    refused(new FakeEtcd(3).dead("m1").alone("m3", 1234).ofCluster("m2", "another"))
        .hasMessageContaining("the masters belong to different clusters");
  }

  @Test
  void anEarlierRecoveryThatEndedDoesNotHoldUpTheNext() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .dead("m1")
            .dead("m2")
            .alone("m3", 1234)
            .at("m3", "recover-old", "recover", Step.DONE);
    assertThat(plan(etcd).plan().steps().getFirst().action())
        .isEqualTo(
            new EtcdAction.Rebuild(
                etcd.node("m3"),
                "recover-new",
                "m3.demo.internal",
                PlanRestore.BUMP,
                List.of(etcd.node("m1"), etcd.node("m2"))));
  }

  @Test
  void saysWhatMayBeLostAndWhatMustNotComeBack() {
    FakeEtcd etcd = new FakeEtcd(3).dead("m1").dead("m2").alone("m3", 1234);
    Golden.check(
        "etcd/recovery.txt",
        String.join("\n", RecoverEtcd.explain(etcd.view(), plan(etcd))) + "\n");
    FakeEtcd silent =
        new FakeEtcd(5).dead("m1").dead("m2").dead("m3").silent("m4", 1241).alone("m5", 1240);
    Golden.check(
        "etcd/recovery-of-five.txt",
        String.join("\n", RecoverEtcd.explain(silent.view(), plan(silent))) + "\n");
  }
}
