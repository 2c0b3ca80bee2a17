package dev.mainstay.cluster;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ClusterApiTest {
  private static final String NODES =
      """
      {"apiVersion":"v1","kind":"List","items":[
       {"apiVersion":"v1","kind":"Node","metadata":{"name":"m1.demo.internal"},
        "status":{"addresses":[{"address":"10.77.0.11","type":"InternalIP"},
                               {"address":"m1.demo.internal","type":"Hostname"}],
         "conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"True"}],
         "nodeInfo":{"kubeletVersion":"v1.36.3"}}},
       {"apiVersion":"v1","kind":"Node","metadata":{"name":"m2.demo.internal"},
        "status":{"conditions":[{"type":"Ready","status":"Unknown"}]}}]}
      """;
  private static final String WORKLOADS =
      """
      {"apiVersion":"v1","kind":"List","items":[
       {"kind":"DaemonSet","metadata":{"name":"kube-proxy"},
        "status":{"desiredNumberScheduled":3,"numberReady":2}},
       {"kind":"Deployment","metadata":{"name":"coredns"},"spec":{"replicas":2},"status":{"readyReplicas":2}},
       {"kind":"Deployment","metadata":{"name":"starting"},"spec":{"replicas":2},"status":{}}]}
      """;
  private static final String MEMBERS =
      """
      {"header":{"cluster_id":14841639068965178418,"member_id":10276657743932975437,"raft_term":3},
       "members":[
        {"ID":10276657743932975437,"name":"m1.demo.internal","peerURLs":["https://m1.demo.internal:2380"],
         "clientURLs":["https://m1.demo.internal:2379"]},
        {"ID":18446744073709551615,"name":"m2.demo.internal","peerURLs":["https://10.77.0.12:2380"],
         "clientURLs":["https://m2.demo.internal:2379"],"isLearner":true},
        {"ID":42,"peerURLs":["https://10.77.0.13:2380"]}]}
      """;
  private static final String ETCD_STATUS =
      """
      [{"Endpoint":"https://m1.demo.internal:2379","Status":{"header":{"cluster_id":14841639068965178418,
        "member_id":10276657743932975437,"revision":100,"raft_term":3},"version":"3.6.8",
        "leader":10276657743932975437,"raftIndex":1234}},
       {"Endpoint":"https://m2.demo.internal:2379","Status":{"header":{"member_id":18446744073709551615},
        "leader":10276657743932975437,"isLearner":true}}]
      """;

  /** One part of an answer, as cluster.sh prints it. */
  static String line(String key, String content) {
    return key
        + " "
        + Base64.getEncoder().encodeToString(content.getBytes(StandardCharsets.UTF_8))
        + "\n";
  }

  /** All that a master says. */
  static final String WHOLE =
      line("nodes", NODES)
          + line("workloads", WORKLOADS)
          + line(
              "network",
              """
              {"kind":"List","items":[{"kind":"DaemonSet","metadata":{"name":"kube-flannel-ds"},
                "status":{"desiredNumberScheduled":3,"numberReady":3}}]}
              """)
          + line(
              "endpoints",
              """
              {"kind":"List","items":[{"endpoints":[{"addresses":["10.77.0.11"]}]}]}
              """)
          + line(
              "description",
              "{\"kind\":\"ConfigMap\",\"data\":{\"cluster.json\":\"{\\\"name\\\":1}\"}}")
          + line("corefile", ".:53 {\n}\n")
          + line("members", MEMBERS)
          + line("etcd-status", ETCD_STATUS);

  private static ClusterApi parsed() {
    return ClusterApi.parse(WHOLE).orElseThrow();
  }

  @Test
  void readsNodes() {
    assertThat(parsed().nodes())
        .containsExactly(
            new ClusterApi.KubeNode(
                "m1.demo.internal", true, "v1.36.3", "10.77.0.11", "", "", false),
            new ClusterApi.KubeNode("m2.demo.internal", false, "", "", "", "", false));
    assertThat(parsed().node("m2.demo.internal")).isPresent();
    assertThat(parsed().node("m2")).isEmpty();
  }

  @Test
  void readsWorkloads() {
    assertThat(parsed().workloads())
        .containsExactly(
            new ClusterApi.Workload("DaemonSet", "kube-proxy", 3, 2),
            new ClusterApi.Workload("Deployment", "coredns", 2, 2),
            new ClusterApi.Workload("Deployment", "starting", 2, 0),
            new ClusterApi.Workload("DaemonSet", "kube-flannel-ds", 3, 3));
  }

  @Test
  void readsMembersWithIdsOf64UnsignedBits() {
    assertThat(parsed().members())
        .containsExactly(
            new ClusterApi.Member(
                "10276657743932975437",
                "m1.demo.internal",
                List.of("https://m1.demo.internal:2380"),
                false,
                true,
                true),
            new ClusterApi.Member(
                "18446744073709551615",
                "m2.demo.internal",
                List.of("https://10.77.0.12:2380"),
                true,
                true,
                false),
            new ClusterApi.Member(
                "42", "", List.of("https://10.77.0.13:2380"), false, false, false));
  }

  @Test
  void aMemberWithoutALeaderIsNotHealthy() {
    ClusterApi api =
        ClusterApi.parse(
                WHOLE
                    + line(
                        "etcd-status",
                        "[{\"Status\":{\"header\":{\"member_id\":42},\"leader\":0}},"
                            + "{\"Status\":null}]"))
            .orElseThrow();
    assertThat(api.members()).noneMatch(ClusterApi.Member::healthy);
    assertThat(api.members()).noneMatch(ClusterApi.Member::leader);
  }

  @Test
  void seesThatAnotherEtcdClusterAnswersAtTheSamePlace() {
    ClusterApi api =
        ClusterApi.parse(
                WHOLE
                    + line(
                        "members",
                        "{\"header\":{\"cluster_id\":13837058055282163712},\"members\":[{\"ID\":1,"
                            + "\"name\":\"m1.demo.internal\"}]}")
                    + line(
                        "etcd-status",
                        "[{\"Endpoint\":\"https://m1.demo.internal:2379\",\"Status\":{\"header\":"
                            + "{\"cluster_id\":13837058055282163712,\"revision\":700},\"leader\":1}},"
                            + "{\"Endpoint\":\"https://m2.demo.internal:2379\",\"Status\":{\"header\":"
                            + "{\"cluster_id\":13837058055282163713,\"revision\":1000000100},\"leader\":2}},"
                            + "{\"Endpoint\":\"https://m3.demo.internal:2379\",\"Status\":null},"
                            + "{\"Endpoint\":\"https://m4.demo.internal:2379\",\"Status\":{\"header\":"
                            + "{\"cluster_id\":7,\"revision\":699},\"leader\":2}}]"))
            .orElseThrow();
    assertThat(api.strangers()).containsExactlyInAnyOrder("m2.demo.internal", "m4.demo.internal");
    assertThat(api.revision()).isEqualTo(700);
    assertThat(api.newer()).as("as a recovery raised it").containsExactly("m2.demo.internal");
    assertThat(parsed().strangers()).isEmpty();
    assertThat(parsed().newer()).isEmpty();
  }

  @Test
  void readsDescriptionAndCorefile() {
    assertThat(parsed().description()).isEqualTo("{\"name\":1}");
    assertThat(parsed().dns().corefile()).isEqualTo(".:53 {\n}\n");
  }

  private static ClusterApi.Dns dns(String coredns, String... nodes) {
    return ClusterApi.parse(
            WHOLE
                + line("dns-nodes", "a\na\n")
                + line("workloads", "{\"items\":[%s]}".formatted(coredns))
                + line("nodes", "{\"items\":[%s]}".formatted(String.join(",", nodes))))
        .orElseThrow()
        .dns();
  }

  @Test
  void readsWhereThePodsOfDnsAreAndCouldBe() {
    String node = "{\"metadata\":{\"name\":\"%s\"},\"spec\":{%s}}";
    String taint = "\"taints\":[{\"key\":\"%s\",\"effect\":\"%s\"}]";
    String[] nodes = {
      node.formatted("a", taint.formatted("node-role.kubernetes.io/control-plane", "NoSchedule")),
      node.formatted("b", "\"unschedulable\":true"),
      node.formatted("c", taint.formatted("node.kubernetes.io/unreachable", "NoExecute")),
      node.formatted("d", taint.formatted("x", "PreferNoSchedule")),
      node.formatted("e", ""),
    };
    String coredns =
        "{\"metadata\":{\"name\":\"coredns\"},\"spec\":{\"template\":{\"spec\":{%s}}}}";
    ClusterApi.Dns dns = dns(coredns.formatted(""), nodes);
    assertThat(dns.candidates()).containsExactly("a", "e");
    assertThat(dns.couldLeave("a", Set.of("e"))).isFalse();
    assertThat(dns.onlyNode()).contains("a");
    assertThat(dns.couldLeave("a", Set.of())).isTrue();
    assertThat(dns(coredns.formatted(""), nodes[0], nodes[1], nodes[2]).couldLeave("a", Set.of()))
        .isFalse();
    String linux = "\"nodeSelector\":{\"kubernetes.io/os\":\"linux\"}";
    assertThat(dns(coredns.formatted(linux), nodes).couldLeave("a", Set.of())).isTrue();
    String pinned = "\"nodeSelector\":{\"dns\":\"here\"}";
    assertThat(dns(coredns.formatted(pinned), nodes).onlyNode()).isEmpty();
    assertThat(parsed().dns().onlyNode()).isEmpty();
    String unbound = WHOLE + line("dns-nodes", "a\n\na\n");
    assertThat(ClusterApi.parse(unbound).orElseThrow().dns().nodes()).isEmpty();
  }

  @Test
  void whatWasNotToldIsNotWhatIsNotThere() {
    for (String part :
        List.of(
            "nodes", "workloads", "network", "endpoints", "description", "corefile", "members")) {
      String without =
          WHOLE.lines().filter(line -> !line.startsWith(part + " ")).collect(joining("\n"));
      assertThat(without).isNotEqualTo(WHOLE);
      assertThat(ClusterApi.parse(without)).as(part).isEmpty();
    }
    assertThat(ClusterApi.parse("")).isEmpty();
  }

  /** With holes the JDK would not see a cluster in the run that it learns from. */
  @Test
  void theRehearsalsHostAnswersWhole() throws Exception {
    Process host = new ProcessBuilder("bash", "../dev/rehearsal/host.sh").start();
    String said = new String(host.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(host.waitFor()).isZero();
    assertThat(ClusterApi.parse(said)).isPresent();
  }

  @Test
  void aListThatCannotBeReadIsNoList() {
    // the last one counts
    assertThat(ClusterApi.parse(WHOLE + line("nodes", "{\"items\":["))).isEmpty();
    assertThat(ClusterApi.parse(WHOLE + "members \n")).isEmpty();
  }

  @Test
  void whatACommandSaidNothingOfIsEmpty() {
    ClusterApi api =
        ClusterApi.parse(WHOLE + "workloads \nnetwork \ndescription \ncorefile \n").orElseThrow();
    assertThat(api.workloads()).isEmpty();
    assertThat(api.description()).isEmpty();
    assertThat(api.dns().corefile()).isEmpty();
  }

  @Test
  void anAnswerThatBrokeOffIsNone() {
    for (int cut = 0; cut < WHOLE.length(); cut += 37) {
      // whatever comes of it, it must not throw
      assertThat(ClusterApi.parse(WHOLE.substring(0, cut))).isNotNull();
    }
  }
}
