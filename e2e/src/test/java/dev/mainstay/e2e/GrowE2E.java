package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.e2e.Program.Result;
import dev.mainstay.e2e.Program.Running;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import dev.mainstay.playground.HostOptions;
import dev.mainstay.playground.PlaygroundProgress;
import dev.mainstay.playground.PlaygroundSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A cluster of one master with a network of the user's own, interrupted by Ctrl-C, grown to three.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class GrowE2E {
  private static final String NAME = "grow";
  private static final Cluster CLUSTER = new Cluster(NAME);

  @BeforeAll
  static void makeHosts() throws IOException {
    CLUSTER.down();
    CLUSTER.playground.up(
        PlaygroundSpec.DEFAULT.withMasters(1).withWorkers(1), PlaygroundProgress.SILENT);
    Path file = CLUSTER.playground.clusterFile();
    // a network of the user's own: here the bridge plugin alone, which one node of a kind needs
    Files.writeString(
        file,
        Files.readString(file)
            + "network: {plugin: none, manifests: [network/mine.yaml]}\n"
            + "kubelet: {maxPods: 77}\n");
    Files.createDirectories(file.resolveSibling("network"));
    Files.writeString(file.resolveSibling("network/mine.yaml"), network());
  }

  @AfterAll
  static void removeHosts() {
    CLUSTER.down();
  }

  /** Upstream's flannel as a user would give it, in another namespace than Mainstay's own. */
  private static String network() throws IOException {
    try (var in = dev.mainstay.cluster.PlanChanges.class.getResourceAsStream("flannel.yaml")) {
      assertThat(in).isNotNull();
      return new String(
              java.util.Objects.requireNonNull(in).readAllBytes(),
              java.nio.charset.StandardCharsets.UTF_8)
          .replace("namespace: kube-flannel", "namespace: my-network")
          .replace("name: kube-flannel\n", "name: my-network\n")
          .replace("@PODS@", "10.244.0.0/16")
          .replace("@ENDPOINT_NAME@", "api.grow.internal")
          .replace("@ENDPOINT_PORT@", "7443")
          .replace("@IMAGE@", "ghcr.io/flannel-io/flannel:v0.28.4");
    }
  }

  @Test
  @Order(1)
  void ctrlCStopsAfterTheRunningStepAndSaysHowToGoOn() {
    Running apply = CLUSTER.program.start(CLUSTER.with("apply", "--yes"));
    await()
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> CLUSTER.tryOn("m1", "ls /var/lib/mainstay/artifacts/*.part").exit() == 0);
    Program.local("kill", "-INT", String.valueOf(apply.process().pid()));
    Result interrupted = apply.await();
    assertThat(interrupted.exit()).as(interrupted.toString()).isEqualTo(130);
    assertThat(interrupted.err())
        .contains("stopping after the running steps", "hosts/deliver/m1  changed", "Go on with");
    assertThat(CLUSTER.mainstay("runs", "list").out()).contains("interrupted");
  }

  @Test
  @Order(2)
  void oneMasterIsMadeTheSameWayWithANetworkOfTheUsersOwn() {
    CLUSTER.applyTwice();
    assertThat(CLUSTER.kubectl("get pods -n my-network --no-headers").lines()).hasSize(2);
    assertThat(CLUSTER.kubectl("get namespaces")).doesNotContain("kube-flannel");
    assertThat(CLUSTER.on("w1", "grep maxPods /var/lib/kubelet/config.yaml")).contains("77");
    assertThat(CLUSTER.status().path("etcd").path("members").asInt()).isEqualTo(1);
  }

  @Test
  @Order(3)
  void oneMasterGrowsToThreeByTwoLinesInTheFile() throws IOException {
    Path file = CLUSTER.playground.clusterFile();
    String text = Files.readString(file);
    StringBuilder lines = new StringBuilder();
    for (String master : new String[] {"m2", "m3"}) {
      CLUSTER.playground.add(Role.MASTER, new NodeName(master), HostOptions.DEFAULT);
      lines.append("  ").append(CLUSTER.playground.line(new NodeName(master)).strip()).append('\n');
    }
    Files.writeString(file, text.replace("workers:\n", lines + "workers:\n"));
    CLUSTER.applyTwice();
    var status = CLUSTER.isHealthy();
    assertThat(status.path("etcd").path("members").asInt()).isEqualTo(3);
    assertThat(status.path("etcd").path("canLose").asInt()).isEqualTo(1);
    assertThat(CLUSTER.on("w1", "grep -c 'server m' /etc/mainstay/haproxy.cfg")).isEqualTo("3\n");
    assertThat(CLUSTER.on("m1", "ls /var/lib/mainstay/backup")).contains("etcd-before-growth-");
    // the old hosts have the block of the new generation
    assertThat(CLUSTER.on("m1", "cat /etc/hosts")).contains("generation 2", "m3.grow.internal");
  }

  @Test
  @Order(4)
  void whatCannotBeDoneYetIsRefusedAndNothingIsChanged() throws IOException {
    Path file = CLUSTER.playground.clusterFile();
    String text = Files.readString(file);
    String worker = text.lines().filter(line -> line.startsWith("  w1:")).findFirst().orElseThrow();
    try {
      Files.writeString(file, text.replace(worker + "\n", "").replace("workers:\n", ""));
      Result removal = CLUSTER.mainstay("apply", "--yes");
      assertThat(removal.exit()).as(removal.toString()).isEqualTo(6);
      assertThat(removal.err()).contains("w1: in the cluster and not in the file");
      Files.writeString(file, text.replace("1.36.3", "1.37.2"));
      Result upgrade = CLUSTER.mainstay("plan");
      assertThat(upgrade.exit()).as(upgrade.toString()).isNotZero().isNotEqualTo(10);
    } finally {
      Files.writeString(file, text);
    }
    CLUSTER.applyChangesNothing();
  }
}
