package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.e2e.Program.Result;
import dev.mainstay.e2e.Program.Running;
import dev.mainstay.model.ClusterHome;
import dev.mainstay.model.ClusterName;
import dev.mainstay.model.NodeName;
import dev.mainstay.playground.HostOptions;
import dev.mainstay.playground.HostOptions.Account;
import dev.mainstay.playground.HostOptions.Sudo;
import dev.mainstay.playground.PlaygroundHost;
import dev.mainstay.playground.PlaygroundProgress;
import dev.mainstay.playground.PlaygroundSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Servers are not all alike: Debian 13, sudo with and without a password, another ssh port, a key
 * in an agent, a jump host, a distribution's HAProxy and containerd; and hosts with something
 * wrong.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class OtherHostsE2E {
  private static final String NAME = "other";
  private static final String PASSWORD = "sesame open";
  private static final Map<String, String> ADDRESS = new HashMap<>();
  private static Cluster cluster = new Cluster(NAME);
  private static String agentPid = "";
  private static String key = "";

  @BeforeAll
  static void makeHosts() {
    cluster.down();
    HostOptions plain = HostOptions.DEFAULT;
    cluster.playground.up(
        PlaygroundSpec.DEFAULT
            .with(new NodeName("m1"), plain.withDebian(13))
            .with(new NodeName("m2"), plain.withSudoer("ops").withoutRootLogin().withSshPort(2222))
            .with(
                new NodeName("m3"),
                plain
                    .withSudoer("ops", PASSWORD)
                    .with(new Account("guest", Sudo.NONE, ""))
                    .withoutRootLogin())
            .with(new NodeName("w1"), plain.withPackages("haproxy", "containerd")),
        PlaygroundProgress.SILENT);
    for (PlaygroundHost host : cluster.playground.hosts()) {
      ADDRESS.put(host.name().value(), host.address().value());
    }
    key = cluster.playground.clusterFile().resolveSibling("id_ed25519").toString();
    Path socket = cluster.playground.clusterFile().resolveSibling("agent.sock");
    String agent = Program.local("ssh-agent", "-s", "-a", socket.toString());
    agentPid = agent.replaceAll("(?s).*SSH_AGENT_PID=(\\d+);.*", "$1");
    Program.local("env", "SSH_AUTH_SOCK=" + socket, "ssh-add", "-q", key);
    cluster =
        new Cluster(
            NAME, Map.of("SSH_AUTH_SOCK", socket.toString(), "MAINSTAY_SUDO_PASSWORD", PASSWORD));
  }

  @AfterAll
  static void removeHosts() {
    if (!agentPid.isEmpty()) {
      Program.local("kill", agentPid);
    }
    cluster.down();
  }

  private static String file() {
    return """
    name: other
    kubernetes: 1.36.3
    ssh: {user: root}
    masters:
      m1: M1
      m2: {address: M2, ssh: {user: ops, port: 2222, key: KEY}}
      m3: {address: M3, ssh: {user: ops}}
    workers:
      w1: W1
      w2: {address: W2, ssh: {jump: {address: W1, key: KEY}}}
    """
        .replace("ssh: {user: ops}", "ssh: {user: ops}")
        .replace("KEY", key)
        .replace("M1", ADDRESS.get("m1"))
        .replace("M2", ADDRESS.get("m2"))
        .replace("M3", ADDRESS.get("m3"))
        .replace("W1", ADDRESS.get("w1"))
        .replace("W2", ADDRESS.get("w2"));
  }

  private static void write(String text) {
    try {
      Files.writeString(cluster.playground.clusterFile(), text);
    } catch (IOException broken) {
      throw new AssertionError(broken);
    }
  }

  private static Result apply() {
    return cluster.mainstay("apply", "--yes", "--accept-new-host-keys");
  }

  /** A mistake in the file: the exit code and words of the message; nothing is changed. */
  private static void refuses(int exit, String text, String... words) {
    write(text);
    Result result = apply();
    assertThat(result.exit()).as(result.toString()).isEqualTo(exit);
    assertThat(result.err()).contains(words);
    for (String host : List.of("m1", "w1", "w2")) {
      assertThat(cluster.tryOn(host, "ls /etc/mainstay").exit()).as(host).isNotZero();
    }
  }

  @Test
  @Order(1)
  void refusesHostsThatItCannotEnter() {
    // in the playground's own network, where no host has it
    String nobody = ADDRESS.getOrDefault("m1", "").replaceFirst("\\d+$", "250");
    refuses(
        4,
        file().replace("port: 2222", "port: 2299"),
        "m2 (" + ADDRESS.get("m2"),
        "nothing listens");
    refuses(
        4,
        file().replace("m1: " + ADDRESS.get("m1"), "m1: " + nobody),
        "m1 (" + nobody + ")",
        "is the host on");
    refuses(4, file().replace("{user: ops}", "{user: nobody-here}"), "m3", "no key was accepted");
    refuses(
        4,
        file().replace("{user: ops}", "{user: guest}"),
        "sudo does not take the password of guest");
    refuses(
        4,
        file().replace("port: 2222, key: " + key, "port: 2222, key: /nowhere/key"),
        "/nowhere/key");
  }

  @Test
  @Order(2)
  void refusesHostsThatAreNotFitAllInOneGo() {
    cluster.on(
        "w1", "mkdir -p /etc/kubernetes/manifests; touch /etc/kubernetes/manifests/etcd.yaml");
    cluster.on("w2", "systemd-run -q --unit taken systemd-socket-activate -l 7443 /bin/cat");
    String machineId = cluster.on("m2", "cat /etc/machine-id");
    cluster.on("m2", "cp /etc/machine-id /root/machine-id");
    cluster.on(
        "m3",
        "cp /etc/machine-id /root/machine-id; echo " + machineId.strip() + " > /etc/machine-id");
    cluster.on("m3", "echo m2 > /proc/sys/kernel/hostname");
    write(file());
    Result result = apply();
    assertThat(result.exit()).as(result.toString()).isEqualTo(5);
    assertThat(result.err())
        .contains(
            "carries leftovers of another cluster",
            "port 7443 is taken by",
            "has the same machine id as m2",
            "has the same hostname as m2");
    cluster.on("w1", "rm -r /etc/kubernetes");
    cluster.on("w2", "systemctl stop taken");
    cluster.on("m3", "cp /root/machine-id /etc/machine-id; echo m3 > /proc/sys/kernel/hostname");
    Result check = cluster.mainstay("check", "-o", "json", "--accept-new-host-keys");
    assertThat(check.exit()).as(check.toString()).isZero();
  }

  @Test
  @Order(3)
  void aFullDiskStopsItsHostAloneAndLosesNothing() {
    cluster.on(
        "w2", "mkdir -p /var/lib/mainstay; mount -t tmpfs -o size=100m tmpfs /var/lib/mainstay");
    write(file());
    Running running =
        cluster.program.start(cluster.with("apply", "--yes", "--accept-new-host-keys"));
    Result result = running.await();
    assertThat(result.exit()).as(result.toString()).isEqualTo(1);
    assertThat(result.err())
        .contains("hosts/deliver/w2", "make room on the host")
        .contains("hosts/images/m2  changed", "masters/join/m3/finish  changed");
    cluster.on("w2", "umount /var/lib/mainstay");
  }

  @Test
  @Order(4)
  void aHostThatDiesInTheMiddleIsNamedAndTheRestGoesOn() {
    Running running = cluster.program.start(cluster.with("apply", "--yes"));
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> cluster.tryOn("w2", "ls /var/lib/mainstay/artifacts/*.part").exit() == 0);
    cluster.playground.stop(new NodeName("w2"));
    Result result = running.await();
    assertThat(result.exit()).as(result.toString()).isEqualTo(1);
    assertThat(result.err()).contains("hosts/deliver/w2", "the connection was lost", "Go on with");
    cluster.playground.start(new NodeName("w2"));
    cluster.applyTwice();
  }

  @Test
  @Order(5)
  void hostsOfEveryKindAreNodesOfOneCluster() {
    cluster.isHealthy();
    assertThat(cluster.on("m1", "grep VERSION_ID /etc/os-release")).contains("13");
    assertThat(cluster.kubectl("get nodes --no-headers").lines()).hasSize(5);
    // w2 was entered through w1
    assertThat(cluster.on("w2", "journalctl -t sshd --no-pager | grep Accepted | tail -n 1"))
        .contains("from " + ADDRESS.get("w1") + " ");
    assertThat(cluster.tryOn("w2", "systemctl is-enabled haproxy").stdout().strip())
        .isEqualTo("disabled");
  }

  @Test
  @Order(6)
  void aNodeBehindAJumpHostIsResetWhenItsLineWithTheWayToItIsGone() throws IOException {
    String text = file();
    String line = text.lines().filter(one -> one.startsWith("  w2:")).findFirst().orElseThrow();
    write(text.replace(line + "\n", ""));
    Result removal = cluster.mainstay("apply", "--yes", "--remove", "w2");
    assertThat(removal.exit()).as(removal.toString()).isZero();
    assertThat(removal.err()).doesNotContain("leaves without its machine");
    assertThat(cluster.tryOn("w2", "ls /etc/mainstay /etc/kubernetes").exit()).isNotZero();
    assertThat(cluster.kubectl("get nodes --no-headers").lines()).hasSize(4);
    Path logins =
        ClusterHome.beside(cluster.playground.clusterFile(), new ClusterName(NAME)).logins();
    assertThat(Files.readString(logins)).contains("\"m2\"").doesNotContain("\"w2\"");
  }

  @Test
  @Order(7)
  void theDistributionsOwnServicesStayAsTheyAre() {
    assertThat(cluster.on("w1", "systemctl is-enabled haproxy").strip()).isEqualTo("enabled");
    assertThat(cluster.on("w1", "containerd --version; /usr/bin/containerd --version"))
        .contains("2.3.7")
        .contains(" 1.6.");
    Result reset = cluster.mainstay("reset", "--yes");
    assertThat(reset.exit()).as(reset.toString()).isZero();
    assertThat(cluster.on("w1", "systemctl is-active containerd").strip()).isEqualTo("active");
    assertThat(cluster.on("w1", "systemctl show -p ExecStart containerd"))
        .contains("/usr/bin/containerd");
  }
}
