package dev.mainstay.cluster;

import static dev.mainstay.cluster.Plans.ids;
import static dev.mainstay.cluster.Plans.step;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Plan;
import dev.mainstay.model.ClusterSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a renewal stands among all that an apply does. */
final class PlannerRenewalTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 2);
  private static final Duration SOON = Duration.ofDays(9);
  private static final Duration ENDED = Duration.ofDays(-1);

  private final Bundle bundle;
  private final List<FakeHost> hosts = new ArrayList<>();

  PlannerRenewalTest(@TempDir Path folder) {
    bundle = Fixture.bundle(folder);
    for (String name : List.of("m1", "m2", "m3", "w1", "w2")) {
      hosts.add(FakeHost.of(SPEC, name).at(Stage.PROVISIONED, SPEC, bundle));
    }
  }

  private Plan<Action> plan(Optional<ClusterApi> api, Duration left) {
    return Plans.planner(
            SPEC, Fixture.facts(hosts.stream().map(FakeHost::facts).toList(), api), bundle)
        .renewing(PlanRenewal.ofDue(SPEC, FakeCertificates.all(SPEC, left), FakeCertificates.NOW))
        .plan();
  }

  @Test
  void dueCertificatesAreTheOnlyChangeOfAWellCluster() {
    Plan<Action> plan = plan(Optional.of(Fixture.api(SPEC, bundle)), SOON);
    assertThat(ids(plan))
        .containsExactly(
            "certificates/renew/m1",
            "certificates/renew/m2",
            "certificates/renew/m3",
            "cluster/verify");
    assertThat(step(plan, "cluster/verify").after()).contains("certificates/renew/m3");
    assertThat(plan(Optional.of(Fixture.api(SPEC, bundle)), Duration.ofDays(90)).isEmpty())
        .isTrue();
  }

  @Test
  void whereNoApiAnswersNothingIsAssumedOfWhatItWouldSay() {
    hosts.forEach(host -> host.ready = false);
    Plan<Action> plan = plan(Optional.empty(), ENDED);
    assertThat(ids(plan))
        .containsExactly(
            "certificates/renew/m1",
            "certificates/renew/m2",
            "certificates/renew/m3",
            "cluster/verify");
  }

  @Test
  void whatNeedsAnApiWaitsForTheRenewalThatBringsItBack() {
    hosts.forEach(host -> host.ready = false);
    hosts.set(4, FakeHost.of(SPEC, "w2").prepared(SPEC, bundle, ProxyConfig.Mode.OTHERS));
    Plan<Action> plan = plan(Optional.empty(), ENDED);
    assertThat(step(plan, "workers/join/w2").after())
        .contains("certificates/renew/m1", "certificates/renew/m2", "certificates/renew/m3");
  }

  @Test
  void certificatesThatAreOnlyDueDoNotStandBeforeWhatBringsTheApiBack() {
    hosts.forEach(host -> host.ready = false);
    hosts.get(1).etcdSeesOtherHosts = true;
    Plan<Action> plan = plan(Optional.empty(), SOON);
    assertThat(step(plan, "masters/amend/m2").after())
        .noneMatch(id -> id.startsWith("certificates/"));
    assertThat(step(plan, "certificates/renew/m1").after()).contains("masters/amend/m2");
  }

  @Test
  void mastersFindEachOtherBeforeTheGateOfARenewal() {
    hosts.get(1).units.put("mainstay-proxy", "inactive enabled");
    Plan<Action> plan = plan(Optional.of(Fixture.api(SPEC, bundle)), SOON);
    for (String master : List.of("m1", "m2", "m3")) {
      assertThat(step(plan, "certificates/renew/" + master).after()).contains("hosts/configure/m2");
    }
  }
}
