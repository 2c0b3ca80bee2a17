package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class PreflightTest {
  private static final ClusterSpec SPEC = Fixture.spec(1, 1);

  private static List<Problem> check(FakeHost... hosts) {
    return Preflight.check(
        SPEC,
        Fixture.facts(
            java.util.Arrays.stream(hosts).map(FakeHost::facts).toList(), Optional.empty()));
  }

  private static List<String> master(Consumer<FakeHost> change) {
    return on("m1", change);
  }

  private static List<String> on(String name, Consumer<FakeHost> change) {
    FakeHost host = FakeHost.of(SPEC, name);
    change.accept(host);
    List<Problem> problems = check(host);
    assertThat(problems)
        .allSatisfy(problem -> {
          assertThat(problem.isError()).isTrue();
          assertThat(problem.where()).startsWith(name + " (10.77.0.");
          assertThat(problem.advice()).isNotEmpty();
        });
    return problems.stream().map(Problem::what).toList();
  }

  @Test
  void emptyHostsAreFit() {
    assertThat(check(FakeHost.of(SPEC, "m1"), FakeHost.of(SPEC, "w1"))).isEmpty();
  }

  @Test
  void debian13IsFit() {
    assertThat(master(host -> host.distribution = "debian-13")).isEmpty();
  }

  @Test
  void findsSwap() {
    assertThat(master(host -> host.swaps = List.of("/dev/sda5", "/swapfile")))
        .containsExactly("swap is on: /dev/sda5, /swapfile");
  }

  @Test
  void aNodeThatIsThereKeepsNobodyFromBeingRepaired() {
    FakeHost node = FakeHost.of(SPEC, "w1");
    node.identity = Optional.of(new NodeIdentity(Fixture.ID, "demo", "w1", "worker", ""));
    node.stage = Stage.PROVISIONED;
    node.swaps = List.of("/swapfile");
    node.clockAhead = Duration.ofSeconds(6);
    assertThat(check(node))
        .hasSize(2)
        .noneMatch(Problem::isError)
        .anySatisfy(problem -> assertThat(problem.what()).isEqualTo("swap is on: /swapfile"));
  }

  @Test
  void findsClocksMoreThanFiveSecondsOff() {
    assertThat(master(host -> host.clockAhead = Duration.ofSeconds(5))).isEmpty();
    assertThat(master(host -> host.clockAhead = Duration.ofSeconds(-5))).isEmpty();
    assertThat(master(host -> host.clockAhead = Duration.ofMillis(6100)))
        .containsExactly("its clock is ahead by 6 s of this machine's");
    assertThat(master(host -> host.clockAhead = Duration.ofSeconds(-90)))
        .containsExactly("its clock is behind by 90 s of this machine's");
  }

  @Test
  void warnsOfAMasterThatIsFartherThanProxiesAreMadeFor() {
    FakeHost w1 = FakeHost.of(SPEC, "w1");
    w1.roundTrips = new RoundTrips(Optional.of(Duration.ofMillis(400)), true, Optional.empty());
    assertThat(check(w1)).isEmpty();
    w1.roundTrips = new RoundTrips(Optional.of(Duration.ofMillis(620)), true, Optional.empty());
    assertThat(check(w1))
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.isError()).isFalse();
          assertThat(problem.what()).isEqualTo("a round trip to the farthest master takes 620 ms");
        });
  }

  @Test
  void warnsOfMastersThatAreFartherApartThanEtcdIsMadeFor() {
    FakeHost m1 = FakeHost.of(SPEC, "m1");
    m1.roundTrips = new RoundTrips(Optional.of(Duration.ofMillis(100)), true, Optional.empty());
    assertThat(check(m1)).isEmpty();
    RoundTrips far = new RoundTrips(Optional.of(Duration.ofMillis(101)), true, Optional.empty());
    m1.roundTrips = far;
    assertThat(check(m1))
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.isError()).isFalse();
          assertThat(problem.advice()).contains("etcd's members are made for up to 100 ms");
        });
    FakeHost w1 = FakeHost.of(SPEC, "w1");
    w1.roundTrips = far;
    assertThat(check(w1)).isEmpty();
  }

  @Test
  void findsTakenPorts() {
    assertThat(
            master(host -> {
              host.listeners.put(22, "sshd");
              host.listeners.put(6443, "nginx");
              host.listeners.put(7443, "haproxy");
              host.listeners.put(10250, "?");
            }))
        .containsExactly(
            "port 6443 is taken by nginx",
            "port 7443 is taken by haproxy",
            "port 10250 is taken by ?");
  }

  @Test
  void aWorkerNeedsFewerPorts() {
    assertThat(
            on(
                "w1",
                host -> {
                  host.listeners.put(6443, "nginx");
                  host.listeners.put(2379, "etcd");
                  host.listeners.put(10250, "kubelet");
                }))
        .containsExactly("port 10250 is taken by kubelet");
  }

  @Test
  void ourOwnProxyMayHaveItsPort() {
    assertThat(
            master(host -> {
              host.units.put("mainstay-proxy", "active enabled");
              host.listeners.put(7443, "haproxy");
              host.listeners.put(7444, "nginx");
            }))
        .containsExactly("port 7444 is taken by nginx");
  }

  @Test
  void aNodeMayHaveItsPorts() {
    assertThat(
            master(host -> {
              host.stage = Stage.PROVISIONED;
              host.identity = Optional.of(new NodeIdentity(Fixture.ID, "demo", "m1", "master", ""));
              host.traces.add("/etc/kubernetes/admin.conf");
              host.listeners.put(6443, "kube-apiserver");
              host.diskFreeMib = 100;
            }))
        .isEmpty();
  }

  @Test
  void findsTooLittleMemory() {
    assertThat(master(host -> host.memoryMib = 1699))
        .containsExactly("has 1699 MiB of memory, a master needs 1700");
    assertThat(on("w1", host -> host.memoryMib = 700)).isEmpty();
    assertThat(on("w1", host -> host.memoryMib = 699))
        .containsExactly("has 699 MiB of memory, a worker needs 700");
  }

  @Test
  void findsTooFewProcessors() {
    assertThat(master(host -> host.cpus = 1)).containsExactly("has 1 processor, a master needs 2");
    assertThat(on("w1", host -> host.cpus = 1)).isEmpty();
  }

  @Test
  void findsTooLittleDisk() {
    assertThat(master(host -> host.diskFreeMib = 4095))
        .containsExactly("4095 MiB are free under /var/lib, 4096 are needed");
    // what was delivered has taken its room already
    assertThat(
            master(host -> {
              host.diskFreeMib = 3000;
              host.artifacts.add("a");
            }))
        .isEmpty();
  }

  @Test
  void findsOneMachineUnderTwoNames() {
    FakeHost worker = FakeHost.of(SPEC, "w1");
    worker.machineId = "id-of-m1";
    List<Problem> problems = check(FakeHost.of(SPEC, "m1"), worker);
    assertThat(problems).hasSize(1);
    assertThat(problems.getFirst().where()).isEqualTo("w1 (10.77.0.21)");
    assertThat(problems.getFirst().what()).isEqualTo("has the same machine id as m1: id-of-m1");
  }

  @Test
  void findsOneHostnameOnTwoMachines() {
    FakeHost worker = FakeHost.of(SPEC, "w1");
    worker.hostname = "m1";
    assertThat(check(FakeHost.of(SPEC, "m1"), worker))
        .singleElement()
        .extracting(Problem::what, Problem::advice)
        .containsExactly("has the same hostname as m1: m1", "hostnamectl set-hostname w1");
  }

  @Test
  void findsMachinesOfOtherKinds() {
    assertThat(
            master(host -> {
              host.distribution = "ubuntu-24.04";
              host.architecture = "aarch64";
              host.init = "runit";
            }))
        .containsExactly(
            "runs ubuntu-24.04, which is not supported",
            "is a machine of type aarch64",
            "was started by runit");
  }

  @Test
  void namesLeftoversOfAnotherCluster() {
    assertThat(
            master(host -> {
              host.traces.add("/etc/kubernetes/kubelet.conf");
              host.traces.add("/etc/kubernetes/admin.conf");
              host.clusterEndpoint = "https://10.0.0.1:6443";
            }))
        .containsExactly(
            "carries leftovers of another cluster (https://10.0.0.1:6443):"
                + " /etc/kubernetes/admin.conf, /etc/kubernetes/kubelet.conf");
    assertThat(on("w1", host -> host.traces.add("/var/lib/k0s")))
        .containsExactly("carries leftovers of another cluster: /var/lib/k0s");
  }

  @Test
  void findsNodesOfOtherClustersAndOtherNodesOfOurs() {
    assertThat(
            master(host ->
                host.identity = Optional.of(new NodeIdentity("x", "prod", "m7", "worker", ""))))
        .containsExactly("is already worker m7 of cluster prod");
    assertThat(
            master(host ->
                host.identity =
                    Optional.of(new NodeIdentity(Fixture.ID, "demo", "m2", "master", ""))))
        .containsExactly("is already master m2 of cluster demo");
    assertThat(
            master(host ->
                host.identity =
                    Optional.of(new NodeIdentity(Fixture.ID, "demo", "m1", "worker", ""))))
        .containsExactly("is already worker m1 of cluster demo");
  }

  @Test
  void problemsOfAllHostsComeTogetherInTheFilesOrder() {
    FakeHost master = FakeHost.of(SPEC, "m1");
    master.swaps = List.of("/swapfile");
    FakeHost worker = FakeHost.of(SPEC, "w1");
    worker.memoryMib = 10;
    worker.swaps = List.of("/swapfile");
    assertThat(check(worker, master))
        .extracting(Problem::where)
        .containsExactly("m1 (10.77.0.11)", "w1 (10.77.0.21)", "w1 (10.77.0.21)");
  }
}
