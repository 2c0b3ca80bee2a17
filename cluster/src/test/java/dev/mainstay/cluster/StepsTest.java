package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Apply;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Journal;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Output;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the steps send to which host. */
final class StepsTest {
  private static final ClusterSpec SPEC = Fixture.spec(2, 1);
  private static final String TOKEN = "abcdef.0123456789abcdef";
  private static final String KEY = "-----BEGIN EC PRIVATE KEY-----secret-----END-----";
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-23T07:00:00Z"), ZoneOffset.UTC);

  private final Path folder;
  private final Bundle bundle;
  private final FakeHosts hosts = new FakeHosts();

  StepsTest(@TempDir Path folder) {
    this.folder = folder;
    bundle = Fixture.bundle(folder);
    hosts.answer(
        "credentials",
        new Output(
            0,
            "600 /etc/kubernetes/pki/ca.key "
                + base64(KEY)
                + "\nca - "
                + base64("CERTIFICATE")
                + "\ntoken - "
                + base64(TOKEN + "\n")
                + "\n",
            ""));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static NodeSpec node(String name) {
    return Fixture.node(SPEC, name);
  }

  private static Step<Action> step(String id, Action action) {
    return new Step<>(id, "m2", Why.NODE_MISSING, "join", Disruption.NONE, Set.of(), action);
  }

  private Map<Step<Action>, StepResult> run(Journal<Action> journal, Action action)
      throws InterruptedException {
    return run(journal, action, new StopSignal());
  }

  private Map<Step<Action>, StepResult> run(Journal<Action> journal, Action action, StopSignal stop)
      throws InterruptedException {
    ClusterFacts facts =
        Fixture.facts(
            List.of(
                FakeHost.of(SPEC, "m1").at(Stage.PROVISIONED, SPEC, bundle).facts(),
                FakeHost.of(SPEC, "m2").facts(),
                FakeHost.of(SPEC, "w1").facts()),
            Optional.of(Fixture.api(SPEC, bundle)));
    Plan<Action> plan =
        new Plan<>(List.of(new Phase<>("phase", "title", List.of(step("phase/m2", action)))));
    journal.planned(plan);
    Steps steps =
        new Steps(
            SPEC,
            facts,
            bundle,
            new RemoteSteps(hosts, stop),
            new Observe(hosts, CLOCK),
            Duration.ZERO);
    return new Apply<>(steps, List.of(journal), stop, 4, System::nanoTime).run(plan);
  }

  private Map<Step<Action>, StepResult> run(Action action) throws InterruptedException {
    try (Journal<Action> journal = Journal.start(folder.resolve("run"), Map.of(), CLOCK)) {
      return run(journal, action);
    }
  }

  private static StepResult only(Map<Step<Action>, StepResult> results) {
    return results.values().iterator().next();
  }

  @Test
  void aMasterJoinsThroughAReadyMaster() throws Exception {
    assertThat(only(run(new Action.JoinMaster(node("m2")))).isDone()).isTrue();
    assertThat(hosts.scripts())
        .containsExactly("m1 ready", "m1 members-healthy", "m1 ready", "m1 credentials", "m2 join");
    FakeHosts.Ran join = hosts.ran.getLast();
    assertThat(join.arguments()).containsExactly(HostFile.sha256(join.stdin()), "master");
    assertThat(join.stdin().lines().map(line -> line.split(" ", -1)[1]))
        .containsExactly(
            "/etc/kubernetes/pki/ca.key",
            "/etc/mainstay/kubeadm/discovery.conf",
            "/etc/mainstay/kubeadm/join.yaml");
  }

  @Test
  void noSecretIsInAnyCommandLinePlanOrJournal() throws Exception {
    try (Journal<Action> journal = Journal.start(folder.resolve("run"), Map.of(), CLOCK)) {
      Map<Step<Action>, StepResult> results = run(journal, new Action.JoinMaster(node("m2")));
      assertThat(results.toString()).doesNotContain(TOKEN, KEY, base64(KEY));
    }
    for (FakeHosts.Ran ran : hosts.ran) {
      assertThat(String.join(" ", ran.arguments())).doesNotContain(TOKEN, KEY, base64(KEY));
    }
    assertThat(hosts.ran.getLast().stdin()).contains(base64(KEY));
    assertThat(Files.readString(folder.resolve("run/journal.jsonl")))
        .contains("phase/m2")
        .doesNotContain(TOKEN, KEY, base64(KEY), "PRIVATE");
  }

  @Test
  void aFailedJoinPutsNoSecretIntoTheJournal() throws Exception {
    hosts.answer("join", new Output(1, "", "error execution phase preflight: unhealthy cluster"));
    StepResult result = only(run(new Action.JoinMaster(node("m2"))));
    assertThat(result.outcome()).isEqualTo(StepResult.Outcome.FAILED);
    assertThat(result.detail())
        .startsWith(
            "m2 (10.77.0.12): joining the control plane failed: error execution phase preflight")
        .contains("repair that master first");
    assertThat(Files.readString(folder.resolve("run/journal.jsonl")))
        .contains("unhealthy cluster")
        .doesNotContain(TOKEN, base64(KEY));
  }

  @Test
  void aJoinWithoutATokenDoesNotReachTheHost() throws Exception {
    hosts.answer("credentials", new Output(0, "ca - Q0E=\ntoken - \n", ""));
    StepResult result = only(run(new Action.JoinWorker(node("w1"))));
    assertThat(result.outcome()).isEqualTo(StepResult.Outcome.FAILED);
    assertThat(hosts.scripts()).doesNotContain("w1 join");
  }

  @Test
  void aWorkerIsMarkedOnceItJoined() throws Exception {
    run(new Action.JoinWorker(node("w1")));
    assertThat(hosts.scripts())
        .containsExactly("m1 ready", "m1 credentials", "w1 join", "w1 joined-worker");
  }

  @Test
  void theMemberOfAnUnfinishedMasterGoesBeforeItsData() throws Exception {
    run(new Action.CleanUp(node("m2")));
    assertThat(hosts.scripts()).containsExactly("m1 ready", "m1 remove-member", "m2 kubeadm-reset");
    assertThat(hosts.ran.get(1).arguments()).containsExactly("m2.demo.internal", "10.77.0.12");
    // and the host is told at which stage it was seen
    assertThat(hosts.ran.get(2).arguments()).containsExactly("-");
  }

  @Test
  void whoLosesTheLockBetweenTwoScriptsOfAStepRunsNoOther() throws Exception {
    Failure gone = new Failure.Locked("the lock is gone", "again");
    StopSignal stop =
        new StopSignal(() ->
            hosts.scripts().contains("m1 remove-member") ? Optional.of(gone) : Optional.empty());
    try (Journal<Action> journal = Journal.start(folder.resolve("run"), Map.of(), CLOCK)) {
      StepResult result = only(run(journal, new Action.CleanUp(node("m2")), stop));
      assertThat(result.failure()).contains(gone);
    }
    assertThat(hosts.scripts()).containsExactly("m1 ready", "m1 remove-member");
  }

  @Test
  void dataStaysWhereTheMemberCannotBeRemoved() throws Exception {
    hosts.answer("remove-member", new Output(1, "", "etcdserver: request timed out"));
    StepResult result = only(run(new Action.CleanUp(node("m2"))));
    assertThat(result.outcome()).isEqualTo(StepResult.Outcome.FAILED);
    assertThat(hosts.scripts()).doesNotContain("m2 kubeadm-reset");
  }

  @Test
  void nothingIsAskedOfAMasterThatIsNotReady() throws Exception {
    hosts.answer("ready", new Output(75, "", "its API is not ready\n"));
    StepResult result = only(run(new Action.ApplyNetwork(List.of("kind: Namespace"))));
    assertThat(result.detail())
        .contains("no finished master answers at its API", "m1: its API is not ready");
    assertThat(hosts.scripts()).containsExactly("m1 ready");
  }

  @Test
  void configurationGoesWithTheDigestOfTheHostsFileThatWasSeen() throws Exception {
    HostFile file = new HostFile("/etc/x", "600", "content");
    run(
        new Action.Configure(
            node("m2"),
            new HostDrift(
                List.of(file),
                Optional.of(new HostFile("/etc/hosts", "644", "h")),
                Set.of("10.77.0.99"),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                false),
            "seen"));
    FakeHosts.Ran ran = hosts.ran.getFirst();
    assertThat(ran.script()).isEqualTo("configure");
    assertThat(ran.stdin()).isEqualTo("644 /etc/hosts aA==\n600 /etc/x Y29udGVudA==\n");
    assertThat(ran.arguments())
        .containsExactly(HostFile.sha256(ran.stdin()), "seen", "-", "10.77.0.99");
  }

  @Test
  void onlyArtifactsThatHaveNotArrivedAreSent() throws Exception {
    List<dev.mainstay.bundle.Artifact> artifacts =
        bundle.artifactsFor(dev.mainstay.model.Role.WORKER, "debian-12").stream()
            .filter(artifact -> Set.of("kubeadm", "haproxy").contains(artifact.name()))
            .toList();
    Files.createDirectories(folder.resolve("binary"));
    Files.writeString(folder.resolve("binary/kubeadm"), "the bytes");
    hosts.answer("received", new Output(0, "b".repeat(64) + "\n", ""));
    run(new Action.Deliver(node("m2"), artifacts));
    assertThat(hosts.ran.getLast().stdin())
        .isEqualTo(
            "send %s 1500000 binary kubeadm /usr/local/bin/kubeadm\nhave %s 1500000 package haproxy -\n\nthe bytes"
                .formatted("a".repeat(64), "b".repeat(64)));
  }

  // use cases over several hosts

  /** Of a plan that is refused without one: making it may take a quarter of an hour. */
  private static final PlanChanges.BundleSource NO_BUNDLE =
      () -> {
        throw new IllegalStateException("no bundle is needed to refuse this");
      };

  @Test
  void aNewClusterWaitsForAllItsHosts() {
    hosts.cut("w1", new Failure.Unreachable("w1 is off", "", true));
    hosts.answer("observe", new Output(0, "", ""));
    assertThatThrownBy(() ->
            new PlanChanges(hosts, CLOCK, () -> Fixture.FRESH_ID, Map.of())
                .plan(SPEC, NO_BUNDLE, PlanChanges.Wishes.NONE))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("w1 is off");
  }

  @Test
  void anotherMachineStopsEveryPlan() throws IOException {
    hosts.cut("m1", new Failure.Unreachable("m1: another machine answers", "", false));
    assertThatThrownBy(() ->
            new PlanChanges(hosts, CLOCK, () -> Fixture.FRESH_ID, Map.of())
                .plan(SPEC, NO_BUNDLE, PlanChanges.Wishes.NONE))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("another machine");
  }
}
