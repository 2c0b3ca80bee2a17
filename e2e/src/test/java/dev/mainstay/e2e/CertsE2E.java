package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.e2e.Program.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/**
 * Certificates on a real cluster: listed, renewed under load, ended on one master and on all of
 * them, by really short lives and not by a moved clock: Go's programs ask the kernel for the time.
 */
@Order(SteadyCluster.ORDER + 1)
@ExtendWith(SteadyCluster.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class CertsE2E {
  private static final Cluster CLUSTER = SteadyCluster.CLUSTER;
  private static final List<String> MASTERS = SteadyCluster.MASTERS;
  private static final List<String> NODES = SteadyCluster.NODES;

  private static JsonNode list() {
    Result list = CLUSTER.mainstay("certs", "list", "-o", "json");
    assertThat(list.exit()).as(list.toString()).isZero();
    return list.json();
  }

  private static void validity(String validity) throws IOException {
    Path file = CLUSTER.playground.clusterFile();
    String text = Files.readString(file).replaceAll("(?m)^certificates: .*\n", "");
    Files.writeString(
        file, validity.isEmpty() ? text : text + "certificates: {validity: " + validity + "}\n");
  }

  /** What must not be restarted, on every master. */
  private static List<String> containers() {
    List<String> ids = new ArrayList<>();
    for (String master : MASTERS) {
      ids.add(CLUSTER.on(master, "crictl ps -q --name '^(etcd|kube-apiserver)$' | sort"));
    }
    return ids;
  }

  private static String authorities(String master) {
    return CLUSTER.on(
        master, "cd /etc/kubernetes/pki; sha256sum ca.* etcd/ca.* front-proxy-ca.* sa.*");
  }

  @Test
  @Order(1)
  void everyCertificateIsListedWithWhatItsPortServes() throws IOException {
    JsonNode list = list();
    List<String> names = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (JsonNode row : list.path("certificates")) {
      names.add(row.path("node").asString("") + " " + row.path("name").asString(""));
      assertThat(row.path("state").asString("")).as(row.toString()).isEqualTo("valid");
      for (JsonNode served : row.path("served")) {
        ports.add(served.path("port").asInt());
        assertThat(served.path("match").asString("")).as(row.toString()).isEqualTo("same");
      }
    }
    assertThat(names)
        .contains("m1 super-admin.conf", "m2 apiserver", "m3 etcd-peer", "w1 kubelet-client")
        .contains("m1 etcd-ca", "w1 kubelet-server")
        .hasSize(16 + 15 + 15 + 3);
    assertThat(ports).hasSize(3 * 4 + 1).contains(6443, 2379, 2380, 10250);
    assertThat(list.path("problems")).isEmpty();
    Path metrics = CLUSTER.playground.clusterFile().resolveSibling("certs.prom");
    assertThat(CLUSTER.mainstay("certs", "list", "--prometheus", metrics.toString()).exit())
        .isZero();
    assertThat(Files.readString(metrics))
        .contains(
            "mainstay_certificates_host_seen{cluster=\""
                + SteadyCluster.NAME
                + "\",node=\"w1\"} 1");
  }

  @Test
  @Order(2)
  void everythingIsRenewedWithoutALostRequestOrARestartOfEtcdOrTheApi() {
    List<String> containers = containers();
    List<String> authorities = MASTERS.stream().map(CertsE2E::authorities).toList();
    CLUSTER.on("m2", "mkdir -p /root/.kube; cp /etc/kubernetes/admin.conf /root/.kube/config");
    CLUSTER.on("m3", "mkdir -p /root/.kube; echo mine > /root/.kube/config");
    Load load = Load.start(CLUSTER, "w1");
    Result renew = CLUSTER.mainstay("certs", "renew", "--all", "--yes", "-o", "json");
    Load.Tally tally = load.stop();
    System.out.printf(
        "e2e: all certificates of three masters renewed in %.1f s, %d requests, %d failed%n",
        renew.elapsed().toMillis() / 1000.0, tally.sent(), tally.failed());
    assertThat(renew.exit()).as(renew.toString()).isZero();
    assertThat(tally.failed()).isZero();
    assertThat(tally.sent()).isGreaterThan(60);
    assertThat(containers()).isEqualTo(containers);
    assertThat(MASTERS.stream().map(CertsE2E::authorities).toList()).isEqualTo(authorities);
    CLUSTER.on("m2", "cmp /root/.kube/config /etc/kubernetes/admin.conf");
    assertThat(CLUSTER.on("m3", "cat /root/.kube/config")).isEqualTo("mine\n");
    assertThat(CLUSTER.on("m1", "stat -c %a /var/lib/mainstay/backup").strip()).isEqualTo("700");
    for (JsonNode row : list().path("certificates")) {
      for (JsonNode served : row.path("served")) {
        assertThat(served.path("match").asString("")).as(row.toString()).isEqualTo("same");
      }
    }
    nothingIsDue();
  }

  /** A second run changes nothing, and neither does apply. */
  private static void nothingIsDue() {
    Result again = CLUSTER.mainstay("certs", "renew", "--yes", "-o", "json");
    assertThat(again.exit()).as(again.toString()).isZero();
    assertThat(again.json().path("changes").asInt(-1)).as(again.out()).isZero();
    CLUSTER.applyChangesNothing();
  }

  @Test
  @Order(3)
  void aMasterWhoseCertificatesEndIsOutOfRotationAndApplyBringsItBack() throws IOException {
    // by hand, because Mainstay renews all masters alike
    CLUSTER.on(
        "m3",
        """
        cat > /root/short.yaml <<'EOF'
        apiVersion: kubeadm.k8s.io/v1beta4
        kind: ClusterConfiguration
        kubernetesVersion: v1.36.3
        encryptionAlgorithm: ECDSA-P256
        certificateValidityPeriod: 20s
        EOF
        kubeadm certs renew all --config /root/short.yaml
        """);
    String seen =
        CLUSTER.on(
            "w1",
            """
            end=$(($(date +%s) + 60))
            until echo 'show stat' | socat - UNIX-CONNECT:/run/mainstay-proxy/admin.sock | grep '^masters,m3,' | cut -d, -f18 | grep -q DOWN; do
              [ $(date +%s) -lt $end ] || exit 1
              sleep 0.05
            done
            date +%s%3N
            """);
    long ended =
        Instant.parse(
                CLUSTER
                    .on(
                        "m3",
                        "date -u -d \"$(openssl x509 -noout -enddate -in"
                            + " /etc/kubernetes/pki/apiserver.crt | cut -d= -f2)\""
                            + " +%Y-%m-%dT%H:%M:%SZ")
                    .strip())
            .toEpochMilli();
    double seconds = (Long.parseLong(seen.strip()) - ended) / 1000.0;
    System.out.printf("e2e: an ended master out of rotation after %.2f s%n", seconds);
    // a certificate counts until the end of its last second, and two cores are shared
    assertThat(seconds).isLessThan(3.5);
    Result plan = CLUSTER.mainstay("plan", "-o", "json");
    assertThat(plan.exit()).as(plan.toString()).isEqualTo(10);
    assertThat(plan.out())
        .contains("certificates/renew/m3", "CERTIFICATE_ENDED")
        .doesNotContain("certificates/renew/m1", "cluster/addons");
    List<String> containers = containers();
    CLUSTER.applyTwice();
    assertThat(containers()).isEqualTo(containers);
    CLUSTER.isHealthy(Duration.ofSeconds(30));
  }

  @Test
  @Order(4)
  void aClusterWhoseCertificatesHaveAllEndedIsRecoveredByApply() throws IOException {
    validity("30s");
    // that it cannot look at the whole once certificates end again is not the matter here
    CLUSTER.mainstay("certs", "renew", "--all", "--yes");
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> {
          for (JsonNode row : list().path("certificates")) {
            if (row.path("name").asString("").equals("apiserver")
                && !row.path("state").asString("").equals("ended")) {
              return false;
            }
          }
          return true;
        });
    for (String node : NODES) {
      endKubelet(node);
    }
    JsonNode status = CLUSTER.status();
    assertThat(status.path("state").asString("")).isEqualTo("down");
    assertThat(status.path("problems").toString())
        .contains("a certificate ended", "run mainstay certs renew");
    validity("");
    Result plan = CLUSTER.mainstay("plan");
    assertThat(plan.out())
        .contains("m1: renew kubelet's client certificate", "nobody is waited for")
        .doesNotContain("NETWORK_DIFFERS");
    List<String> containers = containers();
    Result recovered = CLUSTER.mainstay("apply", "--yes", "-o", "json");
    assertThat(recovered.exit()).as(recovered.toString()).isZero();
    System.out.printf(
        "e2e: an ended cluster recovered in %.1f s%n", recovered.elapsed().toMillis() / 1000.0);
    assertThat(containers()).isEqualTo(containers);
    nothingIsDue();
    assertThat(CLUSTER.kubectl("get nodes --no-headers").lines())
        .hasSize(4)
        .allMatch(line -> line.contains(" Ready "));
    CLUSTER.isHealthy();
  }

  /**
   * Gives a kubelet a certificate that ends at once, and starts it with that, as after a reboot.
   */
  private static void endKubelet(String node) {
    String pair =
        CLUSTER.on(
            "m1",
            """
            config=$(kubeadm kubeconfig user --config /root/user.yaml --client-name system:node:%s.steady.internal \\
              --org system:nodes --validity-period 1s)
            for part in client-certificate-data client-key-data; do
              printf '%%s\\n' "$config" | sed -n "s/^ *$part: //p" | base64 -d
            done
            """
                .formatted(node)
                .replace(
                    "config=$(",
                    """
                    cat > /root/user.yaml <<'EOF'
                    apiVersion: kubeadm.k8s.io/v1beta4
                    kind: ClusterConfiguration
                    kubernetesVersion: v1.36.3
                    controlPlaneEndpoint: api.steady.internal:7443
                    EOF
                    config=$(\
                    """));
    CLUSTER.on(
        node,
        "cat > /var/lib/kubelet/pki/kubelet-client-current.pem.new <<'EOF'\n"
            + pair
            + "EOF\n"
            + "cd /var/lib/kubelet/pki; rm kubelet-client-current.pem;"
            + " mv kubelet-client-current.pem.new kubelet-client-current.pem;"
            + " systemctl restart kubelet");
  }
}
