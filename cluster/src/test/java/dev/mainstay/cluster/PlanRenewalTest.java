package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.Action.RenewCertificates;
import dev.mainstay.cluster.PlanRenewal.Extent;
import dev.mainstay.cluster.PlanRenewal.Renewal;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which certificates are renewed, in which order and behind which gate. */
final class PlanRenewalTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 1);
  private static final Duration YEAR = Duration.ofDays(300);
  private static final Duration SOON = Duration.ofDays(20);
  private static final Duration ENDED = Duration.ofMinutes(-1);

  private final Map<NodeName, HostCertificates> seen = FakeCertificates.all(SPEC, YEAR);

  private void set(String node, Duration left) {
    seen.put(new NodeName(node), FakeCertificates.of(Fixture.node(SPEC, node), left));
  }

  private void set(String node, String file, Duration left) {
    NodeName name = new NodeName(node);
    seen.put(
        name,
        FakeCertificates.with(
            seen.getOrDefault(name, HostCertificates.NONE),
            file,
            FakeCertificates.leaf("changed", left)));
  }

  private Renewal due() {
    return PlanRenewal.ofDue(SPEC, seen, FakeCertificates.NOW);
  }

  private static List<Step<Action>> steps(Renewal renewal) {
    return new Plan<>(renewal.phases()).steps();
  }

  private static List<String> ids(Renewal renewal) {
    return steps(renewal).stream().map(Step::id).toList();
  }

  private static RenewCertificates renewal(Renewal renewal, String node) {
    return steps(renewal).stream()
        .filter(step -> step.id().equals("certificates/renew/" + node))
        .map(step -> (RenewCertificates) step.action())
        .findFirst()
        .orElseThrow();
  }

  private static List<String> gate(Renewal renewal, String node) {
    return renewal(renewal, node).gate().stream().map(one -> one.name().value()).toList();
  }

  @Test
  void nothingIsDoneWhereNothingIsDue() {
    assertThat(due().phases()).isEmpty();
    assertThat(due().problems()).isEmpty();
  }

  @Test
  void onlyWhatIsDueIsRenewed() {
    set("m2", KubeadmCertificate.APISERVER.file(), SOON);
    set("m2", KubeadmCertificate.ADMIN.file(), SOON);
    Renewal due = due();
    assertThat(ids(due)).containsExactly("certificates/renew/m2");
    assertThat(renewal(due, "m2").names())
        .containsExactly(KubeadmCertificate.APISERVER, KubeadmCertificate.ADMIN);
    assertThat(renewal(due, "m2").share()).isEqualTo(RenewCertificates.Share.SOME);
    Step<Action> step = steps(due).getFirst();
    assertThat(step.reason()).isEqualTo(Why.CERTIFICATE_DUE);
    assertThat(step.what()).isEqualTo("renew apiserver, admin.conf");
    assertThat(gate(due, "m2")).containsExactly("m1", "m3");
  }

  @Test
  void theUsersSpanReachesFurther() {
    assertThat(
            ids(
                PlanRenewal.of(
                    SPEC,
                    seen,
                    Extent.DUE,
                    new DueDate(Optional.of(Duration.ofDays(301))),
                    FakeCertificates.NOW)))
        .containsExactly("certificates/renew/m1", "certificates/renew/m2", "certificates/renew/m3");
  }

  @Test
  void everythingIsRenewedOneMasterAfterTheOtherWhenAsked() {
    Renewal all = PlanRenewal.of(SPEC, seen, Extent.ALL, DueDate.RULE, FakeCertificates.NOW);
    List<Step<Action>> steps = steps(all);
    assertThat(steps).extracting(Step::reason).containsOnly(Why.RENEWAL_ASKED);
    assertThat(steps.get(0).after()).isEmpty();
    assertThat(steps.get(1).after()).containsExactly("certificates/renew/m1");
    assertThat(steps.get(2).after()).containsExactly("certificates/renew/m2");
    assertThat(steps.get(0).what()).isEqualTo("renew all 11 certificates");
    assertThat(steps.get(1).what()).isEqualTo("renew all 10 certificates");
    for (NodeSpec master : SPEC.masters()) {
      assertThat(renewal(all, master.name().value()).gate()).hasSize(2).doesNotContain(master);
      assertThat(renewal(all, master.name().value()).share())
          .isEqualTo(RenewCertificates.Share.ALL);
    }
  }

  @Test
  void theMasterThatIsCutOffGoesFirstAndTheOthersMustServe() {
    set("m1", SOON);
    set("m2", SOON);
    set("m3", ENDED);
    Renewal due = due();
    assertThat(ids(due))
        .containsExactly("certificates/renew/m3", "certificates/renew/m1", "certificates/renew/m2");
    assertThat(gate(due, "m3")).containsExactly("m1", "m2");
    assertThat(gate(due, "m1")).containsExactly("m2", "m3");
    assertThat(steps(due).getFirst().reason()).isEqualTo(Why.CERTIFICATE_ENDED);
  }

  @Test
  void whereQuorumIsGoneNobodyIsWaitedForUntilThereIsOneAgain() {
    for (String master : List.of("m1", "m2", "m3")) {
      set(master, ENDED);
    }
    Renewal due = due();
    assertThat(gate(due, "m1")).isEmpty();
    assertThat(renewal(due, "m1").afterwards())
        .isEqualTo(RenewCertificates.Afterwards.WAITS_FOR_QUORUM);
    assertThat(steps(due).getFirst().what()).contains("quorum is gone");
    assertThat(gate(due, "m2")).isEmpty();
    assertThat(renewal(due, "m2").afterwards()).isEqualTo(RenewCertificates.Afterwards.SERVES);
    assertThat(gate(due, "m3")).containsExactly("m1", "m2");
  }

  @Test
  void aMasterThatCannotBeReachedIsNotWaitedFor() {
    set("m1", SOON);
    seen.remove(new NodeName("m3"));
    // it may be dead for good, and the certificates of the others end all the same
    assertThat(gate(due(), "m1")).containsExactly("m2");
    set("m1", ENDED);
    set("m2", ENDED);
    Renewal due = due();
    assertThat(gate(due, "m1")).isEmpty();
    assertThat(renewal(due, "m1").afterwards())
        .isEqualTo(RenewCertificates.Afterwards.WAITS_FOR_QUORUM);
    assertThat(renewal(due, "m2").afterwards()).isEqualTo(RenewCertificates.Afterwards.SERVES);
  }

  @Test
  void mastersThatAreYetToJoinAreNeitherRenewedNorWaitedFor() {
    set("m1", SOON);
    seen.put(new NodeName("m2"), HostCertificates.NONE);
    seen.put(new NodeName("m3"), HostCertificates.NONE);
    Renewal due = due();
    assertThat(ids(due)).containsExactly("certificates/renew/m1");
    assertThat(gate(due, "m1")).isEmpty();
    assertThat(renewal(due, "m1").afterwards()).isEqualTo(RenewCertificates.Afterwards.SERVES);
  }

  @Test
  void ofFiveTheThreeThatServeAreProtected() {
    ClusterSpec five = Fixture.spec(5, 0);
    Map<NodeName, HostCertificates> all = FakeCertificates.all(five, YEAR);
    for (String master : List.of("m4", "m5")) {
      all.put(new NodeName(master), FakeCertificates.of(Fixture.node(five, master), ENDED));
    }
    Renewal due = PlanRenewal.ofDue(five, all, FakeCertificates.NOW);
    assertThat(gate(due, "m4")).containsExactly("m1", "m2", "m3");
    assertThat(gate(due, "m5")).containsExactly("m1", "m2", "m3", "m4");
  }

  @Test
  void aSingleMasterWaitsForNobody() {
    ClusterSpec one = Fixture.spec(1, 0);
    Renewal due = PlanRenewal.ofDue(one, FakeCertificates.all(one, ENDED), FakeCertificates.NOW);
    assertThat(gate(due, "m1")).isEmpty();
    assertThat(renewal(due, "m1").afterwards()).isEqualTo(RenewCertificates.Afterwards.SERVES);
  }

  @Test
  void componentsThatMissedARenewalAreRestarted() {
    NodeName m2 = new NodeName("m2");
    seen.computeIfPresent(m2, (name, host) -> FakeCertificates.outdated(host, "kube-scheduler"));
    Renewal due = due();
    assertThat(renewal(due, "m2").names()).isEmpty();
    assertThat(steps(due).getFirst().reason()).isEqualTo(Why.CERTIFICATE_NOT_IN_USE);
    assertThat(steps(due).getFirst().what()).startsWith("restart kube-scheduler");
  }

  @Test
  void kubeletsAreHelpedOnlyWhereTheyFailed() {
    set("w1", HostCertificates.KUBELET_CLIENT, Duration.ofDays(25));
    assertThat(due().phases()).isEmpty();
    set("w1", HostCertificates.KUBELET_CLIENT, Duration.ofDays(15));
    set("m2", HostCertificates.KUBELET_CLIENT, ENDED);
    set("m2", HostCertificates.KUBELET_SERVER, SOON);
    set("m2", KubeadmCertificate.ADMIN.file(), ENDED);
    Renewal due = due();
    assertThat(ids(due))
        .containsExactly(
            "certificates/kubelet/m2", "certificates/kubelet/w1", "certificates/renew/m2");
    assertThat(steps(due).get(0).action())
        .isEqualTo(
            new Action.RenewKubelet(
                Fixture.node(SPEC, "m2"),
                Optional.of(Fixture.node(SPEC, "m1")),
                List.of(KubeletCertificate.CLIENT, KubeletCertificate.SERVER)));
    // the kubelet starts the controllers that the renewal stops
    assertThat(steps(due).get(2).after()).contains("certificates/kubelet/m2");
  }

  @Test
  void anExternalAuthorityIsSaidAndItsCertificatesAreLeftAlone() {
    set("m1", SOON);
    seen.computeIfPresent(new NodeName("m1"), (name, host) -> FakeCertificates.withoutKeys(host));
    Renewal due = due();
    assertThat(due.phases()).isEmpty();
    assertThat(due.problems()).hasSize(3).allMatch(Problem::isError);
    assertThat(due.problems().getFirst().what())
        .isEqualTo(
            "certificates are due, and /etc/kubernetes/pki/ca.key is not here (an external CA)");
  }

  @Test
  void anEndedAuthorityIsNeverReplaced() {
    set("m1", SOON);
    set("m1", KubeadmCertificate.Authority.ETCD.certificate(), ENDED);
    Renewal due = due();
    assertThat(renewal(due, "m1").names())
        .isNotEmpty()
        .noneMatch(name -> name.authority() == KubeadmCertificate.Authority.ETCD);
    assertThat(due.problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem.advice()).contains("never replaces an authority"));
  }
}
