package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.Action;
import dev.mainstay.cluster.Certificate;
import dev.mainstay.cluster.CertificateList;
import dev.mainstay.cluster.CertificateList.State;
import dev.mainstay.cluster.ClusterStatus;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Journal;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Reason;
import dev.mainstay.engine.Runs;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.model.Address;
import dev.mainstay.model.ClusterFile;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import dev.mainstay.model.Role;
import dev.mainstay.playground.HostState;
import dev.mainstay.playground.PlaygroundHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The documents of contract.md, which people script against. */
final class JsonTest {
  private static final String FILE =
      """
      apiVersion: mainstay.dev/v1
      kind: Cluster
      name: demo
      kubernetes: 1.36.3
      masters: {m1: 10.77.0.11, m2: 10.77.0.12}
      workers: {w1: 10.77.0.21}
      """;

  @TempDir Path home = Path.of("");

  private enum Why implements Reason {
    NODE_MISSING,
    HOST_DIFFERS
  }

  static Step<Action> step(String id, String node, Disruption disrupts, String... after) {
    return new Step<>(
        id,
        node,
        disrupts == Disruption.NONE ? Why.NODE_MISSING : Why.HOST_DIFFERS,
        "do " + id,
        disrupts,
        Set.of(after),
        new Action.Verify());
  }

  static Plan<Action> plan() {
    return new Plan<>(
        List.of(
            new Phase<>(
                "hosts/configure",
                "files and units on the hosts",
                List.of(step("hosts/configure/m1", "m1", Disruption.NODE))),
            new Phase<>(
                "masters/join",
                "the other masters, one at a time",
                List.of(
                    step("masters/join/m2", "m2", Disruption.CONTROL_PLANE, "hosts/configure/m1"),
                    step("masters/join/m2/finish", "m2", Disruption.NONE, "masters/join/m2"))),
            new Phase<>(
                "cluster/verify",
                "a look at the whole",
                List.of(step("cluster/verify", "", Disruption.NONE, "masters/join/m2/finish")))));
  }

  static ClusterSpec spec() {
    return ClusterFile.decode(FILE, Path.of("cluster.yaml"), Path.of("/root")).spec().orElseThrow();
  }

  @Test
  void planned() {
    Golden.check(
        "text/plan.txt", PlanText.of(plan(), Map.of("masters/join", Duration.ofMillis(9800))));
    Golden.check("text/plan-empty.txt", PlanText.of(new Plan<>(List.of()), Map.of()));
    assertThat(PlanText.nothing(false)).contains("nothing to do on the hosts that answer");
    Golden.check(
        "json/plan.json",
        Json.text(Json.plan(plan(), Map.of("masters/join", Duration.ofMillis(9800)), Map.of()))
            + "\n");
    Golden.check(
        "json/plan-empty.json",
        Json.text(Json.plan(new Plan<Action>(List.of()), Map.of(), Map.of())) + "\n");
  }

  @Test
  void applied() {
    Map<Step<Action>, StepResult> results = new LinkedHashMap<>();
    List<Step<Action>> steps = plan().steps();
    results.put(
        steps.get(0), new StepResult(StepResult.Outcome.CHANGED, "", Duration.ofMillis(1500)));
    results.put(
        steps.get(1),
        new StepResult(
            StepResult.Outcome.FAILED, "m2: it broke\n    mend it", Duration.ofSeconds(3)));
    results.put(
        steps.get(2),
        new StepResult(StepResult.Outcome.SKIPPED, "waits for masters/join/m2", Duration.ZERO));
    results.put(
        steps.get(3), new StepResult(StepResult.Outcome.UNCHANGED, "", Duration.ofMillis(20)));
    Golden.check("json/apply.json", Json.text(Json.plan(plan(), Map.of(), results)) + "\n");
  }

  @Test
  void status() {
    ClusterStatus status =
        new ClusterStatus(
            spec(),
            ClusterStatus.State.DEGRADED,
            new ClusterStatus.Etcd(2, 1, "m1", 0),
            List.of(
                new ClusterStatus.NodeStatus(
                    "m1",
                    "master",
                    "10.77.0.11",
                    true,
                    true,
                    "v1.36.3",
                    true,
                    List.of(new ClusterStatus.BackendStatus("m1", true)),
                    "current",
                    Optional.of(Instant.parse("2027-11-23T07:00:00Z"))),
                new ClusterStatus.NodeStatus(
                    "m2",
                    "master",
                    "10.77.0.12",
                    false,
                    false,
                    "",
                    false,
                    List.of(),
                    "unknown",
                    Optional.empty()),
                new ClusterStatus.NodeStatus(
                    "w1",
                    "worker",
                    "10.77.0.21",
                    true,
                    false,
                    "v1.36.3",
                    true,
                    List.of(
                        new ClusterStatus.BackendStatus("m1", true),
                        new ClusterStatus.BackendStatus("m2", false)),
                    "old",
                    Optional.of(Instant.parse("2026-11-24T06:00:00Z")))),
            List.of(
                Problem.error("m2", "nothing listens on 10.77.0.12:22", "is sshd running there?"),
                Problem.warning("w1", "hosts block is old", "run mainstay apply")));
    Golden.check(
        "json/status.json", Json.text(StatusCommand.document(status, Captured.CLOCK)) + "\n");
    Golden.check("text/status.txt", StatusCommand.text(status, Captured.CLOCK));
  }

  @Test
  void certificates() {
    Instant now = Instant.parse("2026-11-25T00:00:00Z");
    Certificate api =
        new Certificate(
            "CN=kube-apiserver",
            "CN=kubernetes",
            List.of("DNS:api.demo.internal", "DNS:m1.demo.internal"),
            List.of("0"),
            now.minus(Duration.ofDays(1)),
            now.plus(Duration.ofDays(364)),
            false,
            "aa11");
    Certificate admin =
        new Certificate(
            "CN=kubernetes-admin,O=kubeadm:cluster-admins",
            "CN=kubernetes",
            List.of(),
            List.of("0"),
            now.minus(Duration.ofMinutes(6)),
            now.minus(Duration.ofMinutes(3)),
            false,
            "bb22");
    Certificate authority =
        new Certificate(
            "CN=etcd-ca",
            "CN=etcd-ca",
            List.of("DNS:etcd-ca"),
            List.of("5"),
            now.minus(Duration.ofDays(3400)),
            now.plus(Duration.ofDays(250)),
            true,
            "cc33");
    CertificateList list =
        new CertificateList(
            spec().name(),
            now,
            List.of(
                row("admin.conf", "/etc/kubernetes/admin.conf", admin, State.ENDED),
                row(
                    "apiserver",
                    "/etc/kubernetes/pki/apiserver.crt",
                    api,
                    State.VALID,
                    new CertificateList.Served(6443, CertificateList.Match.SAME)),
                row(
                    "etcd-peer",
                    "/etc/kubernetes/pki/etcd/peer.crt",
                    api,
                    State.VALID,
                    new CertificateList.Served(2380, CertificateList.Match.OTHER)),
                row("etcd-ca", "/etc/kubernetes/pki/etcd/ca.crt", authority, State.DUE)),
            List.of(
                Problem.error(
                    "m1",
                    "a certificate ended 2026-11-24T23:57:00Z: /etc/kubernetes/admin.conf",
                    "run mainstay certs renew")),
            List.of());
    Golden.check("json/certs-list.json", Json.text(CertificateText.document(list)) + "\n");
    Golden.check("text/certs-list.txt", CertificateText.table(list));
    Golden.check("text/certs-list.prom", CertificateText.metrics(spec(), list));
  }

  private static CertificateList.Row row(
      String name,
      String file,
      Certificate certificate,
      State state,
      CertificateList.Served... served) {
    return new CertificateList.Row("m1", name, file, certificate, state, List.of(served));
  }

  @Test
  void whatIsLeftIsToldInTheUnitThatTells() {
    assertThat(CertificateText.left(Duration.ofDays(364))).isEqualTo("364d");
    assertThat(CertificateText.left(Duration.ofHours(40))).isEqualTo("40h");
    assertThat(CertificateText.left(Duration.ofSeconds(150))).isEqualTo("2m");
    assertThat(CertificateText.left(Duration.ofSeconds(-90))).isEqualTo("-90s");
  }

  @Test
  void statusWithoutACluster() {
    ClusterStatus status =
        new ClusterStatus(
            spec(),
            ClusterStatus.State.DOWN,
            new ClusterStatus.Etcd(0, 0, "", 0),
            List.of(),
            List.of(Problem.error("demo", "there is no cluster yet", "run mainstay apply")));
    Golden.check(
        "json/status-down.json", Json.text(StatusCommand.document(status, Captured.CLOCK)) + "\n");
    Golden.check("text/status-down.txt", StatusCommand.text(status, Captured.CLOCK));
  }

  @Test
  void check() {
    Golden.check(
        "json/check.json",
        Json.text(
                CheckCommand.document(
                    List.of(
                        Problem.error("m1 (10.77.0.11)", "swap is on: /swapfile", "swapoff -a"),
                        Problem.warning("cluster.yaml:5:1", "two masters", "take three")),
                    5))
            + "\n");
    Golden.check("json/check-valid.json", Json.text(CheckCommand.document(List.of(), 0)) + "\n");
  }

  @Test
  void playgroundHosts() {
    List<PlaygroundHost> hosts =
        List.of(
            new PlaygroundHost(
                new NodeName("m1"), Role.MASTER, new Address("10.77.0.11"), HostState.RUNNING),
            new PlaygroundHost(
                new NodeName("m2"), Role.MASTER, new Address("10.77.0.12"), HostState.CUT),
            new PlaygroundHost(
                new NodeName("w1"), Role.WORKER, new Address("10.77.0.21"), HostState.STOPPED));
    Golden.check("json/playground-hosts.json", Json.text(PlaygroundCommand.document(hosts)) + "\n");
  }

  @Test
  void runs() throws Exception {
    Path file = Files.writeString(home.resolve("cluster.yaml"), FILE);
    Runs runs = new Runs(home.resolve(".mainstay/demo/runs"));
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("command", "apply");
    facts.put("owner", "ann@desk, process 7, since 2026-11-23T07:00:00Z");
    try (Journal<Action> journal = runs.start(facts, Captured.CLOCK)) {
      List<Step<Action>> steps = plan().steps();
      journal.planned(plan());
      journal.started(steps.get(0));
      journal.ended(
          steps.get(0), new StepResult(StepResult.Outcome.CHANGED, "", Duration.ofMillis(1500)));
      journal.started(steps.get(1));
      journal.ended(
          steps.get(1),
          new StepResult(
              StepResult.Outcome.FAILED, "m2: it broke\n    mend it", Duration.ofSeconds(3)));
      journal.started(steps.get(2));
    }
    for (String command : List.of("list", "show")) {
      Captured json = Captured.in(home);
      assertThat(json.run("runs", command, "-f", file.toString(), "-o", "json")).isZero();
      Golden.check("json/runs-" + command + ".json", json.out());
      Captured text = Captured.in(home);
      assertThat(text.run("runs", command, "-f", file.toString())).isZero();
      Golden.check("text/runs-" + command + ".txt", text.out());
    }
  }
}
