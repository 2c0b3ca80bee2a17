package dev.mainstay.e2e;

import static dev.mainstay.e2e.Cluster.etcdctl;
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
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Masters and workers that leave, fail to join, die, are replaced, reboot: on a real cluster. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class LifeE2E {
  private static final Cluster CLUSTER = new Cluster("life");
  private static final String DOMAIN = "life.internal";

  @BeforeAll
  static void makeCluster() {
    CLUSTER.down();
    CLUSTER.playground.up(PlaygroundSpec.DEFAULT.withWorkers(2), PlaygroundProgress.SILENT);
    CLUSTER.applyTwice();
  }

  @AfterAll
  static void removeHosts() {
    CLUSTER.down();
  }

  private static Path file() {
    return CLUSTER.playground.clusterFile();
  }

  /** Takes the line of {@code node} out of the file and returns it. */
  private static String takeOut(String node) throws IOException {
    String text = Files.readString(file());
    String line =
        text.lines().filter(one -> one.startsWith("  " + node + ":")).findFirst().orElseThrow();
    Files.writeString(file(), text.replace(line + "\n", ""));
    return line;
  }

  private static void putIn(String section, String line) throws IOException {
    String text = Files.readString(file());
    Files.writeString(file(), text.replace(section + ":\n", section + ":\n" + line + "\n"));
  }

  private static String kubectl(String arguments) {
    return CLUSTER.kubectlOn("m2", arguments);
  }

  private static String members() {
    return CLUSTER.on("m2", etcdctl("member list"));
  }

  /** Where a host must be found when Mainstay is done with the whole. */
  private static void isWell(int masters, int workers) {
    JsonNode status = CLUSTER.isHealthy();
    assertThat(status.path("etcd").path("members").asInt()).isEqualTo(masters);
    assertThat(status.path("etcd").path("healthy").asInt()).isEqualTo(masters);
    assertThat(kubectl("get nodes --no-headers").lines())
        .hasSize(masters + workers)
        .allMatch(line -> line.contains(" Ready "));
    assertThat(members().lines())
        .hasSize(masters)
        .allMatch(line -> line.contains("." + DOMAIN + ":2380") && line.endsWith("false"));
  }

  private static void isEmpty(String host) {
    assertThat(
            CLUSTER.on(
                host,
                "ls -d /etc/mainstay /var/lib/mainstay /etc/kubernetes /usr/local/bin/kubelet"
                    + " /var/lib/etcd/* 2>/dev/null || true; grep -c mainstay /etc/hosts ||"
                    + " true"))
        .isEqualTo("0\n");
  }

  // what is refused

  @Test
  @Order(1)
  void aNodeIsOnlyTakenOutWhereItIsNamedAndNeverTheQuorumWithIt() throws IOException {
    String before = Files.readString(file());
    takeOut("m3");
    Result unnamed = CLUSTER.mainstay("apply", "--yes");
    assertThat(unnamed.exit()).as(unnamed.toString()).isEqualTo(6);
    assertThat(unnamed.err()).contains("m3: in the cluster and not in the file", "--remove m3");
    Result plan = CLUSTER.mainstay("plan");
    assertThat(plan.exit()).as(plan.toString()).isEqualTo(10);
    assertThat(plan.out()).contains("nodes that leave", "give the leadership of etcd away");
    assertThat(CLUSTER.status().path("problems").toString())
        .contains("is in the cluster and not in the file");
    CLUSTER.playground.stop(new NodeName("m1"));
    Result costly = CLUSTER.mainstay("apply", "--yes", "--remove", "m3");
    assertThat(costly.exit()).as(costly.toString()).isEqualTo(6);
    assertThat(costly.err())
        .contains("to protect quorum: without m3." + DOMAIN + " etcd would have 2 members");
    Instant on = Instant.now();
    CLUSTER.playground.start(new NodeName("m1"));
    Files.writeString(file(), before);
    Result inTheFile = CLUSTER.mainstay("apply", "--yes", "--remove", "m3");
    assertThat(inTheFile.exit()).as(inTheFile.toString()).isEqualTo(2);
    CLUSTER.comesBackAfterABoot("m2", on, List.of("m1"));
  }

  // a planned removal

  @Test
  @Order(2)
  void theLeaderLeavesAndNoRequestIsLost() throws IOException {
    CLUSTER.lead("m3");
    takeOut("m3");
    Load load = Load.start(CLUSTER, "w1");
    Result removal = CLUSTER.mainstay("apply", "--yes", "--remove", "m3", "-o", "json");
    Load.Tally tally = load.stop();
    assertThat(removal.exit()).as(removal.toString()).isZero();
    System.out.printf(
        "e2e: the leader was taken out in %.1f s, %d requests, %d failed%n",
        removal.elapsed().toMillis() / 1000.0, tally.sent(), tally.failed());
    assertThat(tally.failed()).isZero();
    isWell(2, 2);
    isEmpty("m3");
    assertThat(CLUSTER.on("w1", "cat /etc/hosts /etc/mainstay/haproxy.cfg")).doesNotContain("m3");
    Result again = CLUSTER.mainstay("apply", "--yes", "--remove", "m3", "-o", "json");
    assertThat(again.exit()).as(again.toString()).isZero();
    assertThat(again.json().path("changes").asInt(-1)).isZero();
  }

  // joins that fail

  /**
   * Starts an apply that joins m3, and returns once {@code script}, which {@code host} runs again
   * and again, says so by its status.
   */
  private static Running applyUntil(String host, String script) {
    Running apply = CLUSTER.program.start(CLUSTER.with("apply", "--yes", "--accept-new-host-keys"));
    try {
      CLUSTER.on(
          host,
          "seen() {\n"
              + script
              + "\n"
              + "}\n"
              + "for try in $(seq 3000); do if seen; then exit 0; fi; sleep 0.04; done; exit"
              + " 1");
    } catch (AssertionError never) {
      apply.kill();
      throw never;
    }
    return apply;
  }

  /** The same, once a line of the list of members is like {@code pattern}. */
  private static Running applyUntilMember(String pattern) {
    return applyUntil("m2", etcdctl("member list") + " | grep -q '" + pattern + "'");
  }

  /** The pods of DaemonSets on m1, of which each node gets some of its own. */
  private static List<String> daemonsOnM1() {
    return CLUSTER
        .kubectlOn("m2", "get pods -A --field-selector spec.nodeName=m1." + DOMAIN + " -o name")
        .lines()
        .filter(pod -> pod.startsWith("pod/kube-proxy-") || pod.startsWith("pod/kube-flannel-"))
        .toList();
  }

  private static void theOthersGoOn() {
    kubectl(
        "create configmap still-writes --dry-run=client -o yaml | kubectl --kubeconfig"
            + " /etc/kubernetes/admin.conf apply -f -");
    kubectl("delete configmap still-writes");
  }

  @Test
  @Order(3)
  void aJoinThatIsKilledBeforeItsMemberIsAddedLeavesNoTrace() throws IOException {
    putIn("masters", CLUSTER.playground.line(new NodeName("m3")).indent(2).stripTrailing());
    Running apply =
        applyUntil(
            "m3", "pid=$(pgrep -x kubeadm) && [ -e /etc/kubernetes/pki/ca.key ] && kill -9 $pid");
    Result failed = apply.await();
    assertThat(failed.exit()).as(failed.toString()).isEqualTo(1);
    assertThat(members().lines()).hasSize(2);
    theOthersGoOn();
    Result next = CLUSTER.mainstay("apply", "--yes");
    assertThat(next.exit()).as(next.toString()).isZero();
    isWell(3, 2);
  }

  @Test
  @Order(4)
  void aJoinWhoseHostDiesWhileItsMemberLearnsIsTakenOutByRemove() throws IOException {
    String line = takeOut("m3");
    Result removal = CLUSTER.mainstay("apply", "--yes", "--remove", "m3");
    assertThat(removal.exit()).as(removal.toString()).isZero();
    putIn("masters", line);
    Running apply = applyUntilMember("true$");
    CLUSTER.playground.stop(new NodeName("m3"));
    Result failed = apply.await();
    assertThat(failed.exit()).as(failed.toString()).isNotZero();
    theOthersGoOn();
    takeOut("m3");
    Result takenOut = CLUSTER.mainstay("apply", "--yes", "--remove", "m3");
    assertThat(takenOut.exit()).as(takenOut.toString()).isZero();
    assertThat(takenOut.err()).contains("m3", "leaves without its machine");
    isWell(2, 2);
    CLUSTER.playground.start(new NodeName("m3"));
    putIn("masters", line);
  }

  @Test
  @Order(5)
  void aJoinThatLosesItsNetworkOnceItsMemberVotesIsFinishedByTheNextApply() {
    // its host still has what the join that died before left
    Running apply = applyUntilMember("m3." + DOMAIN + ", https://10[.].*false$");
    CLUSTER.playground.cut(new NodeName("m3"));
    theOthersGoOn();
    Result failed = apply.await();
    assertThat(failed.exit()).as(failed.toString()).isNotZero();
    CLUSTER.playground.heal(new NodeName("m3"));
    // the host that was cut off does not know yet that who held the cluster's lock is gone
    Result next =
        await()
            .atMost(Duration.ofMinutes(4))
            .until(() -> CLUSTER.mainstay("apply", "--yes"), run -> run.exit() != 7);
    assertThat(next.exit()).as(next.toString()).isZero();
    isWell(3, 2);
    CLUSTER.applyChangesNothing();
  }

  // dead masters

  @Test
  @Order(6)
  void theDeadFirstMasterIsReplacedByAnotherMachineOfItsName() throws IOException {
    CLUSTER.playground.add(Role.MASTER, new NodeName("m6"), HostOptions.DEFAULT);
    List<String> before = daemonsOnM1();
    assertThat(before).isNotEmpty();
    CLUSTER.playground.stop(new NodeName("m1"));
    String line = takeOut("m1");
    putIn(
        "masters",
        "  m1:" + CLUSTER.playground.line(new NodeName("m6")).strip().substring("m6:".length()));
    Result refused = CLUSTER.mainstay("apply", "--yes");
    assertThat(refused.exit()).as(refused.toString()).isEqualTo(4);
    assertThat(refused.err()).contains("another machine answers");
    Load load = Load.startAt(CLUSTER, "w1", "m2");
    Result replaced =
        CLUSTER.mainstay(
            "apply", "--yes", "--replace", "m1", "--accept-new-host-keys", "-o", "json");
    Load.Tally tally = load.stop();
    assertThat(replaced.exit()).as(replaced.toString()).isZero();
    System.out.printf(
        "e2e: the dead first master was replaced in %.1f s, %d requests, %d failed; was %s%n",
        replaced.elapsed().toMillis() / 1000.0, tally.sent(), tally.failed(), line.strip());
    isWell(3, 2);
    assertThat(CLUSTER.on("m6", "cat /etc/mainstay/stage")).isEqualTo("provisioned\n");
    // a new machine does not go on with what the old one ran
    assertThat(daemonsOnM1()).hasSameSizeAs(before).doesNotContainAnyElementsOf(before);
    CLUSTER.applyChangesNothing();
    Result again = CLUSTER.mainstay("apply", "--yes", "--replace", "m1", "-o", "json");
    assertThat(again.exit()).as(again.toString()).isZero();
    assertThat(again.json().path("changes").asInt(-1)).isZero();
    assertThat(again.err()).contains("is not replaced");
  }

  @Test
  @Order(7)
  void aDeadMasterGivesWayToOneOfAnotherNameInOneRun() throws IOException {
    CLUSTER.playground.add(Role.MASTER, new NodeName("m4"), HostOptions.DEFAULT);
    CLUSTER.playground.stop(new NodeName("m3"));
    takeOut("m3");
    putIn("masters", "  " + CLUSTER.playground.line(new NodeName("m4")).strip());
    Result result = CLUSTER.mainstay("apply", "--yes", "--remove", "m3");
    assertThat(result.exit()).as(result.toString()).isZero();
    isWell(3, 2);
    assertThat(members()).contains("m4." + DOMAIN).doesNotContain("m3." + DOMAIN);
    CLUSTER.applyChangesNothing();
  }

  @Test
  @Order(8)
  void aMasterWhoseDataIsGoneIsMadeAnewOnItsOwnMachine() {
    CLUSTER.on(
        "m4",
        "systemctl stop kubelet; crictl ps -q --name '^etcd$' | xargs crictl stop -t 1; rm -rf"
            + " /var/lib/etcd/member; systemctl start kubelet");
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> CLUSTER.status().path("etcd").path("healthy").asInt() == 2);
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> CLUSTER.status().toString().contains("has lost its etcd's data"));
    Result refused = CLUSTER.mainstay("apply", "--yes");
    assertThat(refused.exit()).as(refused.toString()).isEqualTo(6);
    assertThat(refused.err())
        .contains("m4 has lost its etcd's data", "mainstay apply --replace m4");
    Result result = CLUSTER.mainstay("apply", "--yes", "--replace", "m4");
    assertThat(result.exit()).as(result.toString()).isZero();
    isWell(3, 2);
    CLUSTER.applyChangesNothing();
  }

  // a lost control machine

  @Test
  @Order(9)
  void aControlMachineThatLostItsFilesGoesOnWithAKeyAndOneAddress(@TempDir Path folder)
      throws IOException {
    Path recalled = folder.resolve("cluster.yaml");
    String address =
        CLUSTER.playground.hosts().stream()
            .filter(host -> host.name().value().equals("m4"))
            .findFirst()
            .orElseThrow()
            .address()
            .value();
    String key = CLUSTER.playground.keyFile().toString();
    Result worker =
        CLUSTER.program.run(
            "init",
            "--from-cluster",
            CLUSTER.status().path("nodes").path(3).path("address").asString(""),
            "--ssh-key",
            key,
            "--accept-new-host-keys",
            "-f",
            recalled.toString());
    assertThat(worker.exit()).as(worker.toString()).isEqualTo(1);
    assertThat(worker.err()).contains("only masters can tell", "m2 ");
    Result init =
        CLUSTER.program.run(
            "init",
            "--from-cluster",
            address,
            "--ssh-key",
            key,
            "--accept-new-host-keys",
            "-f",
            recalled.toString());
    assertThat(init.exit()).as(init.toString()).isZero();
    Result plan = CLUSTER.program.run("plan", "--accept-new-host-keys", "-f", recalled.toString());
    assertThat(plan.exit()).as(plan.toString()).isZero();
    Result again =
        CLUSTER.program.run("init", "--from-cluster", address, "-f", recalled.toString());
    assertThat(again.exit()).isEqualTo(1);
    assertThat(again.err()).contains("exists and is left as it is");
  }

  // workers

  @Test
  @Order(10)
  void aDrainThatIsBlockedNamesThePodAndWhatHoldsIt() throws IOException {
    CLUSTER.on(
        "m2",
        """
        cat > /tmp/held.yaml <<'EOF'
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: held, namespace: default}
        spec:
          replicas: 1
          selector: {matchLabels: {app: held}}
          template:
            metadata: {labels: {app: held}}
            spec:
              nodeName: w2.life.internal
              containers:
              - {name: pause, image: IMAGE, imagePullPolicy: Never}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: held, namespace: default}
        spec: {minAvailable: 1, selector: {matchLabels: {app: held}}}
        EOF
        image=$(crictl images -o json | grep -o 'registry.k8s.io/pause:[0-9.]*' | head -n 1)
        sed -i "s|IMAGE|$image|" /tmp/held.yaml
        kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f /tmp/held.yaml
        kubectl --kubeconfig /etc/kubernetes/admin.conf wait --for=condition=Available deployment/held --timeout 60s
        """);
    String line = takeOut("w2");
    Result blocked = CLUSTER.mainstay("apply", "--yes", "--remove", "w2", "--drain-timeout", "6s");
    assertThat(blocked.exit()).as(blocked.toString()).isEqualTo(1);
    assertThat(blocked.err())
        .contains("w2: pods stay on it after 6 s", "default/held-", "disruption budget")
        .contains("the node takes no new pods, and is a node still");
    assertThat(kubectl("get nodes w2." + DOMAIN)).contains("SchedulingDisabled");
    putIn("workers", line);
    Result back = CLUSTER.mainstay("apply", "--yes");
    assertThat(back.exit()).as(back.toString()).isZero();
    assertThat(kubectl("get nodes w2." + DOMAIN)).doesNotContain("SchedulingDisabled");
    isWell(3, 2);
    kubectl("delete -f /tmp/held.yaml");
  }

  @Test
  @Order(11)
  void workersLeaveTheLivingEmptiedTheDeadForgotten() throws IOException {
    String proxy = CLUSTER.on("w1", "pgrep -nx haproxy");
    CLUSTER.playground.add(Role.WORKER, new NodeName("w3"), HostOptions.DEFAULT);
    putIn("workers", "  " + CLUSTER.playground.line(new NodeName("w3")).strip());
    CLUSTER.applyTwice();
    isWell(3, 3);
    // its masters are where they were: nobody's sessions are left to a process that probes no more
    assertThat(CLUSTER.on("w1", "pgrep -nx haproxy")).isEqualTo(proxy);
    CLUSTER.playground.stop(new NodeName("w3"));
    Result aside = CLUSTER.mainstay("apply", "--yes");
    assertThat(aside.exit()).as(aside.toString()).isEqualTo(1);
    assertThat(aside.err()).contains("w3 (");
    takeOut("w3");
    // what looks alive and cannot be reached is not forgotten
    Result living = CLUSTER.mainstay("apply", "--yes", "--remove", "w3");
    assertThat(living.exit()).as(living.toString()).isEqualTo(4);
    assertThat(living.err()).contains("lives", "cannot be reached");
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> kubectl("get nodes w3." + DOMAIN).contains("NotReady"));
    takeOut("w2");
    Result result = CLUSTER.mainstay("apply", "--yes", "--remove", "w2", "--remove", "w3");
    assertThat(result.exit()).as(result.toString()).isZero();
    isWell(3, 1);
    isEmpty("w2");
    CLUSTER.applyChangesNothing();
    theDeadComesBackWhenAnotherHasItsName();
    isWell(3, 1);
  }

  private static String addressOf(String host) {
    return CLUSTER.playground.hosts().stream()
        .filter(one -> one.name().value().equals(host))
        .map(one -> one.address().value())
        .findFirst()
        .orElseThrow();
  }

  /** Two kubelets of one name report in turn, and would run the same pods. */
  private static void theDeadComesBackWhenAnotherHasItsName() throws IOException {
    String hasItNow = CLUSTER.playground.line(new NodeName("w2")).strip();
    putIn("workers", "  w3:" + hasItNow.substring("w2:".length()));
    Result joined = CLUSTER.mainstay("apply", "--yes", "--accept-new-host-keys");
    assertThat(joined.exit()).as(joined.toString()).isZero();
    isWell(3, 2);
    CLUSTER.playground.start(new NodeName("w3"));
    await()
        .atMost(Duration.ofMinutes(3))
        .until(
            () -> CLUSTER.mainstay("status").out().contains("another machine runs as w3 as well"));
    await()
        .atMost(Duration.ofMinutes(3))
        .untilAsserted(() -> {
          Result refused = CLUSTER.mainstay("plan");
          assertThat(refused.exit()).as(refused.toString()).isEqualTo(6);
          assertThat(refused.err())
              .contains("another machine runs as w3 as well", "power the other one off");
        });
    // its network's pod says where it is, and the other's says so no more
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() ->
            kubectl("get node w3." + DOMAIN + " -o yaml")
                .contains("public-ip: " + addressOf("w3")));
    CLUSTER.playground.stop(new NodeName("w3"));
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> {
          Result mended = CLUSTER.mainstay("apply", "--yes");
          assertThat(mended.exit()).as(mended.toString()).isZero();
        });
    CLUSTER.isHealthy();
    takeOut("w3");
    Result gone = CLUSTER.mainstay("apply", "--yes", "--remove", "w3");
    assertThat(gone.exit()).as(gone.toString()).isZero();
    CLUSTER.applyChangesNothing();
  }

  // power

  @Test
  @Order(12)
  void allHostsComeBackFromAPowerCutByThemselves() {
    // m6 is m1's host since m1 was replaced
    List<String> hosts = List.of("m6", "m2", "m4", "w1");
    hosts.forEach(host -> CLUSTER.playground.stop(new NodeName(host)));
    Instant on = Instant.now();
    hosts.parallelStream().forEach(host -> CLUSTER.playground.start(new NodeName(host)));
    await()
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofMillis(200))
        .until(() ->
            CLUSTER
                .tryOn(
                    "w1",
                    "kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 3s get"
                        + " --raw /readyz")
                .stdout()
                .equals("ok"));
    System.out.printf(
        "e2e: the API answers through a worker %.1f s after all hosts went on%n",
        Duration.between(on, Instant.now()).toMillis() / 1000.0);
    CLUSTER.comesBackAfterABoot("m2", on, List.of("m1", "m2", "m4", "w1"));
    isWell(3, 1);
  }
}
