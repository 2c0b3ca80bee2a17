package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.cluster.EtcdFacts.Restoring.Step;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

final class UndoEtcdTest {
  private static final String SHA = "5".repeat(64);

  private static List<String> ids(FakeEtcd etcd) {
    return UndoEtcd.plan(etcd.view(), Set.of()).steps().stream()
        .map(dev.mainstay.engine.Step::id)
        .toList();
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> refused(FakeEtcd etcd) {
    return assertThatThrownBy(() -> UndoEtcd.plan(etcd.view(), Set.of()))
        .isInstanceOf(Failure.Refused.class);
  }

  @Test
  void thereIsNothingToUndoWhereNothingBrokeOff() {
    assertThat(ids(new FakeEtcd(3).at("m1", "restore-old", SHA, Step.DONE))).isEmpty();
  }

  @Test
  void whoIsStillInARestoreThatOthersHaveLeftComesBack() {
    FakeEtcd etcd = new FakeEtcd(3).silent("m3", 900).at("m3", "restore-x", SHA, Step.SWAPPED);
    assertThat(ids(etcd)).containsExactly("etcd/undo/m3");
    assertThat(UndoEtcd.plan(etcd.view(), Set.of()).steps().getFirst().action())
        .isEqualTo(new EtcdAction.Undo(etcd.node("m3"), "restore-x"));
  }

  @Test
  void aRestoreIsGivenUpAlsoWhenOneMasterIsLostForGood() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .dead("m1")
            .silent("m2", 900)
            .at("m2", "restore-x", SHA, Step.STOPPED)
            .silent("m3", 900)
            .at("m3", "restore-x", SHA, Step.SWAPPED);
    assertThat(ids(etcd)).containsExactly("etcd/undo/m2", "etcd/undo/m3");
  }

  @Test
  void nothingIsUndoneOnceAMasterWasStartedOrMayHaveBeen() {
    refused(
            new FakeEtcd(3)
                .at("m1", "restore-x", SHA, Step.STARTED)
                .at("m2", "restore-x", SHA, Step.SWAPPED))
        .hasMessageContaining("m1 was started on the data of restore-x");
    refused(new FakeEtcd(3).dead("m1").dead("m2").at("m3", "restore-x", SHA, Step.SWAPPED))
        .hasMessageContaining("2 masters cannot be asked");
  }

  @Test
  void mastersThatAreGoneForGoodHoldUpNobody() {
    FakeEtcd etcd =
        new FakeEtcd(3)
            .dead("m1")
            .dead("m2")
            .silent("m3", 9)
            .at("m3", "restore-x", SHA, Step.SWAPPED);
    assertThat(UndoEtcd.plan(etcd.view(), Set.of(new NodeName("m1"))).steps()).hasSize(1);
  }

  @Test
  void whoWasStartedAloneIsReplaced() {
    assertThatThrownBy(() ->
            UndoEtcd.plan(
                new FakeEtcd(3).silent("m3", 9).at("m3", "restore-x", SHA, Step.STARTED).view(),
                Set.of()))
        .isInstanceOfSatisfying(
            Failure.Refused.class,
            refused -> assertThat(refused.advice()).contains("mainstay apply --replace m3"));
  }

  @Test
  void aRecoveryHasOneMasterOnly() {
    assertThat(
            ids(
                new FakeEtcd(3)
                    .dead("m1")
                    .dead("m2")
                    .silent("m3", 900)
                    .at("m3", "recover-x", "recover", Step.SWAPPED)))
        .containsExactly("etcd/undo/m3");
  }
}
