package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.e2e.Program.Result;
import dev.mainstay.model.Address;
import dev.mainstay.model.NodeName;
import dev.mainstay.playground.PlaygroundProgress;
import dev.mainstay.playground.PlaygroundSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;

/**
 * Hosts get new addresses in every way that happens to people, and what others do to the files that
 * hold the names is found and repaired: with the certificates that the cluster was born with.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class MoveE2E {
  private static final List<String> MASTERS = List.of("m1", "m2", "m3");
  private static final List<String> WORKERS = List.of("w1", "w2");
  private static final Cluster CLUSTER = new Cluster("move");
  private static final Map<String, String> BORN_WITH = new TreeMap<>();
  private static final String ENDPOINTS =
      "get endpointslices -n default -l kubernetes.io/service-name=kubernetes"
          + " -o jsonpath='{.items[*].endpoints[*].addresses[*]}'";

  @BeforeAll
  static void makeCluster() {
    CLUSTER.down();
    CLUSTER.playground.up(
        PlaygroundSpec.DEFAULT.withMasters(3).withWorkers(2), PlaygroundProgress.SILENT);
    CLUSTER.applyTwice();
    all().forEach(host -> BORN_WITH.put(host, certificates(host)));
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

  /** Every certificate and key of a host, by other means than the program's. */
  private static String certificates(String host) {
    return CLUSTER.on(
        host,
        """
        cd /etc/kubernetes
        for file in *.conf; do echo "$file $(grep -- -data: $file | md5sum)"; done
        find pki -type f 2>/dev/null | sort | xargs -r md5sum
        md5sum /var/lib/kubelet/pki/kubelet.*
        """);
  }

  private static Map<String, String> addresses() {
    Map<String, String> addresses = new LinkedHashMap<>();
    CLUSTER
        .playground
        .hosts()
        .forEach(host -> addresses.put(host.name().value(), host.address().value()));
    return addresses;
  }

  /** The host's address in the same network, {@code by} further. */
  private static String further(String host, int by) {
    String address = addresses().getOrDefault(host, "");
    int dot = address.lastIndexOf('.');
    return address.substring(0, dot + 1) + (Integer.parseInt(address.substring(dot + 1)) + by);
  }

  /** Every host's address, in network {@code 10.77.NUMBER.0/24}. */
  private static Map<String, String> inNetwork(int number) {
    Map<String, String> to = new LinkedHashMap<>();
    addresses()
        .forEach((host, address) ->
            to.put(host, "10.77." + number + address.substring(address.lastIndexOf('.'))));
    return to;
  }

  /** Moves hosts at the same moment and edits the file. */
  private static void move(Map<String, String> to) {
    Map<NodeName, Address> addresses = new HashMap<>();
    to.forEach((host, address) -> addresses.put(new NodeName(host), new Address(address)));
    CLUSTER.playground.move(addresses, true);
  }

  private static Result apply() {
    Result result = CLUSTER.mainstay("apply", "--yes", "-o", "json");
    assertThat(result.exit()).as(result.toString()).isZero();
    return result;
  }

  /** Everything that must hold after a move from {@code before}. */
  private static void isSettledAfter(Map<String, String> before) {
    CLUSTER.applyChangesNothing();
    Map<String, String> now = addresses();
    JsonNode status = CLUSTER.isHealthy();
    assertThat(status.path("problems").size()).as(status.toString()).isZero();
    assertThat(
            CLUSTER
                .kubectl(
                    "get nodes -o jsonpath='{range .items[*]}{.metadata.name}"
                        + " {.status.addresses[?(@.type==\"InternalIP\")].address}{\"\\n\"}{end}'")
                .lines())
        .containsExactlyInAnyOrderElementsOf(
            all().stream().map(host -> host + ".move.internal " + now.get(host)).toList());
    String gone =
        before.values().stream()
            .filter(old -> !now.containsValue(old))
            .map(old -> "( src %1$s or dst %1$s )".formatted(old))
            .collect(Collectors.joining(" or "));
    for (String host : all()) {
      assertThat(certificates(host)).as("certificates of " + host).isEqualTo(BORN_WITH.get(host));
      if (!gone.isEmpty()) {
        assertThat(CLUSTER.on(host, "ss -Htn state connected exclude time-wait '" + gone + "'"))
            .as("connections of " + host + " to old addresses")
            .isEmpty();
      }
    }
    assertThat(CLUSTER.kubectl(ENDPOINTS).strip().split(" ", -1))
        .containsExactlyInAnyOrderElementsOf(MASTERS.stream().map(now::get).toList());
    assertThat(
            CLUSTER.kubectl(
                "get nodes -o"
                    + " jsonpath='{.items[*].metadata.annotations.flannel\\.alpha\\.coreos\\.com/public-ip}'"))
        .contains(now.values());
  }

  @Test
  @Order(1)
  void oneWorker() {
    Map<String, String> before = addresses();
    move(Map.of("w1", further("w1", 40)));
    Result plan = CLUSTER.mainstay("plan", "-o", "json");
    assertThat(plan.exit()).isEqualTo(10);
    assertThat(plan.out()).contains("\"workers/move/w1\"", "ADDRESS_CHANGED");
    assertThat(plan.out()).doesNotContain("masters/amend");
    Result applied = apply();
    JsonNode proof = applied.json().path("certificates");
    assertThat(proof.path("compared").asInt()).isGreaterThan(80);
    assertThat(proof.path("changed").asInt(-1)).isZero();
    assertThat(proof.path("fingerprints").get(0).path("before").asString(""))
        .hasSize(64)
        .isEqualTo(proof.path("fingerprints").get(0).path("after").asString(""));
    isSettledAfter(before);
  }

  @Test
  @Order(2)
  void oneMasterWhileTheOthersStayAndItIsTheLeader() {
    String leader = CLUSTER.status().path("etcd").path("leader").asString("");
    Map<String, String> before = addresses();
    move(Map.of(leader, further(leader, 40)));
    Result applied = apply();
    assertThat(applied.out()).contains("masters/amend/" + leader);
    assertThat(MASTERS.stream().filter(master -> applied.out().contains("masters/amend/" + master)))
        .containsExactly(leader);
    isSettledAfter(before);
  }

  @Test
  @Order(3)
  void everyHostAtTheSameMomentToAnotherNetwork() {
    Map<String, String> before = addresses();
    move(inNetwork(61));
    // the plan knows how long it took the leader
    assertThat(CLUSTER.mainstay("plan").out())
        .containsPattern("ADDRESS_CHANGED, disrupts: node, took \\d+\\.\\d s before");
    apply();
    isSettledAfter(before);
    // an export of before leads nowhere; a new one leads to the masters
    String kubeconfig = CLUSTER.mainstay("kubeconfig").out();
    assertThat(kubeconfig).contains(addresses().get("m1")).doesNotContain(before.get("m1"));
  }

  @Tag("long")
  @Test
  @Order(4)
  void switchedOffMovedAndSwitchedOn() {
    Map<String, String> before = addresses();
    all().forEach(host -> CLUSTER.playground.stop(new NodeName(host)));
    move(inNetwork(62));
    all().parallelStream().forEach(host -> CLUSTER.playground.start(new NodeName(host)));
    apply();
    isSettledAfter(before);
  }

  @Test
  @Order(5)
  void aMasterAndAWorkerSwapTheirAddresses() {
    Map<String, String> before = addresses();
    move(Map.of("m3", before.get("w2"), "w2", before.get("m3")));
    apply();
    isSettledAfter(before);
  }

  @Test
  @Order(6)
  void aMoveThatIsKilledGoesOn() throws IOException {
    Map<String, String> before = addresses();
    move(inNetwork(63));
    for (String step : List.of("hosts/configure", "masters/amend", "workers/move")) {
      CLUSTER.killWhen(step);
    }
    // a step outlives its control machine, so that the last of these may find nothing left to do
    apply();
    isSettledAfter(before);
  }

  @Tag("long")
  @Test
  @Order(7)
  void hostsThatStaySilentAreReportedAndSkipped() {
    Map<String, String> before = addresses();
    NodeName worker = new NodeName("w2");
    NodeName master = new NodeName("m2");
    CLUSTER.playground.cut(worker);
    CLUSTER.playground.cut(master);
    move(inNetwork(64));
    Result applied = CLUSTER.mainstay("apply", "--yes", "-o", "json");
    assertThat(applied.exit()).as(applied.toString()).isEqualTo(1);
    assertThat(applied.err()).contains("m2 (", "w2 (", "no answer");
    JsonNode status = CLUSTER.status();
    assertThat(status.path("state").asString("")).isEqualTo("degraded");
    assertThat(status.path("etcd").path("healthy").asInt()).isEqualTo(2);
    // nobody was told of an address at which the node did not prove itself
    assertThat(CLUSTER.on("w1", "grep m2.move.internal /etc/hosts")).contains(before.get("m2"));
    CLUSTER.playground.heal(worker);
    CLUSTER.playground.heal(master);
    apply();
    isSettledAfter(before);
  }

  @Test
  @Order(8)
  void driftOfNamesIsFoundAndRepaired() {
    CLUSTER.on(
        "m1",
        "sed -i 's/ w1.move.internal w1$/ w1.move.internal w9/' /etc/hosts"); // another inode, too
    CLUSTER.on("m2", "printf '127.0.0.1 localhost\\n127.0.1.1 m2\\n' > /etc/hosts");
    CLUSTER.on(
        "m3",
        "sed -n '/BEGIN mainstay/,/END mainstay/p' /etc/hosts > /run/b; cat /run/b >> /etc/hosts");
    CLUSTER.on(
        "w1",
        "mkdir -p /etc/cloud/cloud.cfg.d; echo 'manage_etc_hosts: true' >"
            + " /etc/cloud/cloud.cfg.d/50-user.cfg");
    CLUSTER.on("w2", "systemctl stop mainstay-proxy");
    Result status = CLUSTER.mainstay("status", "-o", "json");
    assertThat(status.exit()).isEqualTo(11);
    assertThat(status.out())
        .contains(
            "etcd sees an old /etc/hosts",
            "hosts block is old",
            "hosts block is missing",
            "its local proxy does not run",
            "99-zz-mainstay-hosts.cfg is missing");
    Result applied = apply();
    assertThat(applied.out()).contains("masters/amend/m1", "STATIC_POD_DIFFERS");
    for (String master : MASTERS) {
      assertThat(
              CLUSTER.on(
                  master,
                  "stat -L -c %i /proc/$(pgrep -x etcd)/root/etc/hosts /etc/hosts | uniq | wc -l"))
          .isEqualTo("1\n");
    }
    assertThat(CLUSTER.on("m2", "cat /etc/hosts")).contains("#mainstay# 127.0.1.1 m2");
    assertThat(CLUSTER.on("w1", "cat /etc/cloud/cloud.cfg.d/99-zz-mainstay-hosts.cfg"))
        .contains("manage_etc_hosts: false");
    isSettledAfter(Map.of());
  }

  @Test
  @Order(9)
  void driftOfProxiesKubeconfigsAndStaticPodsIsFoundAndRepaired() {
    // the file is right again, but what runs leads elsewhere
    CLUSTER.on(
        "w1",
        """
        cp /etc/mainstay/haproxy.cfg /run/right
        sed -i '/server m3 /d' /etc/mainstay/haproxy.cfg; systemctl reload mainstay-proxy
        # a reload returns before HAProxy has read its file
        for try in $(seq 100); do
          servers=$(echo 'show servers state masters' | socat - UNIX-CONNECT:/run/mainstay-proxy/admin.sock) || true
          case $servers in *" m2 "*" m3 "*) sleep 0.1 ;; *" m2 "*) break ;; *) sleep 0.1 ;; esac
        done
        cp /run/right /etc/mainstay/haproxy.cfg
        """);
    CLUSTER.on("m1", "sed -i 's/127.0.0.1:6443/m2.move.internal:6443/' /etc/mainstay/haproxy.cfg");
    CLUSTER.on(
        "m2",
        "sed -i 's|server: .*|server: https://m3.move.internal:6443|'"
            + " /etc/kubernetes/scheduler.conf");
    CLUSTER.on(
        "w2",
        "sed -i 's|server: .*|server: https://m1.move.internal:6443|'"
            + " /etc/kubernetes/kubelet.conf");
    CLUSTER.on(
        "m3",
        """
        rm /etc/mainstay/patches/etcd0+strategic.yaml
        sed -i '/host: 127.0.0.1/d' /etc/kubernetes/manifests/kube-apiserver.yaml
        """);
    Result status = CLUSTER.mainstay("status", "-o", "json");
    assertThat(status.out())
        .as(status.toString())
        .contains(
            "its running local proxy leads to",
            "/etc/mainstay/haproxy.cfg is missing, old or was changed",
            "scheduler.conf leads elsewhere",
            "kubelet.conf leads elsewhere",
            "etcd0+strategic.yaml is missing",
            "kube-apiserver's manifest has another address or other probes");
    apply();
    assertThat(
            CLUSTER.on(
                "w1",
                "echo 'show servers state masters' | socat -"
                    + " UNIX-CONNECT:/run/mainstay-proxy/admin.sock"))
        .contains(" m3 ");
    assertThat(
            CLUSTER.on(
                "m3", "grep -c 'host: 127.0.0.1' /etc/kubernetes/manifests/kube-apiserver.yaml"))
        .isEqualTo("3\n");
    isSettledAfter(Map.of());
  }

  @Test
  @Order(10)
  void aHostThatRebootsWithATornHostsFileHealsBeforeKubeletStarts() {
    String whole = CLUSTER.on("m1", "cat /etc/hosts");
    NodeName host = new NodeName("m1");
    CLUSTER.on("m1", "truncate -s 40 /etc/hosts; sync");
    CLUSTER.playground.stop(host);
    CLUSTER.playground.start(host);
    assertThat(CLUSTER.on("m1", "cat /etc/hosts")).isEqualTo(whole);
    assertThat(CLUSTER.on("m1", "systemctl show -p Before --value mainstay-hosts.service"))
        .contains("kubelet.service", "mainstay-proxy.service");
    apply();
    isSettledAfter(Map.of());
  }
}
