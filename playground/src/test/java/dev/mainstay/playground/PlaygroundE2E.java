package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.mainstay.model.Address;
import dev.mainstay.model.ClusterHome;
import dev.mainstay.model.ClusterName;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Real hosts on this machine, as root. One playground for all: hosts are cheap, not free. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PlaygroundE2E {
  private static final PlaygroundHome HOME = PlaygroundHome.ofUser(System.getenv());
  private static final String NAME = "selftest";
  private static final Playground PLAYGROUND = Playground.of(HOME, NAME);
  private static final NodeName M1 = new NodeName("m1");
  private static final NodeName M2 = new NodeName("m2");
  private static final NodeName W1 = new NodeName("w1");
  private static final Duration SOON = Duration.ofSeconds(20);

  @BeforeAll
  static void startAfresh() {
    PLAYGROUND.down(PlaygroundProgress.SILENT);
    PLAYGROUND.up(PlaygroundSpec.DEFAULT.withMasters(2).withWorkers(1), PlaygroundProgress.SILENT);
  }

  @AfterAll
  static void leaveNothing() throws IOException {
    PLAYGROUND.down(PlaygroundProgress.SILENT);
    assertThat(traces()).isEmpty();
    assertThat(PLAYGROUND.exists()).isFalse();
  }

  @Test
  @Order(1)
  void everyHostAnswersUnderItsPinnedKey() throws IOException {
    assertThat(PLAYGROUND.hosts())
        .extracting(PlaygroundHost::name, PlaygroundHost::state)
        .containsExactly(
            tuple(M1, HostState.RUNNING),
            tuple(M2, HostState.RUNNING),
            tuple(W1, HostState.RUNNING));
    for (PlaygroundHost host : PLAYGROUND.hosts()) {
      assertThat(ssh("root", host.name(), 22, "hostname").stdout().strip())
          .isEqualTo(host.name().value());
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(PLAYGROUND.keyFile())))
        .isEqualTo("rw-------");
  }

  @Test
  @Order(2)
  void aSecondUpChangesNothing() throws IOException {
    Map<NodeName, String> boots = boots();
    String file = Files.readString(PLAYGROUND.clusterFile());
    PLAYGROUND.up(PlaygroundSpec.DEFAULT.withMasters(2).withWorkers(1), PlaygroundProgress.SILENT);
    assertThat(boots()).isEqualTo(boots);
    assertThat(PLAYGROUND.clusterFile()).content().isEqualTo(file);
  }

  @Test
  @Order(3)
  void aHostIsAPlainDebianServer() {
    assertThat(on(M1, "cat /etc/hosts")).contains("127.0.1.1\tm1");
    assertThat(on(M1, "cat /etc/resolv.conf")).isEmpty();
    assertThat(on(M1, "cat /etc/machine-id")).isNotEqualTo(on(M2, "cat /etc/machine-id"));
    assertThat(on(M1, "command -v haproxy containerd conntrack socat || true")).isEmpty();
    await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(PLAYGROUND.capture(M1, List.of("systemctl", "is-system-running")))
                .isEqualTo(new Captured(0, "running\n", "")));
  }

  @Test
  @Order(4)
  void aHostCanRunContainers() {
    on(M1, "systemd-run --quiet --wait true");
    on(M1, "for d in /sys/fs/cgroup/*/; do mkdir $d/kubepods && rmdir $d/kubepods; done");
    on(M1, "test -c /dev/kmsg && mknod /tmp/null c 1 3 && rm /tmp/null");
    on(
        M1,
        "cd /var/lib/containerd && mkdir l u w m"
            + " && mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m && umount m"
            + " && rm -rf l u w m");
    on(M1, "iptables -t nat -A PREROUTING -j RETURN && iptables -t nat -F && nft list ruleset");
    on(M1, "ip link add vx type vxlan id 1 dev host0 dstport 8472 && ip link delete vx");
    assertThat(on(M1, "findmnt -no PROPAGATION /")).startsWith("shared");
  }

  @Test
  @Order(5)
  void execPassesOutputAndExitStatus() {
    assertThat(PLAYGROUND.capture(M1, List.of("sh", "-c", "echo out; echo err >&2; exit 7")))
        .isEqualTo(new Captured(7, "out\n", "err\n"));
    assertThat(PLAYGROUND.exec(M1, List.of("sh", "-c", "exit 9"))).isEqualTo(9);
    assertThat(PLAYGROUND.capture(M1, List.of("printf", "%s|", "a b", "$x", "")).stdout())
        .isEqualTo("a b|$x||");
  }

  @Test
  @Order(6)
  void hostsReachEachOther() {
    assertThat(reaches(M1, address(M2))).isTrue();
    assertThat(on(M1, "cat /proc/sys/net/ipv4/ip_forward")).isEqualTo("0");
  }

  @Test
  @Order(7)
  void aStoppedHostKeepsItsDisk() throws IOException {
    on(W1, "echo kept >/root/file && echo kept >/var/lib/etcd/file && sync");
    PLAYGROUND.stop(W1);
    assertThat(state(W1)).isEqualTo(HostState.STOPPED);
    assertThat(traces()).noneMatch(trace -> trace.contains("selftest-w1"));
    assertThatThrownBy(() -> PLAYGROUND.capture(W1, List.of("true")))
        .isInstanceOf(PlaygroundException.class)
        .hasMessageContaining("start w1");
    PLAYGROUND.start(W1);
    assertThat(on(W1, "cat /root/file /var/lib/etcd/file")).isEqualTo("kept\nkept");
  }

  @Test
  @Order(8)
  void aCutHostIsBlackAndStillRuns() {
    PLAYGROUND.cut(M2);
    assertThat(state(M2)).isEqualTo(HostState.CUT);
    assertThat(reaches(M1, address(M2))).isFalse();
    assertThat(on(M2, "hostname")).isEqualTo("m2");
    PLAYGROUND.stop(M2);
    PLAYGROUND.start(M2);
    assertThat(state(M2)).isEqualTo(HostState.CUT);
    assertThat(reaches(M1, address(M2))).isFalse();
    PLAYGROUND.heal(M2);
    await().atMost(SOON).until(() -> reaches(M1, address(M2)));
    assertThat(state(M2)).isEqualTo(HostState.RUNNING);
  }

  @Test
  @Order(9)
  void aHostThatRebootsComesBack() {
    String boot = on(W1, "systemctl show --value -p UserspaceTimestampMonotonic");
    PLAYGROUND.capture(W1, List.of("reboot"));
    await()
        .atMost(SOON)
        .ignoreExceptions()
        .until(() ->
            reaches(M1, address(W1))
                && !on(W1, "systemctl show --value -p UserspaceTimestampMonotonic").equals(boot));
  }

  @Test
  @Order(10)
  void hostsSwapAddressesAtTheSameMoment() throws IOException {
    Address first = address(M1);
    Address second = address(M2);
    PLAYGROUND.move(Map.of(M1, second, M2, first), true);
    assertThat(address(M1)).isEqualTo(second);
    assertThat(ssh("root", M1, 22, "hostname").stdout().strip()).isEqualTo("m1");
    assertThat(ssh("root", M2, 22, "hostname").stdout().strip()).isEqualTo("m2");
    assertThat(reaches(W1, first)).isTrue();
    assertThat(PLAYGROUND.clusterFile())
        .content()
        .contains("m1: " + second + "\n", "m2: " + first + "\n");
    PLAYGROUND.move(Map.of(M1, first, M2, second), true);
  }

  @Test
  @Order(11)
  void hostsMoveToAnotherSubnetAndBack() throws IOException {
    Address worker = address(W1);
    Map<NodeName, Address> before = Map.of(M1, address(M1), M2, address(M2), W1, worker);
    Address elsewhere = new Address("10.79.5.11");
    PLAYGROUND.move(Map.of(M1, elsewhere), false);
    assertThat(ssh("root", M1, 22, "hostname").stdout().strip()).isEqualTo("m1");
    assertThat(reaches(W1, elsewhere)).isTrue();
    assertThat(reaches(M1, address(W1))).isTrue();
    assertThat(PLAYGROUND.clusterFile()).content().doesNotContain(elsewhere.value());
    PLAYGROUND.move(Map.of(M2, new Address("10.79.5.12"), W1, new Address("10.79.5.21")), false);
    assertThat(reaches(W1, elsewhere)).isTrue();
    PLAYGROUND.stop(W1);
    PLAYGROUND.start(W1);
    assertThat(reaches(M1, new Address("10.79.5.21"))).isTrue();
    PLAYGROUND.move(before, false);
    assertThat(reaches(M2, worker)).isTrue();
    assertThat(Bridge.networksOfThisMachine("none"))
        .noneMatch(network -> network.contains(elsewhere));
  }

  @Test
  @Order(12)
  void refusesAddressesThatCannotBe() {
    for (String address : List.of(address(M2).value(), "127.0.0.9", "10.79.5.1")) {
      assertThatThrownBy(() -> PLAYGROUND.move(Map.of(M1, new Address(address)), false))
          .as(address)
          .isInstanceOf(PlaygroundException.class);
    }
    assertThat(reaches(M1, address(M2))).isTrue();
  }

  @Test
  @Order(13)
  void serversDiffer() throws IOException {
    NodeName odd = new NodeName("m3");
    PLAYGROUND.add(
        Role.MASTER,
        odd,
        HostOptions.DEFAULT
            .withDebian(13)
            .withSshPort(2222)
            .withoutRootLogin()
            .withSudoer("ada")
            .withSudoer("bob", "secret word")
            .withMemoryMegabytes(700)
            .withDiskMegabytes(300));
    assertThat(PLAYGROUND.line(odd))
        .isEqualTo("m3: {address: %s, ssh: {user: ada, port: 2222}}".formatted(address(odd)));
    assertThat(on(odd, "cat /etc/debian_version")).startsWith("13");
    assertThat(ssh("root", odd, 2222, "true").exit()).isEqualTo(255);
    assertThat(ssh("ada", odd, 2222, "sudo -n id -u")).isEqualTo(new Captured(0, "0\n", ""));
    assertThat(ssh("bob", odd, 2222, "sudo -n id -u").exit()).isEqualTo(1);
    assertThat(ssh("bob", odd, 2222, "echo secret word | sudo -S -p '' id -u").stdout())
        .isEqualTo("0\n");
    assertThat(
            on(
                odd,
                "head -c 1G /dev/zero >/var/lib/etcd/fill; df -P /var/lib/etcd / | grep -c 100%"))
        .isEqualTo("2");
    on(odd, "rm /var/lib/etcd/fill");
    // a host over its memory limit loses the process, not this machine
    assertThat(PLAYGROUND.capture(odd, List.of("sh", "-c", "head -c 2G /dev/zero | tail")).exit())
        .isNotZero();
    PLAYGROUND.remove(odd);
    assertThat(traces()).noneMatch(trace -> trace.contains("selftest-m3"));
    assertThat(PLAYGROUND.hosts()).extracting(PlaygroundHost::name).containsExactly(M1, M2, W1);
  }

  @Test
  @Order(14)
  void aHostUnderAnOldNameIsAnotherMachine() throws IOException {
    NodeName host = new NodeName("w2");
    PLAYGROUND.add(Role.WORKER, host, HostOptions.DEFAULT);
    assertThat(ssh("root", host, 22, "true")).isEqualTo(new Captured(0, "", ""));
    PLAYGROUND.remove(host);
    PLAYGROUND.add(Role.WORKER, host, HostOptions.DEFAULT);
    assertThat(ssh("root", host, 22, "true").stderr()).contains("HOST IDENTIFICATION HAS CHANGED");
    PLAYGROUND.remove(host);
  }

  @Test
  @Order(15)
  void playgroundsLiveSideBySide() throws IOException {
    Playground other = Playground.of(HOME, "selftest-other");
    try {
      other.up(PlaygroundSpec.DEFAULT.withMasters(1).withWorkers(0), PlaygroundProgress.SILENT);
      Address there = other.hosts().getFirst().address();
      assertThat(other.capture(M1, List.of("hostname")).stdout()).isEqualTo("m1\n");
      assertThat(reaches(M1, there)).isFalse();
    } finally {
      other.down(PlaygroundProgress.SILENT);
    }
    assertThat(reaches(M1, address(M2))).isTrue();
  }

  @Test
  @Order(16)
  void mendsWhatACrashLeft() {
    // as if the machine had lost power: no process, no mount, no bridge, and the records still
    // there
    for (NodeName host : List.of(M1, M2, W1)) {
      String machine = MachineNames.machine(NAME, host);
      ControlGroups.of(machine).clear();
      disk(host).unmount();
    }
    Cable.delete(MachineNames.bridge(NAME));
    assertThat(PLAYGROUND.hosts())
        .extracting(PlaygroundHost::state)
        .containsOnly(HostState.STOPPED);
    PLAYGROUND.up(PlaygroundSpec.DEFAULT, PlaygroundProgress.SILENT);
    assertThat(reaches(M1, address(W1))).isTrue();
  }

  @Test
  @Order(17)
  void hostsOutliveTheProcessThatMadeThem() {
    // setsid: a session of its own, no terminal, no pipe that ends with us
    long supervisor =
        new HostProcess(M1, MachineNames.machine(NAME, M1), disk(M1)).supervisor().orElseThrow();
    Captured session = Command.run("ps", "-o", "sid=,tty=", "-p", Long.toString(supervisor));
    assertThat(session.stdout().strip().split("\\s+", -1))
        .containsExactly(Long.toString(supervisor), "?");
    assertThat(Command.run("ls", "-l", "/proc/" + supervisor + "/fd").stdout())
        .doesNotContain("pipe:");
  }

  private static HostDisk disk(NodeName host) {
    return new HostDisk(HOME.playground(NAME).resolve("hosts").resolve(host.value()));
  }

  private static Map<NodeName, String> boots() {
    return Map.of(M1, boot(M1), M2, boot(M2), W1, boot(W1));
  }

  private static String boot(NodeName host) {
    return on(host, "systemctl show --value -p UserspaceTimestampMonotonic");
  }

  private static String on(NodeName host, String script) {
    Captured captured = PLAYGROUND.capture(host, List.of("sh", "-c", script));
    assertThat(captured.exit()).as(script + "\n" + captured.stderr()).isZero();
    return captured.stdout().strip();
  }

  private static boolean reaches(NodeName from, Address to) {
    return PLAYGROUND.capture(from, tcp(to)).exit() == 0;
  }

  private static List<String> tcp(Address to) {
    return List.of("timeout", "2", "bash", "-c", "</dev/tcp/" + to + "/22");
  }

  private static Address address(NodeName host) {
    return now(host).address();
  }

  private static HostState state(NodeName host) {
    return now(host).state();
  }

  private static PlaygroundHost now(NodeName host) {
    return PLAYGROUND.hosts().stream()
        .filter(each -> each.name().equals(host))
        .findFirst()
        .orElseThrow();
  }

  private static Captured ssh(String user, NodeName host, int port, String command)
      throws IOException {
    Path pinned = ClusterHome.beside(PLAYGROUND.clusterFile(), new ClusterName(NAME)).knownHosts();
    List<String> line =
        new ArrayList<>(List.of("ssh", "-i", PLAYGROUND.keyFile().toString(), "-p", "" + port));
    line.addAll(List.of("-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"));
    line.addAll(List.of("-o", "HostKeyAlias=" + host, "-o", "UserKnownHostsFile=" + pinned));
    line.addAll(List.of("-o", "HostKeyAlgorithms=ssh-ed25519"));
    line.addAll(List.of(user + "@" + address(host), command));
    return Command.run(line);
  }

  /** What this machine has of the playground. */
  private static List<String> traces() throws IOException {
    List<String> traces = new ArrayList<>();
    try (Stream<Path> interfaces = Files.list(Path.of("/sys/class/net"))) {
      interfaces.map(Path::toString).forEach(traces::add);
    }
    try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
      mounts.forEach(traces::add);
    }
    for (String machine : List.of("m1", "m2", "m3", "w1", "w2")) {
      ControlGroups.of("selftest-" + machine).directories().stream()
          .filter(Files::exists)
          .map(Path::toString)
          .forEach(traces::add);
    }
    return traces.stream().filter(trace -> trace.contains("selftest")).toList();
  }
}
