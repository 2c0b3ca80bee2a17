package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.Address;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StaticPodTest {
  private static final Address NEW = new Address("10.77.0.51");

  /** As kubeadm 1.36 writes it with our patches, shortened. */
  static final String APISERVER =
      """
      apiVersion: v1
      kind: Pod
      metadata:
        annotations:
          kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 10.77.0.11:6443
        name: kube-apiserver
      spec:
        containers:
        - command:
          - kube-apiserver
          - --advertise-address=10.77.0.11
          - --etcd-servers=https://127.0.0.1:2379
          image: registry.k8s.io/kube-apiserver:v1.36.3
          livenessProbe:
            httpGet:
              host: 127.0.0.1
              path: /livez
              port: probe-port
          name: kube-apiserver
          readinessProbe:
            httpGet:
              host: 127.0.0.1
              path: /readyz
        hostNetwork: true
      status: {}
      """;

  static final String ETCD =
      """
      apiVersion: v1
      kind: Pod
      metadata:
        annotations:
          kubeadm.kubernetes.io/etcd.advertise-client-urls: https://m1.demo.internal:2379
        name: etcd
      spec:
        containers:
        - command:
          - etcd
          - --initial-cluster=m1.demo.internal=https://10.77.0.11:2380
          - --initial-cluster-state=existing
          name: etcd
          volumeMounts:
          - mountPath: /var/lib/etcd
            name: etcd-data
          - mountPath: /etc/hosts
            name: host-hosts
            readOnly: true
        volumes:
        - hostPath:
            path: /var/lib/etcd
            type: DirectoryOrCreate
          name: etcd-data
        - hostPath:
            path: /etc/hosts
            type: File
          name: host-hosts
      """;

  @Test
  void whatFitsIsLeftAlone() {
    assertThat(StaticPod.apiserver(APISERVER, new Address("10.77.0.11"))).isEmpty();
    assertThat(StaticPod.etcd(ETCD, "m1.demo.internal")).isEmpty();
    assertThat(StaticPod.etcdThatFoundsNothing(ETCD)).isEmpty();
  }

  @Test
  void anApiserverGetsItsNewAddressAndKeepsEverythingElse() {
    String amended = StaticPod.apiserver(APISERVER, NEW).orElseThrow();
    assertThat(amended)
        .contains("--advertise-address=10.77.0.51")
        .contains("advertise-address.endpoint: 10.77.0.51:6443")
        .contains("--etcd-servers=https://127.0.0.1:2379", "port: probe-port", "hostNetwork: true")
        .doesNotContain("10.77.0.11");
    assertThat(StaticPod.apiserver(amended, NEW)).isEmpty();
    assertThat(StaticPod.apiserver(amended, new Address("10.77.0.11")))
        .hasValueSatisfying(back -> assertThat(back).doesNotContain("10.77.0.51"));
  }

  @Test
  void probesAskOnLoopback() {
    String amended =
        StaticPod.apiserver(
                APISERVER
                    .replace(
                        "          host: 127.0.0.1\n        path: /livez", "        path: /livez")
                    .replace("host: 127.0.0.1", "host: 10.77.0.11"),
                new Address("10.77.0.11"))
            .orElseThrow();
    assertThat(amended).doesNotContain("host: 10.77.0.11");
    assertThat(amended.split("host: 127.0.0.1", -1)).hasSize(3);
  }

  @Test
  void etcdGetsTheHostsFileAndItsNameBack() {
    String bare =
        ETCD.replace(
                """
                    - mountPath: /etc/hosts
                      name: host-hosts
                      readOnly: true
                """,
                "")
            .replace(
                """
                  - hostPath:
                      path: /etc/hosts
                      type: File
                    name: host-hosts
                """,
                "")
            .replace("m1.demo.internal:2379", "10.77.0.11:2379");
    assertThat(bare).doesNotContain("host-hosts");
    String amended = StaticPod.etcd(bare, "m1.demo.internal").orElseThrow();
    assertThat(amended)
        .contains("mountPath: /etc/hosts", "type: File", "https://m1.demo.internal:2379")
        .contains("--initial-cluster=m1.demo.internal=https://10.77.0.11:2380");
    assertThat(StaticPod.etcd(amended, "m1.demo.internal")).isEmpty();
  }

  @Test
  void theFirstMastersEtcdNeverFoundsASecondCluster() {
    String existing = "    - --initial-cluster-state=existing\n";
    String asKubeadmWroteIt = ETCD.replace(existing, "");
    assertThat(asKubeadmWroteIt).doesNotContain("cluster-state");
    for (String before : List.of(asKubeadmWroteIt, ETCD.replace("state=existing", "state=new"))) {
      String amended = StaticPod.etcdThatFoundsNothing(before).orElseThrow();
      assertThat(amended).containsOnlyOnce("--initial-cluster-state=").contains(existing);
      assertThat(StaticPod.etcdThatFoundsNothing(amended)).isEmpty();
    }
  }

  @Test
  void whatIsNoManifestIsLeftAlone() {
    for (String torn : new String[] {"", "{", "- a\n", "kind: Pod\n", "null"}) {
      assertThat(StaticPod.apiserver(torn, NEW)).as(torn).isEmpty();
      assertThat(StaticPod.etcd(torn, "m1.demo.internal")).as(torn).isEmpty();
      assertThat(StaticPod.etcdThatFoundsNothing(torn)).as(torn).isEmpty();
    }
  }
}
