package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.e2e.Program.Result;
import dev.mainstay.e2e.Program.Running;
import dev.mainstay.model.ClusterHome;
import dev.mainstay.model.ClusterName;
import dev.mainstay.model.NodeName;
import dev.mainstay.playground.Captured;
import dev.mainstay.playground.Playground;
import dev.mainstay.playground.PlaygroundHome;
import dev.mainstay.playground.PlaygroundProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A playground under test, the program against it, and looks at its hosts from outside. */
final class Cluster {
  final Playground playground;
  final Program program;
  private final String name;

  Cluster(String name) {
    this(name, Map.of());
  }

  Cluster(String name, Map<String, String> environment) {
    this.name = name;
    this.playground = Playground.of(PlaygroundHome.ofUser(System.getenv()), name);
    this.program = new Program(environment);
  }

  /** Removes what an earlier run left, and this one. */
  void down() {
    playground.down(PlaygroundProgress.SILENT);
  }

  Result mainstay(String... arguments) {
    return program.run(with(arguments));
  }

  /** The arguments, against this playground's cluster file. */
  String[] with(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--playground");
    all.add(name);
    return all.toArray(String[]::new);
  }

  /** What a script prints on a host; it must succeed. */
  String on(String host, String script) {
    Captured captured = tryOn(host, script);
    assertThat(captured.exit())
        .as("%s: %s%n%s%s", host, script, captured.stdout(), captured.stderr())
        .isZero();
    return captured.stdout();
  }

  Captured tryOn(String host, String script) {
    return playground.capture(
        new NodeName(host),
        List.of(
            "bash",
            "-c",
            "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                + " KUBECACHEDIR=/run/kube-cache\n"
                + script));
  }

  /** What kubectl prints on a master, with the administrator's kubeconfig. */
  String kubectl(String arguments) {
    return kubectlOn("m1", arguments);
  }

  String kubectlOn(String master, String arguments) {
    return on(master, "kubectl --kubeconfig /etc/kubernetes/admin.conf " + arguments);
  }

  /** The command that asks a master's own etcd member, for a script that runs on that master. */
  static String etcdctl(String arguments) {
    return "etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt"
        + " --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key "
        + arguments;
  }

  /** Makes {@code master} the leader of etcd. */
  void lead(String master) {
    on(
        master,
        "me=$("
            + etcdctl("endpoint status -w fields")
            + " | awk '/^\"MemberID\"/ {print $3}'); for url in $("
            + etcdctl("member list -w fields")
            + " | sed -n 's/^\"ClientURL\" : \"\\(.*\\)\"$/\\1/p'); do "
            + etcdctl("move-leader $(printf %x $me)").replace("https://127.0.0.1:2379", "$url")
            + " > /dev/null 2>&1 && break; done; true");
    assertThat(status().path("etcd").path("leader").asString("")).isEqualTo(master);
  }

  JsonNode status() {
    return mainstay("status", "-o", "json").json();
  }

  /**
   * The condition of the cluster, which must be healthy by the end of {@code within}; what it
   * lacked until then is printed.
   */
  JsonNode isHealthy(Duration within) {
    Instant deadline = Instant.now().plus(within);
    while (true) {
      JsonNode status = status();
      if (status.path("state").asString("").equals("healthy")) {
        return status;
      }
      String lacks = status.path("state").asString("") + " " + status.path("problems");
      System.out.println("e2e: not healthy: " + lacks);
      assertThat(Instant.now()).as(lacks).isBefore(deadline);
    }
  }

  /** The same right after a run that ended well; a moment's lack on a busy machine may go by. */
  JsonNode isHealthy() {
    return isHealthy(Duration.ofSeconds(10));
  }

  /** Applies, and applies again: the second run must change nothing. */
  void applyTwice() {
    Result first = mainstay("apply", "--yes", "-o", "json");
    assertThat(first.exit()).as(first.toString()).isZero();
    applyChangesNothing();
  }

  /** An apply that has nothing to do. */
  Duration applyChangesNothing() {
    Result again = mainstay("apply", "--yes", "-o", "json");
    assertThat(again.exit()).as(again.toString()).isZero();
    // by the reasons of its steps, which say in a line what was amiss
    assertThat(again.json().path("changes").asInt(-1)).as(steps(again.json())).isZero();
    return again.elapsed();
  }

  private static String steps(JsonNode applied) {
    List<String> steps = new ArrayList<>();
    for (JsonNode phase : applied.path("phases")) {
      for (JsonNode step : phase.path("steps")) {
        steps.add(
            "%s (%s)".formatted(step.path("id").asString(""), step.path("what").asString("")));
      }
    }
    return String.join(", ", steps);
  }

  /**
   * The cluster after {@code nodes} went on at {@code on}: it comes back by itself, and an apply
   * waits at most. Until kubelets have spoken the API says what was before, so that a cluster that
   * is called healthy would turn out not to be: what it says of their containers must be newer.
   */
  void comesBackAfterABoot(String master, Instant on, List<String> nodes) {
    for (String node : nodes) {
      await()
          .atMost(Duration.ofMinutes(3))
          .untilAsserted(() ->
              assertThat(
                      kubectlOn(
                              master,
                              "get pods -A --field-selector spec.nodeName="
                                  + node
                                  + "."
                                  + name
                                  + ".internal -o jsonpath='{range"
                                  + " .items[*].status.containerStatuses[*]}{.state.running.startedAt}{\"\\n\"}{end}'")
                          .lines())
                  .as(node)
                  .isNotEmpty()
                  .allMatch(started ->
                      !started.isBlank()
                          && !Instant.parse(started).isBefore(on.truncatedTo(ChronoUnit.SECONDS))));
    }
    isHealthy(Duration.ofMinutes(3));
    Result apply = mainstay("apply", "--yes", "-o", "json");
    assertThat(apply.exit()).as(apply.toString()).isZero();
    if (apply.json().path("changes").asInt(-1) != 0) {
      assertThat(stepsOfLastRun()).containsExactly("cluster/verify");
    }
    applyChangesNothing();
  }

  /** What the last run of apply wrote so far. */
  String journalOfLastRun() throws IOException {
    return Files.readString(runs().getLast().resolve("journal.jsonl"));
  }

  private List<String> stepsOfLastRun() {
    try {
      return journalOfLastRun()
          .lines()
          .map(line -> line.replaceFirst(".*\"event\":\"started\",\"step\":\"([^\"]*)\".*", "$1"))
          .filter(step -> !step.startsWith("{"))
          .toList();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** The folders of the runs so far, the oldest first. */
  List<Path> runs() throws IOException {
    Path folder = ClusterHome.beside(playground.clusterFile(), new ClusterName(name)).runs();
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> runs = Files.list(folder)) {
      return runs.filter(run -> Files.exists(run.resolve("journal.jsonl"))).sorted().toList();
    }
  }

  /**
   * Starts an apply and kills it when the first step whose id begins with {@code path} begins; at
   * once where its plan has no such step.
   *
   * @return whether such a step was running
   */
  boolean killWhen(String path) throws IOException {
    long before = runs().size();
    Running apply = program.start(with("apply", "--yes"));
    String began = "\"event\":\"started\",\"step\":\"" + path;
    await()
        .atMost(Duration.ofMinutes(8))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          String journal = runs().size() > before ? journalOfLastRun() : "";
          return !apply.process().isAlive()
              || journal.contains(began)
              || (journal.contains("\"event\":\"started\"")
                  && !journal.contains("\"step\":\"" + path));
        });
    boolean inTheMiddle = apply.process().isAlive() && journalOfLastRun().contains(began);
    apply.kill();
    System.out.println("e2e: killed when " + path + " began: " + inTheMiddle);
    return inTheMiddle;
  }
}
