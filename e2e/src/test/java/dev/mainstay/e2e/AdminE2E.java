package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mainstay.e2e.Kubectl.Called;
import dev.mainstay.e2e.Kubectl.Going;
import dev.mainstay.e2e.Program.Result;
import dev.mainstay.e2e.Program.Running;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Administrators outside the cluster: as whom, from which file, and over which master. */
@Order(SteadyCluster.ORDER)
@ExtendWith(SteadyCluster.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class AdminE2E {
  private static final Cluster CLUSTER = SteadyCluster.CLUSTER;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path folder = Path.of("");

  /** Every endpoint that was opened: none may outlive the test. */
  private static final List<Running> OPENED = new ArrayList<>();

  @AfterAll
  static void endEndpoints() {
    OPENED.forEach(running -> running.process().destroyForcibly());
  }

  private static Path file(String name) {
    return folder.resolve(name);
  }

  // as whom

  @Test
  @Order(1)
  void aPersonMayDoWhatTheirGroupMayAndOnlyForAWhile() {
    Instant before = Instant.now();
    Result signed =
        CLUSTER.mainstay(
            "kubeconfig",
            "--user",
            "alice",
            "--group",
            "developers",
            "--for",
            "30m",
            "--out",
            file("alice").toString(),
            "-o",
            "json");
    assertThat(signed.exit()).as(signed.toString()).isZero();
    JsonNode said = signed.json();
    assertThat(said.path("user").asString("")).isEqualTo("alice");
    Instant end = Instant.parse(said.path("notAfter").asString(""));
    assertThat(Duration.between(before, end))
        .isBetween(Duration.ofMinutes(24), Duration.ofMinutes(31));
    Kubectl alice = new Kubectl(file("alice"));
    assertThat(alice.call("auth", "whoami")).contains("alice", "developers");
    Called refused = alice.tryCall("get", "pods", "-A");
    assertThat(refused.exit()).isNotZero();
    assertThat(refused.said()).contains("Forbidden", "\"alice\"");
    CLUSTER.kubectl(
        "create clusterrolebinding developers-view --clusterrole=view --group=developers");
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> alice.tryCall("get", "pods", "-A").exit() == 0);
    assertThat(alice.call("get", "pods", "-A")).contains("coredns");
    assertThat(alice.tryCall("get", "secrets", "-A").said()).contains("Forbidden");
    assertThat(alice.tryCall("-n", "default", "delete", "service", "kubernetes").said())
        .contains("Forbidden");
    // nothing of the request is left
    assertThat(CLUSTER.kubectl("get certificatesigningrequests -o name"))
        .doesNotContain("mainstay-");
  }

  @Test
  @Order(2)
  void aPersonWithoutAGroupIsToldHowToGetRights() {
    Result signed =
        CLUSTER.mainstay("kubeconfig", "--user", "bob", "--out", file("bob").toString());
    assertThat(signed.exit()).as(signed.toString()).isZero();
    Matcher binding =
        Pattern.compile("kubectl (create clusterrolebinding \\S+ --clusterrole=view --user=bob)")
            .matcher(signed.err());
    assertThat(binding.find()).as(signed.err()).isTrue();
    Kubectl bob = new Kubectl(file("bob"));
    assertThat(bob.tryCall("get", "nodes").said()).contains("Forbidden");
    CLUSTER.kubectl(binding.group(1));
    await().atMost(Duration.ofSeconds(10)).until(() -> bob.tryCall("get", "services").exit() == 0);
  }

  // from which file

  @Test
  @Order(3)
  void aMergeKeepsWhatIsThereAndASecondOneTouchesNothing() throws Exception {
    Path config = file("config");
    Files.writeString(
        config,
        """
        # mine
        apiVersion: v1
        kind: Config
        clusters:
          - name: other
            cluster: {server: https://other.example.com}
        contexts:
          - {name: other, context: {cluster: other, user: other}}
        current-context: other
        users:
          - {name: other, user: {token: "0123"}}
        """);
    Result merged = CLUSTER.mainstay("kubeconfig", "--merge", "--into", config.toString());
    assertThat(merged.exit()).as(merged.toString()).isZero();
    assertThat(Files.readString(config)).contains("# mine", "token: \"0123\"");
    Kubectl kubectl = new Kubectl(config);
    assertThat(kubectl.call("config", "current-context").strip()).isEqualTo("other");
    assertThat(kubectl.call("--context", SteadyCluster.NAME + "-m3", "get", "nodes").lines())
        .hasSize(5);
    String before = Files.readString(config);
    Result again =
        CLUSTER.mainstay("kubeconfig", "--merge", "--into", config.toString(), "-o", "json");
    assertThat(again.json().path("changed").asBoolean(true)).isFalse();
    assertThat(Files.readString(config)).isEqualTo(before);
    // kubectl writes the file anew, and what is ours is still known as ours
    kubectl.call("config", "set-context", "other", "--namespace", "shop");
    assertThat(
            CLUSTER
                .mainstay("kubeconfig", "--merge", "--into", config.toString(), "-o", "json")
                .json()
                .path("changed")
                .asBoolean(true))
        .isFalse();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(config)))
        .isEqualTo("rw-------");
  }

  // over which master

  /** An endpoint that is open. */
  private record Connected(Running running, JsonNode first) {
    Kubectl kubectl() {
      return new Kubectl(Path.of(first.path("kubeconfig").asString("")));
    }

    List<JsonNode> changes() {
      try {
        return Files.readString(running.out()).lines().skip(1).map(JSON::readTree).toList();
      } catch (IOException broken) {
        throw new UncheckedIOException(broken);
      }
    }

    void hear(String master, String state) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() ->
              assertThat(changes())
                  .anyMatch(one ->
                      one.path("master").asString("").equals(master)
                          && one.path("state").asString("").equals(state)));
    }

    /** Ends it as Ctrl-C does. */
    Result interrupt() {
      Program.local("kill", "-INT", String.valueOf(running.process().pid()));
      return running.await();
    }
  }

  private static Connected connect(String... options) {
    List<String> all = new ArrayList<>(List.of("connect", "-o", "json"));
    all.addAll(List.of(options));
    Running running = CLUSTER.program.start(CLUSTER.with(all.toArray(String[]::new)));
    OPENED.add(running);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> !running.process().isAlive() || Files.readString(running.out()).contains("\n"));
    try {
      String out = Files.readString(running.out());
      assertThat(out).as(Files.readString(running.err())).contains("\n");
      return new Connected(running, JSON.readTree(out.lines().findFirst().orElse("")));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private static void endsWell(Connected connected) throws Exception {
    Path kubeconfig = Path.of(connected.first().path("kubeconfig").asString(""));
    assertThat(kubeconfig).exists();
    Result ended = connected.interrupt();
    assertThat(ended.exit()).as(ended.toString()).isZero();
    assertThat(kubeconfig).doesNotExist();
  }

  @Test
  @Order(4)
  void anEndpointGoesOnWhenAMasterIsFrozenAndWhenOneIsKilled() throws Exception {
    Connected connected = connect();
    assertThat(connected.first().path("mode").asString("")).isEqualTo("direct");
    Kubectl kubectl = connected.kubectl();
    assertThat(kubectl.call("get", "nodes").lines()).hasSize(5);
    // one a master: they are shared evenly
    List<Going> watches = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      watches.add(kubectl.start("get", "configmaps", "-n", "default", "-w"));
    }
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> watches.stream().allMatch(watch -> watch.text().contains("kube-root-ca.crt")));
    CLUSTER.on("m2", "kill -STOP $(pidof kube-apiserver)");
    Instant frozen = Instant.now();
    try {
      connected.hear("m2", "down");
      Duration noticed = Duration.between(frozen, Instant.now());
      System.out.printf("e2e: a frozen master was noticed after %d ms%n", noticed.toMillis());
      int moved = connected.changes().getFirst().path("sessionsMoved").asInt(0);
      assertThat(moved).isPositive();
      for (int i = 0; i < 10; i++) {
        Called asked = kubectl.tryCall("--request-timeout", "5s", "get", "--raw", "/readyz");
        assertThat(asked.said()).isEqualTo("ok");
      }
      // who watched through another master saw nothing of it
      kubectl.call("-n", "default", "create", "configmap", "after-the-fault");
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() ->
              watches.stream().filter(watch -> watch.text().contains("after-the-fault")).count()
                  >= 2);
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> watches.stream().anyMatch(watch -> !watch.process().isAlive()));
    } finally {
      CLUSTER.on("m2", "kill -CONT $(pidof kube-apiserver)");
      watches.forEach(Going::stop);
    }
    connected.hear("m2", "ready");
    CLUSTER.on("m1", "kill -9 $(pidof kube-apiserver)");
    // kubelet starts it again within a second: it may be found back, and not ready, before it is
    // down
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            connected.changes().stream()
                .anyMatch(one ->
                    one.path("master").asString("").equals("m1")
                        && !one.path("state").asString("").equals("ready")));
    streams(kubectl);
    endsWell(connected);
  }

  /** What needs a connection that is more than requests. */
  private static void streams(Kubectl kubectl) throws Exception {
    assertThat(
            kubectl.call(
                "exec",
                "-n",
                "kube-system",
                "etcd-m3." + SteadyCluster.DOMAIN,
                "--",
                "etcdctl",
                "version"))
        .contains("etcdctl version");
    // on a host whose own apiserver lives: a master's kubelet asks that one whether it may
    Going forward =
        kubectl.start(
            "port-forward", "-n", "kube-system", "etcd-m3." + SteadyCluster.DOMAIN, ":2381");
    try {
      Pattern listening = Pattern.compile("Forwarding from 127\\.0\\.0\\.1:(\\d+)");
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertThat(forward.text()).containsPattern(listening));
      Matcher port = listening.matcher(forward.text());
      assertThat(port.find()).isTrue();
      try (HttpClient client = HttpClient.newHttpClient()) {
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.group(1) + "/health"))
                    .timeout(Duration.ofSeconds(10))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.body()).contains("\"health\":\"true\"");
      }
    } finally {
      forward.stop();
    }
  }

  @Test
  @Order(5)
  void throughSshTooForAPersonAndInTheirOwnFileForAsLongAsItIsOpen() throws Exception {
    Path config = file("config");
    Connected connected =
        connect(
            "--ssh",
            "--user",
            "carol",
            "--group",
            "kubeadm:cluster-admins",
            "--for",
            "10m",
            "--merge",
            "--into",
            config.toString());
    assertThat(connected.first().path("mode").asString("")).isEqualTo("ssh");
    String context = connected.first().path("context").asString("");
    assertThat(context).startsWith("carol@steady-connect-");
    Kubectl kubectl = new Kubectl(config);
    assertThat(kubectl.call("--context", context, "auth", "whoami")).contains("carol");
    // another run beside it
    Connected beside = connect("--ssh");
    assertThat(beside.kubectl().call("get", "nodes").lines()).hasSize(5);
    streams(connected.kubectl());
    CLUSTER.on("m3", "kill -STOP $(pidof kube-apiserver)");
    try {
      connected.hear("m3", "down");
      assertThat(connected.kubectl().call("get", "--raw", "/readyz")).isEqualTo("ok");
    } finally {
      CLUSTER.on("m3", "kill -CONT $(pidof kube-apiserver)");
    }
    endsWell(beside);
    endsWell(connected);
    assertThat(Files.readString(config))
        .doesNotContain("connect")
        .contains(SteadyCluster.NAME + "-m1", "current-context: other");
    int port = URI.create(connected.first().path("address").asString("")).getPort();
    assertThatThrownBy(() -> new Socket(InetAddress.ofLiteral("127.0.0.1"), port).close())
        .isInstanceOf(IOException.class);
  }
}
