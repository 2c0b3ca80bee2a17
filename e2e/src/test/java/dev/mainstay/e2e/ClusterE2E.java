package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.e2e.Program.Result;
import dev.mainstay.e2e.Program.Running;
import dev.mainstay.model.NodeName;
import dev.mainstay.playground.PlaygroundProgress;
import dev.mainstay.playground.PlaygroundSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;

/**
 * The main job on five hosts: from empty hosts to a highly available cluster through a run that is
 * killed in every phase, every promise looked up on the hosts themselves, and back to empty hosts.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ClusterE2E {
  private static final String NAME = "e2e";
  private static final List<String> MASTERS = List.of("m1", "m2", "m3");
  private static final List<String> WORKERS = List.of("w1", "w2");
  private static final Cluster CLUSTER = new Cluster(NAME);
  private static final Map<String, String> BEFORE = new HashMap<>();
  private static final Map<String, String> HOSTS_INODE = new HashMap<>();

  /** Everything of a host that a reset must give back. */
  private static final String SNAPSHOT =
      """
      dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' | grep ^ii | sort
      find /etc /usr/local /opt /var/lib /root -xdev -not -path '/etc/systemd/system/*.wants*' \\
        -not -path '/var/lib/dpkg*' -not -path '/var/lib/systemd*' -not -path '/var/lib/apt*' -not -path '/etc/alternatives*' \\
        -not -path '/etc/ld.so.cache' -not -path '/var/lib/private*' -not -path '/var/cache/*' -not -path '/var/lib/kubelet' \\
        -not -path '/var/lib/etcd' -not -path '/var/lib/containerd' -not -path '/etc/rc?.d/*' -not -path '/etc/init.d/*' -not -path '/root/.cache*' \\
        -not -path '/etc/apparmor.d*' -not -path '/var/lib/ucf*' -not -path '/etc/iproute2*' | sort
      cat /etc/hosts
      systemctl list-unit-files --no-legend --type service | awk '{print $1, $2}' | sort
      """;

  @BeforeAll
  static void makeHosts() {
    CLUSTER.down();
    CLUSTER.playground.up(PlaygroundSpec.DEFAULT, PlaygroundProgress.SILENT);
    for (String host : all()) {
      BEFORE.put(host, CLUSTER.on(host, SNAPSHOT));
      HOSTS_INODE.put(host, CLUSTER.on(host, "stat -c %i /etc/hosts"));
    }
  }

  @AfterAll
  static void removeHosts() {
    CLUSTER.down();
  }

  private static List<String> all() {
    List<String> all = new ArrayList<>(MASTERS);
    all.addAll(WORKERS);
    return all;
  }

  @Test
  @Order(1)
  void planShowsEveryStepAndChangesNothing() {
    Result plan = CLUSTER.mainstay("plan", "-o", "json");
    assertThat(plan.exit()).as(plan.toString()).isEqualTo(10);
    List<String> reasons = new ArrayList<>();
    plan.json()
        .path("phases")
        .forEach(phase ->
            phase.path("steps").forEach(step -> reasons.add(step.path("reason").asString(""))));
    assertThat(reasons)
        .contains("ARTIFACTS_MISSING", "CLUSTER_MISSING", "NODE_MISSING", "NETWORK_DIFFERS");
    assertThat(CLUSTER.on("m1", SNAPSHOT)).isEqualTo(BEFORE.get("m1"));
    assertThat(CLUSTER.mainstay("status").exit()).isEqualTo(12);
  }

  /** Killed at the start of a step of each phase; every next run goes on where the last one was. */
  @Test
  @Order(2)
  void aKilledApplyIsContinuedByTheNextOne() throws IOException {
    int killed = 0;
    for (String step :
        List.of(
            "hosts/deliver",
            "hosts/configure",
            "hosts/images",
            "masters/init/m1",
            "masters/init/m1/finish",
            "workers/join",
            "masters/join/m2",
            "masters/join/m3",
            "cluster/addons",
            "cluster/verify")) {
      killed += CLUSTER.killWhen(step) ? 1 : 0;
      if (step.equals("masters/join/m2")) {
        whatItWasMadeWithIsKnownAlready();
      }
    }
    // a step outlives its control machine, so that one or the other may be done before its turn
    assertThat(killed).as("runs that were killed in the middle").isGreaterThanOrEqualTo(7);
    Result resumed = CLUSTER.mainstay("runs", "resume", "--yes");
    assertThat(resumed.exit()).as(resumed.toString()).isZero();
    CLUSTER.isHealthy();
  }

  /** Before all have joined: no later file may say otherwise. */
  private static void whatItWasMadeWithIsKnownAlready() throws IOException {
    Path file = CLUSTER.playground.clusterFile();
    String before = Files.readString(file);
    Files.writeString(file, before + "\nkubelet: {maxPods: 50}\n");
    try {
      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() -> {
            Result plan = CLUSTER.mainstay("plan");
            assertThat(plan.exit()).as(plan.toString()).isEqualTo(6);
            assertThat(plan.err()).contains("kubelet: {maxPods=50} instead of {}");
          });
    } finally {
      Files.writeString(file, before);
    }
  }

  @Test
  @Order(3)
  void aSecondApplyChangesNothing() {
    Duration elapsed = CLUSTER.applyChangesNothing();
    System.out.printf("e2e: apply with nothing to do: %.1f s%n", elapsed.toMillis() / 1000.0);
    assertThat(CLUSTER.mainstay("plan").exit()).isZero();
  }

  @Test
  @Order(4)
  void fiveNodesAreReadyAsAWorkerSeesThemThroughItsOwnProxy() {
    Result kubeconfig = CLUSTER.mainstay("kubeconfig");
    assertThat(kubeconfig.exit()).as(kubeconfig.toString()).isZero();
    String nodes =
        CLUSTER.on(
            "w1",
            "kubectl --kubeconfig /dev/stdin --context "
                + NAME
                + " get nodes --no-headers <<'EOF'\n"
                + kubeconfig.out()
                + "EOF\n");
    assertThat(nodes.lines()).hasSize(5).allMatch(line -> line.contains(" Ready "));
    assertThat(nodes).contains("m1.e2e.internal", "w2.e2e.internal", "v1.36.3");
  }

  @Test
  @Order(5)
  void etcdMembersAreKnownByName() {
    for (String master : MASTERS) {
      String members = CLUSTER.on(master, Cluster.etcdctl("member list"));
      assertThat(members.lines()).hasSize(3);
      for (String member : MASTERS) {
        assertThat(members)
            .contains(
                "started, %1$s.e2e.internal, https://%1$s.e2e.internal:2380, https://%1$s.e2e.internal:2379, false"
                    .formatted(member));
      }
    }
  }

  @Test
  @Order(6)
  void mastersSpeakToThemselvesAndWorkersToAllMasters() {
    for (JsonNode node : CLUSTER.status().path("nodes")) {
      List<String> up = new ArrayList<>();
      node.path("proxy")
          .path("backends")
          .forEach(backend -> {
            assertThat(backend.path("up").asBoolean(false)).as(node.toString()).isTrue();
            up.add(backend.path("name").asString(""));
          });
      if (node.path("role").asString("").equals("master")) {
        assertThat(up).containsExactly(node.path("name").asString(""));
      } else {
        assertThat(up).containsExactlyInAnyOrderElementsOf(MASTERS);
      }
    }
    for (String host : all()) {
      assertThat(CLUSTER.on(host, "ss -Hltn 'sport = :7443' | awk '{print $4}'").strip())
          .as("the endpoint of %s is on loopback alone", host)
          .isEqualTo("127.0.0.1:7443");
      assertThat(CLUSTER.on(host, "getent hosts api.e2e.internal")).startsWith("127.0.0.1 ");
      assertThat(CLUSTER.on(host, "systemctl show -p Before --value mainstay-proxy.service"))
          .contains("kubelet.service");
    }
  }

  @Test
  @Order(7)
  void kubeconfigsOfMastersLeadToTheirOwnApiserver() {
    for (String master : MASTERS) {
      for (String component : List.of("kubelet", "controller-manager", "scheduler")) {
        assertThat(
                CLUSTER
                    .on(master, "sed -n 's/^ *server: //p' /etc/kubernetes/" + component + ".conf")
                    .strip())
            .isEqualTo("https://127.0.0.1:6443");
      }
    }
    for (String worker : WORKERS) {
      assertThat(
              CLUSTER.on(worker, "sed -n 's/^ *server: //p' /etc/kubernetes/kubelet.conf").strip())
          .isEqualTo("https://api.e2e.internal:7443");
    }
  }

  @Test
  @Order(8)
  void certificatesCarryNames() {
    for (String master : MASTERS) {
      String own = "DNS:" + master + ".e2e.internal";
      assertThat(names(master, "/etc/kubernetes/pki/apiserver.crt"))
          .contains(own, "DNS:api.e2e.internal", "DNS:*.e2e.internal", "DNS:localhost");
      assertThat(names(master, "/etc/kubernetes/pki/etcd/peer.crt"))
          .contains(own, "DNS:*.e2e.internal");
      assertThat(names(master, "/etc/kubernetes/pki/etcd/server.crt"))
          .contains(own, "DNS:*.e2e.internal");
    }
  }

  private static String names(String host, String certificate) {
    return CLUSTER.on(host, "openssl x509 -noout -ext subjectAltName -in " + certificate);
  }

  @Test
  @Order(9)
  void hostsFilesKeptTheirInodeAndEtcdSeesThem() {
    for (String host : all()) {
      assertThat(CLUSTER.on(host, "stat -c %i /etc/hosts")).isEqualTo(HOSTS_INODE.get(host));
      assertThat(CLUSTER.on(host, "cat /etc/hosts"))
          .contains("# BEGIN mainstay e2e generation 1\n127.0.0.1 api.e2e.internal\n")
          .contains("#mainstay# 127.0.1.1");
    }
    for (String master : MASTERS) {
      String etcd = "$(pgrep -x etcd)";
      assertThat(CLUSTER.on(master, "stat -L -c %i /proc/" + etcd + "/root/etc/hosts"))
          .isEqualTo(HOSTS_INODE.get(master));
      assertThat(
              CLUSTER.on(
                  master,
                  "grep -c 'host: 127.0.0.1' /etc/kubernetes/manifests/kube-apiserver.yaml"))
          .isEqualTo("3\n");
    }
  }

  @Test
  @Order(10)
  void secretsAreNowhereTheyShouldNotBe() throws IOException {
    for (String host : all()) {
      assertThat(CLUSTER.tryOn(host, "ls /etc/mainstay/kubeadm/discovery.conf").exit()).isNotZero();
      assertThat(CLUSTER.tryOn(host, "ls /etc/mainstay/kubeadm/join.yaml").exit()).isNotZero();
      assertThat(
              CLUSTER
                  .tryOn(
                      host,
                      "find /etc/kubernetes -name '*.key' -o -name '*.conf' | xargs -r stat -c '%a"
                          + " %n' | grep -v '^600 '")
                  .stdout())
          .isEmpty();
    }
    for (Path run : CLUSTER.runs()) {
      assertThat(Files.readString(run.resolve("journal.jsonl")))
          .doesNotContain("PRIVATE KEY")
          .doesNotContainPattern("[a-z0-9]{6}\\.[a-z0-9]{16}");
    }
  }

  @Test
  @Order(11)
  void podsOnEveryWorkerReachEachOtherAndAServiceByItsName() {
    CLUSTER.on(
        "m1",
        "kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - <<'EOF'\n" + PODS + "EOF");
    CLUSTER.kubectl("rollout status daemonset/echo --timeout 120s");
    List<String> pods =
        CLUSTER
            .kubectl("get pods -l app=echo -o jsonpath='{.items[*].status.podIP}'")
            .lines()
            .flatMap(line -> Stream.of(line.split(" ", -1)))
            .toList();
    assertThat(pods).hasSize(WORKERS.size());
    for (String worker : WORKERS) {
      for (String pod : pods) {
        assertThat(fromPodOn(worker, pod)).contains("hello");
      }
      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .untilAsserted(() ->
              assertThat(fromPodOn(worker, "echo.default.svc.cluster.local")).contains("hello"));
    }
    CLUSTER.kubectl("delete daemonset/echo service/echo --wait=false");
  }

  @Test
  @Order(11)
  void noNodeHasAllPodsOfTheClustersDns() {
    // which kubeadm starts while there is one; E2Es of nodes that come and go look at plans
    assertThat(dnsNodes()).hasSize(2).doesNotHaveDuplicates();
  }

  private static List<String> dnsNodes() {
    return CLUSTER
        .kubectl(
            "-n kube-system get pods -l k8s-app=kube-dns -o jsonpath='{range"
                + " .items[*]}{.spec.nodeName}{\"\\n\"}{end}'")
        .lines()
        .toList();
  }

  /**
   * What a pod on {@code host} gets from port 8080 of {@code target}: the host's own tools inside
   * the pod's network and with the pod's resolver, because the image has none.
   */
  private static String fromPodOn(String host, String target) {
    return CLUSTER.on(
        host,
        """
        pid=$(crictl inspect -o go-template --template '{{.info.pid}}' $(crictl ps -q --name '^echo$'))
        cp /proc/$pid/root/etc/resolv.conf /run/pod-resolv.conf
        nsenter -t $pid -n unshare -m bash -c '
          mount --bind /run/pod-resolv.conf /etc/resolv.conf
          address=$(getent ahostsv4 TARGET | awk "{print \\$1; exit}")
          exec 3<> /dev/tcp/$address/8080
          printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3
          timeout 5 cat <&3'
        """
            .replace("TARGET", target));
  }

  private static final String PODS =
      """
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: {name: echo}
      spec:
        selector: {matchLabels: {app: echo}}
        template:
          metadata: {labels: {app: echo}}
          spec:
            terminationGracePeriodSeconds: 0
            containers:
            - name: echo
              image: ghcr.io/flannel-io/flannel:v0.28.4
              command: [/bin/busybox, sh, -c, "/bin/busybox mkdir -p /tmp/www; echo hello > /tmp/www/index.html; exec /bin/busybox httpd -f -p 8080 -h /tmp/www"]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: echo}
      spec:
        selector: {app: echo}
        ports: [{port: 8080}]
      """;

  @Test
  @Order(12)
  void theClusterKeepsItsOwnDescription() {
    assertThat(
            CLUSTER.kubectl(
                "-n kube-system get configmap mainstay -o jsonpath='{.data.cluster\\.json}'"))
        .contains("\"name\":\"e2e\"", "\"clusterId\":", "\"m3\"");
  }

  @Test
  @Order(13)
  void theClusterSurvivesTheDeathOfTheMasterThatWasFirst() {
    // that it is so with each of them: DrillE2E, all in turn
    Result kubeconfig = CLUSTER.mainstay("kubeconfig");
    CLUSTER.playground.stop(new NodeName("m1"));
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .untilAsserted(() ->
            CLUSTER.on(
                "w1",
                "kubectl --kubeconfig /dev/stdin --context e2e --request-timeout 5s -n default"
                    + " create configmap after-death <<'EOF'\n"
                    + kubeconfig.out()
                    + "EOF\n"));
    Instant on = Instant.now();
    CLUSTER.playground.start(new NodeName("m1"));
    CLUSTER.comesBackAfterABoot("m2", on, List.of("m1"));
  }

  @Test
  @Order(14)
  void driftIsFoundAndRepaired() {
    CLUSTER.on(
        "w1", "echo '# changed' >> /etc/mainstay/haproxy.cfg; sed -i '/m2.e2e/d' /etc/hosts");
    CLUSTER.on("w2", "systemctl disable -q --now mainstay-proxy kubelet");
    Result plan = CLUSTER.mainstay("plan", "-o", "json");
    assertThat(plan.exit()).isEqualTo(10);
    assertThat(plan.out())
        .contains("hosts/configure/w1", "hosts/configure/w2", "HOST_DIFFERS", "kubelet.service");
    assertThat(CLUSTER.mainstay("status").exit()).isEqualTo(11);
    Result other = CLUSTER.mainstay("apply", "--yes", "--only", "masters");
    assertThat(other.exit()).as(other.toString()).isZero();
    assertThat(other.out()).contains("nothing to do in masters");
    Result part = CLUSTER.mainstay("apply", "--yes", "--only", "hosts", "--only", "workers");
    assertThat(part.exit()).as(part.toString()).isZero();
    assertThat(part.err()).contains("hosts/configure/w1  changed").doesNotContain("cluster/verify");
    CLUSTER.applyTwice();
    assertThat(CLUSTER.on("w1", "grep -c m2.e2e.internal /etc/hosts")).isEqualTo("1\n");
    assertThat(CLUSTER.on("w2", "systemctl is-enabled kubelet; systemctl is-active kubelet"))
        .isEqualTo("enabled\nactive\n");
    CLUSTER.isHealthy();
  }

  @Test
  @Order(15)
  void twoAppliesAtOnceAreRefusedWithWhoAndSinceWhen() {
    // something to do that takes a while
    CLUSTER.on("w2", "rm /var/lib/mainstay/installed /var/lib/mainstay/imported");
    CLUSTER.on("w1", "rm /var/lib/mainstay/installed /var/lib/mainstay/imported");
    Running first = CLUSTER.program.start(CLUSTER.with("apply", "--yes"));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> CLUSTER.tryOn("m1", "test -s /run/mainstay/run.owner").exit() == 0);
    Result second = CLUSTER.mainstay("apply", "--yes");
    assertThat(second.exit()).as(second.toString()).isEqualTo(7);
    assertThat(second.err()).contains("process " + first.process().pid() + ", since 20");
    Result ended = first.await();
    assertThat(ended.exit()).as(ended.toString()).isZero();
  }

  @Test
  @Order(16)
  void anotherMachineAtAnAddressIsRefused() throws IOException {
    Path file = CLUSTER.playground.clusterFile();
    String text = Files.readString(file);
    Map<String, String> addresses = new HashMap<>();
    CLUSTER
        .playground
        .hosts()
        .forEach(host -> addresses.put(host.name().value(), host.address().value()));
    String w1 = "w1: " + addresses.get("w1");
    String w2 = "w2: " + addresses.get("w2");
    try {
      Files.writeString(
          file,
          text.replace(w1, "w1: " + addresses.get("w2")).replace(w2, "w2: " + addresses.get("w1")));
      Result apply = CLUSTER.mainstay("apply", "--yes");
      assertThat(apply.exit()).as(apply.toString()).isEqualTo(4);
      assertThat(apply.err()).contains("w1 (" + addresses.get("w2") + ")", "another machine");
      assertThat(apply.err().split("SHA256:", -1)).as("both fingerprints").hasSizeGreaterThan(2);
    } finally {
      Files.writeString(file, text);
    }
    CLUSTER.applyChangesNothing();
  }

  @Test
  @Order(20)
  void resetGivesTheHostsBackAsTheyWere() {
    assertThat(CLUSTER.mainstay("reset").exit()).as("asks first").isEqualTo(2);
    // a host that was off and on has its disk mounted anew, with other inodes
    Map<String, String> inode = new HashMap<>();
    all().forEach(host -> inode.put(host, CLUSTER.on(host, "stat -c %i /etc/hosts")));
    Result reset = CLUSTER.mainstay("reset", "--yes");
    assertThat(reset.exit()).as(reset.toString()).isZero();
    for (String host : all()) {
      assertThat(CLUSTER.on(host, SNAPSHOT)).as(host).isEqualTo(BEFORE.get(host));
      assertThat(CLUSTER.on(host, "stat -c %i /etc/hosts")).isEqualTo(inode.get(host));
    }
    assertThat(CLUSTER.mainstay("reset", "--yes").out()).contains("nothing to reset");
  }
}
