package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.NodeName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class HostFactsTest {
  static final String MASTER =
      """
      clock 1795450000500
      distribution debian-12
      architecture x86_64
      kernel 6.1.0-28-amd64
      init systemd
      hostname m1
      machine-id 0123456789abcdef0123456789abcdef
      cgroup 2
      cpus 4
      memory-mib 3924
      disk-free-mib 31337
      swap /dev/sda5
      swap /swapfile
      cap-sys-resource 1
      conntrack-writable 1
      nameservers 2
      listens 22 sshd
      listens 6443 kube-apiserver
      listens 7443 haproxy
      hosts-file %s
      node-json %s
      stage %s
      file aaaa /etc/mainstay/haproxy.cfg
      file bbbb /etc/crictl.yaml
      mode 644 /etc/crictl.yaml
      unit containerd active enabled
      unit kubelet activating enabled
      unit mainstay-proxy inactive disabled
      unsettled 1
      artifact 1111
      artifact 2222
      artifact 1111
      packages bash haproxy libc6 libc6\s

      trace /etc/kubernetes/kubelet.conf
      ca cccc
      cluster-endpoint https://api.demo.internal:7443
      kubeconfig kubelet https://127.0.0.1:6443
      kubeconfig scheduler https://10.77.0.11:6443
      advertises 10.77.0.11
      ready 1
      cut-off a1 b2
      kubelet v1.36.3
      round-trip-class 150
      master-asked 10.77.0.12
      master-asked 10.77.0.13
      round-trip 10.77.0.12 61000
      round-trip 10.77.0.12 60000
      end ok
      """
          .formatted(
              base64("127.0.0.1 localhost\n"),
              base64(
                  "{\"clusterId\":\"%s\",\"cluster\":\"demo\",\"node\":\"m1\",\"role\":\"master\"}\n"
                      .formatted(Fixture.ID)),
              base64("provisioned\n"));

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static HostFacts parse(String text) {
    return HostFacts.parse(
        new NodeName("m1"), "SHA256:x", text, 1_795_450_000_000L, 1_795_450_001_000L);
  }

  @Test
  void aHostsFileKeepsItsBytesWhateverTheyMean() {
    byte[] bytes = "127.0.0.1 localhost\n# B\u00fcro\n".getBytes(StandardCharsets.ISO_8859_1);
    String base64 = Base64.getEncoder().encodeToString(bytes);
    HostFacts facts = parse(MASTER.replace(base64("127.0.0.1 localhost\n"), base64));
    HostFile file = HostFile.hosts(facts.hostsFile());
    assertThat(file.bytes()).isEqualTo(bytes);
    assertThat(file.line()).isEqualTo("644 /etc/hosts " + base64 + "\n");
    assertThat(file.sha256()).isEqualTo(HostFile.sha256(bytes));
  }

  @Test
  void readsAMaster() {
    HostFacts facts = parse(MASTER);
    assertThat(facts.distribution()).isEqualTo("debian-12");
    assertThat(facts.init()).isEqualTo("systemd");
    assertThat(facts.cgroup()).isEqualTo(2);
    assertThat(facts.cpus()).isEqualTo(4);
    assertThat(facts.memoryMib()).isEqualTo(3924);
    assertThat(facts.diskFreeMib()).isEqualTo(31337);
    assertThat(facts.swaps()).containsExactly("/dev/sda5", "/swapfile");
    assertThat(facts.capSysResource()).isTrue();
    assertThat(facts.conntrackWritable()).isTrue();
    assertThat(facts.nameservers()).isEqualTo(2);
    assertThat(facts.peers()).contains(new Peers.Voice("a1", Set.of("b2")));
    assertThat(facts.listeners()).containsEntry(7443, "haproxy").containsEntry(22, "sshd");
    assertThat(facts.hostsFile()).isEqualTo("127.0.0.1 localhost\n");
    assertThat(facts.identity()).contains(new NodeIdentity(Fixture.ID, "demo", "m1", "master", ""));
    assertThat(facts.stage()).isEqualTo(Stage.PROVISIONED);
    assertThat(facts.isProvisioned()).isTrue();
    assertThat(facts.files()).containsEntry("/etc/crictl.yaml", "bbbb");
    assertThat(facts.modes()).containsExactly(Map.entry("/etc/crictl.yaml", "644"));
    assertThat(facts.unsettled()).isTrue();
    assertThat(facts.artifacts()).containsExactlyInAnyOrder("1111", "2222");
    assertThat(facts.traces()).containsExactly("/etc/kubernetes/kubelet.conf");
    assertThat(facts.clusterEndpoint()).isEqualTo("https://api.demo.internal:7443");
    assertThat(facts.bindings().kubeconfigs())
        .containsEntry("scheduler", "https://10.77.0.11:6443");
    assertThat(facts.bindings().advertises()).isEqualTo("10.77.0.11");
    assertThat(facts.ready()).isTrue();
    assertThat(facts.kubelet()).isEqualTo("v1.36.3");
    assertThat(facts.roundTrips())
        .isEqualTo(
            new RoundTrips(
                Optional.of(Duration.ofMillis(60)), false, Optional.of(Duration.ofMillis(150))));
  }

  @Test
  void aPackageOfTwoArchitecturesIsOnePackage() {
    assertThat(parse(MASTER).packages()).contains("haproxy", "libc6");
  }

  @Test
  void unitsAreActiveAndEnabledOnlyInTheseWords() {
    HostFacts facts = parse(MASTER);
    assertThat(facts.isActive("containerd")).isTrue();
    assertThat(facts.isEnabled("containerd")).isTrue();
    assertThat(facts.isActive("kubelet")).isFalse();
    assertThat(facts.isActive("mainstay-proxy")).isFalse();
    assertThat(facts.isEnabled("mainstay-proxy")).isFalse();
    assertThat(facts.isActive("no-such-unit")).isFalse();
  }

  @Test
  void anEmptyHostHasNothing() {
    List<String> there =
        MASTER
            .lines()
            .filter(line ->
                !line.matches(
                    "(swap|hosts-file|node-json|stage|file|artifact|unsettled|trace|ca"
                        + "|cluster-endpoint|kubeconfig|advertises|ready|kubelet"
                        + "|conntrack-writable|round-trip-class|master-asked|round-trip) .*"))
            .toList();
    HostFacts facts = parse(String.join("\n", there));
    assertThat(facts.stage()).isEqualTo(Stage.EMPTY);
    assertThat(facts.identity()).isEmpty();
    assertThat(facts.hostsFile()).isEmpty();
    assertThat(facts.swaps()).isEmpty();
    assertThat(facts.ready()).isFalse();
    assertThat(facts.unsettled()).isFalse();
    assertThat(facts.conntrackWritable()).isFalse();
    assertThat(facts.kubelet()).isEmpty();
    assertThat(facts.roundTrips()).isEqualTo(RoundTrips.NONE);
  }

  @Test
  void refusesAnObservationThatBrokeOff() {
    String whole = MASTER.strip();
    for (int cut : List.of(0, 10, 200, 900, whole.length() - "end ok".length())) {
      assertThatThrownBy(() -> parse(whole.substring(0, cut)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void refusesAnObservationWithoutNumbers() {
    assertThatThrownBy(() -> parse(MASTER.replace("cpus 4\n", "cpus\n")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aClockWithinTheWindowIsRight() {
    for (long theirs : List.of(1_795_450_000_000L, 1_795_450_000_500L, 1_795_450_001_000L)) {
      assertThat(clock(theirs)).isZero();
    }
  }

  @Test
  void aClockOutsideTheWindowIsWrongByWhatIsSure() {
    assertThat(clock(1_795_450_008_000L)).isEqualTo(Duration.ofSeconds(7));
    assertThat(clock(1_795_449_994_000L)).isEqualTo(Duration.ofSeconds(-6));
  }

  private static Duration clock(long theirs) {
    return parse(MASTER.replace("clock 1795450000500", "clock " + theirs)).clockAhead();
  }

  @Test
  void identitiesOtherThanOursAreNone() {
    for (String torn : List.of("", "{", "[]", "{\"cluster\":\"demo\"}", "null")) {
      assertThat(NodeIdentity.parse(torn)).isEmpty();
    }
    NodeIdentity identity = new NodeIdentity(Fixture.ID, "demo", "w1", "worker", "id");
    assertThat(NodeIdentity.parse(identity.file().content())).contains(identity);
  }
}
