package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.e2e.Program.Result;
import dev.mainstay.e2e.Program.Running;
import dev.mainstay.model.Address;
import dev.mainstay.model.ClusterHome;
import dev.mainstay.model.ClusterName;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import dev.mainstay.playground.HostOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * etcd on a real cluster: backed up under load, restored, restored by a run that is killed in the
 * middle, and recovered after two of three masters are gone for good.
 */
@Order(SteadyCluster.ORDER + 4)
@ExtendWith(SteadyCluster.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class EtcdE2E {
  private static final Cluster CLUSTER = SteadyCluster.CLUSTER;
  private static final List<String> MASTERS = SteadyCluster.MASTERS;
  private static final String SERVICE = "mainstay-etcd-backup.service";

  @TempDir static Path folder = Path.of("");

  private static final String RECIPIENT =
      "age1ctsqh3r2x5cetkk4qkgxnnlhukn5hdz7pknau2f4q569qlrh2qgsd6wtyq";
  private static final String IDENTITY =
      "AGE-SECRET-KEY-1AFJDPUYM8NRDHL79JJS7WA7K7JXGHG923ZY9N8GYMJCXHTE782WSDTSN7J";

  private static Path backup = Path.of("");
  private static Path encrypted = Path.of("");

  private static String kubectlOn(String master, String arguments) {
    return CLUSTER.kubectlOn(master, arguments);
  }

  private static String value(String master, String configMap) {
    return kubectlOn(
        master, "get configmap " + configMap + " --ignore-not-found -o 'jsonpath={.data.value}'");
  }

  private static Map<String, String> certificates() {
    Map<String, String> all = new TreeMap<>();
    for (String node : SteadyCluster.NODES) {
      all.put(
          node,
          CLUSTER.on(
              node,
              "find /etc/kubernetes/pki /var/lib/kubelet/pki -type f | sort | xargs sha256sum"));
    }
    return all;
  }

  private static void threeHealthyMembers() {
    Result list = CLUSTER.mainstay("etcd", "members", "-o", "json");
    assertThat(list.exit()).as(list.toString()).isZero();
    JsonNode members = list.json();
    assertThat(members.path("members")).as(list.out()).hasSize(3);
    assertThat(members.path("voters").asInt()).isEqualTo(3);
    assertThat(members.path("healthy").asInt()).isEqualTo(3);
    assertThat(members.path("canLose").asInt()).isEqualTo(1);
    assertThat(members.path("leader").asString("")).isIn(MASTERS);
    for (JsonNode member : members.path("members")) {
      String name = member.path("name").asString("");
      assertThat(member.path("role").asString("")).isIn("leader", "voter");
      assertThat(member.path("peerUrls").path(0).asString(""))
          .isEqualTo("https://" + name + "." + SteadyCluster.DOMAIN + ":2380");
      assertThat(member.path("revision").asLong()).isPositive();
      assertThat(member.path("lag").asLong(-1)).isBetween(0L, 200L);
    }
  }

  @Test
  @Order(1)
  void membersAreListedAndNothingIsToBeRecovered() {
    threeHealthyMembers();
    Result recover = CLUSTER.mainstay("etcd", "recover", "--yes");
    assertThat(recover.exit()).as(recover.toString()).isEqualTo(6);
    assertThat(recover.err()).contains("etcd has a quorum: m1, m2, m3 take part in it");
  }

  @Test
  @Order(2)
  void aBackupUnderLoadIsVerifiedAndDisturbsNobody() throws IOException {
    kubectlOn("m1", "create configmap before --from-literal=value=old");
    Load load = Load.start(CLUSTER, "w1");
    Result made =
        CLUSTER.mainstay("etcd", "backup", "--to", folder.resolve("b").toString(), "-o", "json");
    Load.Tally tally = load.stop();
    assertThat(made.exit()).as(made.toString()).isZero();
    System.out.printf(
        "e2e: backup in %.1f s, %d requests, %d failed%n",
        made.elapsed().toMillis() / 1000.0, tally.sent(), tally.failed());
    assertThat(tally.failed()).isZero();
    JsonNode record = made.json().path("backup");
    assertThat(record.path("role").asString("")).isEqualTo("follower");
    assertThat(record.path("members").asInt()).isPositive();
    assertThat(record.path("keys").asInt()).isGreaterThan(100);
    backup = Path.of(made.json().path("file").asString(""));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rw-------");
    assertThat(Files.size(backup)).isEqualTo(record.path("size").asLong());
    for (String master : MASTERS) {
      assertThat(CLUSTER.on(master, "ls /var/lib/mainstay/etcd-scratch 2> /dev/null || true"))
          .isEmpty();
    }
    Result verified = CLUSTER.mainstay("etcd", "verify", backup.toString());
    assertThat(verified.exit()).as(verified.toString()).isZero();
    assertThat(verified.out())
        .contains("restored it into a scratch folder", "are the recorded ones", "of this cluster")
        .doesNotContain("not proven");
  }

  @Test
  @Order(3)
  void anEncryptedBackupIsOneOnlyForWhoHasItsIdentity() throws IOException {
    Path identity = folder.resolve("identity.txt");
    Files.writeString(identity, IDENTITY + "\n");
    kubectlOn("m1", "delete node w1." + SteadyCluster.DOMAIN);
    Result made =
        CLUSTER.mainstay(
            "etcd",
            "backup",
            "--out",
            folder.resolve("secret.db.age").toString(),
            "--recipient",
            RECIPIENT,
            "-o",
            "json");
    assertThat(made.exit()).as(made.toString()).isZero();
    encrypted = Path.of(made.json().path("file").asString(""));
    byte[] bytes = Files.readAllBytes(encrypted);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    assertThat(text).startsWith("age-encryption.org/v1\n").doesNotContain("/registry/");
    assertThat(new String(Files.readAllBytes(backup), StandardCharsets.ISO_8859_1))
        .contains("/registry/");
    Result blind = CLUSTER.mainstay("etcd", "verify", encrypted.toString());
    assertThat(blind.exit()).as(blind.toString()).isNotZero();
    assertThat(blind.err()).contains("--identity");
    Result verified =
        CLUSTER.mainstay("etcd", "verify", encrypted.toString(), "--identity", identity.toString());
    assertThat(verified.exit()).as(verified.toString()).isZero();
    assertThat(verified.out())
        .contains("restored it into a scratch folder")
        .doesNotContain("not proven");
    // kubelet registers itself only once: somebody has to see to it
    Result registered = CLUSTER.mainstay("apply", "--yes", "-o", "json");
    assertThat(registered.exit()).as(registered.toString()).isZero();
    assertThat(registered.out()).contains("nodes/register/w1", "NODE_FORGOTTEN");
    runsAPod("registered");
    CLUSTER.applyChangesNothing();
    Result blindRestore = CLUSTER.mainstay("etcd", "restore", encrypted.toString(), "--yes");
    assertThat(blindRestore.exit()).as(blindRestore.toString()).isNotZero();
    assertThat(value("m1", "before")).isEqualTo("old");
  }

  @Test
  @Order(4)
  void whatIsTornOrDamagedIsNoBackupAndIsNotRestored() throws IOException {
    byte[] bytes = Files.readAllBytes(backup);
    Path torn = folder.resolve("torn.db");
    Files.write(torn, java.util.Arrays.copyOf(bytes, bytes.length - 4096));
    Path damaged = folder.resolve("damaged.db");
    bytes[bytes.length / 2] ^= 1;
    Files.write(damaged, bytes);
    for (Path broken : List.of(torn, damaged)) {
      Result verify = CLUSTER.mainstay("etcd", "verify", broken.toString());
      assertThat(verify.exit()).as(verify.toString()).isEqualTo(1);
      assertThat(verify.err()).contains("is no backup");
    }
    Result restore = CLUSTER.mainstay("etcd", "restore", torn.toString(), "--yes");
    assertThat(restore.exit()).as(restore.toString()).isEqualTo(6);
    assertThat(restore.err()).contains("nothing was changed");
    // asked for, and not given
    Result unconfirmed = CLUSTER.mainstay("etcd", "restore", backup.toString());
    assertThat(unconfirmed.exit()).as(unconfirmed.toString()).isEqualTo(2);
    assertThat(value("m1", "before")).isEqualTo("old");
  }

  @Test
  @Order(5)
  void mastersBackUpThemselvesAndApplyRepairsTheirTimer() throws IOException {
    CLUSTER.on("m2", "systemctl start " + SERVICE);
    assertThat(CLUSTER.on("m2", "stat -c %a /var/lib/mainstay/etcd-backups")).isEqualTo("700\n");
    assertThat(CLUSTER.on("m2", "cat /var/lib/mainstay/etcd-backups/*.db.json"))
        .contains("\"from\":\"m2\"", "\"clusterId\"");
    assertThat(CLUSTER.on("m2", "cat /var/lib/mainstay/metrics/mainstay-etcd-backup.prom"))
        .contains("mainstay_etcd_backup_last_success_seconds{cluster=\"steady\",node=\"m2\"} 1")
        .contains("mainstay_etcd_backup_last_try_ok{cluster=\"steady\",node=\"m2\"} 1");
    // one that fails is not left to those who look at metrics
    CLUSTER.on(
        "m2",
        "printf '#!/bin/sh\\nexit 1\\n' > /usr/local/sbin/etcdctl; chmod 755"
            + " /usr/local/sbin/etcdctl; ! /etc/mainstay/etcd-backup.sh; rm"
            + " /usr/local/sbin/etcdctl");
    assertThat(CLUSTER.status().path("problems").toString())
        .contains("it failed to back up its etcd; the last good one is 1m old");
    CLUSTER.on("m2", "/etc/mainstay/etcd-backup.sh");
    assertThat(CLUSTER.status().path("problems")).isEmpty();
    CLUSTER.on(
        "m3",
        "systemctl disable -q --now mainstay-etcd-backup.timer; echo >>"
            + " /etc/mainstay/etcd-backup.sh");
    Result plan = CLUSTER.mainstay("plan");
    assertThat(plan.exit()).as(plan.toString()).isEqualTo(10);
    assertThat(plan.out()).contains("/etc/mainstay/etcd-backup.sh", "mainstay-etcd-backup.timer");
    CLUSTER.applyTwice();
    CLUSTER.on("m3", "systemctl is-active mainstay-etcd-backup.timer");
    CLUSTER.on("m3", "systemctl is-enabled mainstay-etcd-backup.timer");
    Path file = CLUSTER.playground.clusterFile();
    String text = Files.readString(file);
    Files.writeString(file, text + "etcd: {backup: {every: never}}\n");
    CLUSTER.applyTwice();
    assertThat(CLUSTER.tryOn("m1", "systemctl is-active mainstay-etcd-backup.timer").exit())
        .isNotZero();
    CLUSTER.on(
        "m1", "! ls /etc/systemd/system/mainstay-etcd-backup.* /etc/mainstay/etcd-backup.sh");
    Files.writeString(file, text);
    CLUSTER.applyTwice();
    CLUSTER.on("m1", "systemctl is-active mainstay-etcd-backup.timer");
  }

  @Test
  @Order(6)
  void theWholeClusterGoesBackToTheBackup() {
    kubectlOn(
        "m1",
        "create configmap before --from-literal=value=new --dry-run=client -o yaml >"
            + " /run/new.yaml");
    kubectlOn("m1", "replace -f /run/new.yaml");
    kubectlOn("m1", "create configmap after --from-literal=value=gone");
    Map<String, String> certificates = certificates();
    Result restored =
        CLUSTER.mainstay(
            "etcd",
            "restore",
            encrypted.toString(),
            "--identity",
            folder.resolve("identity.txt").toString(),
            "--yes",
            "-o",
            "json");
    assertThat(restored.exit()).as(restored.toString()).isZero();
    isBackAtTheBackup();
    assertThat(certificates()).isEqualTo(certificates);
    // the backup was taken when there was no such Node
    runsAPod("again");
    for (String master : MASTERS) {
      CLUSTER.on(master, "ls /var/lib/mainstay/backup/etcd-restore-*/member/snap/db");
    }
    CLUSTER.applyChangesNothing();
  }

  private static void killedWhenMastersAreStopped() throws IOException {
    long runs = CLUSTER.runs().size();
    Running restore =
        CLUSTER.program.start(CLUSTER.with("etcd", "restore", backup.toString(), "--yes"));
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(20))
        .until(() ->
            !restore.process().isAlive()
                || (CLUSTER.runs().size() > runs
                    && CLUSTER
                        .journalOfLastRun()
                        .contains("\"event\":\"started\",\"step\":\"etcd/swap")));
    assertThat(restore.process().isAlive()).isTrue();
    restore.kill();
  }

  /** On the worker, with a network: its kubelet watches. */
  private static void runsAPod(String name) {
    kubectlOn(
        "m2", "run " + name + " --image=registry.k8s.io/pause:3.10.2 --image-pull-policy=Never");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            kubectlOn("m2", "get pod " + name + " -o 'jsonpath={.status.phase}'")
                .equals("Running"));
    String address = kubectlOn("m2", "get pod " + name + " -o 'jsonpath={.status.podIP}'");
    assertThat(CLUSTER.on("w1", "cat /run/flannel/subnet.env"))
        .contains(address.substring(0, address.lastIndexOf('.')) + ".");
    CLUSTER.on("m2", "ping -c 1 -W 5 " + address + " || ping -c 1 -W 5 " + address);
    kubectlOn("m2", "delete pod " + name + " --wait=false");
  }

  private static void isBackAtTheBackup() {
    assertThat(value("m1", "before")).isEqualTo("old");
    assertThat(value("m3", "after")).isEmpty();
    threeHealthyMembers();
    kubectlOn("m2", "create configmap later --from-literal=value=1");
    assertThat(
            Long.parseLong(
                kubectlOn("m2", "get configmap later -o 'jsonpath={.metadata.resourceVersion}'")))
        .isGreaterThan(1_000_000_000L);
  }

  @Test
  @Order(7)
  void aRestoreThatFailsBeforeMastersStartIsUndone() {
    kubectlOn("m1", "create configmap kept --from-literal=value=yes");
    // its data cannot be moved away, which shows when that of the others may have been already
    CLUSTER.on("m3", "mount --bind /var/lib/etcd/member /var/lib/etcd/member");
    Result restore = CLUSTER.mainstay("etcd", "restore", backup.toString(), "--yes");
    CLUSTER.on("m3", "umount /var/lib/etcd/member");
    assertThat(restore.exit()).as(restore.toString()).isEqualTo(1);
    assertThat(restore.err()).contains("undone: every master runs on the data that it had");
    CLUSTER.isHealthy(Duration.ofMinutes(1));
    assertThat(value("m1", "kept")).isEqualTo("yes");
    threeHealthyMembers();
    for (String master : MASTERS) {
      CLUSTER.on(
          master,
          "! ls -d /var/lib/etcd/mainstay-* /var/lib/mainstay/etcd-restore/state"
              + " /etc/systemd/system/kubelet.service.d/50-mainstay-etcd.conf");
    }
    CLUSTER.applyChangesNothing();
  }

  @Test
  @Order(8)
  void aRestoreThatIsKilledInTheMiddleGoesOn() throws IOException {
    kubectlOn("m1", "create configmap after --from-literal=value=gone");
    killedWhenMastersAreStopped();
    Result other = CLUSTER.mainstay("etcd", "recover", "--yes");
    assertThat(other.exit()).as(other.toString()).isEqualTo(6);
    assertThat(other.err()).contains("mainstay etcd undo");
    Result plan = CLUSTER.mainstay("plan");
    assertThat(plan.exit()).as(plan.toString()).isEqualTo(6);
    assertThat(plan.err())
        .contains("a restore or recovery of etcd is not at its end on m1, m2, m3");
    assertThat(CLUSTER.mainstay("status").out())
        .contains("a restore or recovery of etcd is not at its end");
    assertThat(CLUSTER.mainstay("etcd", "members").out()).contains("did not come to its end here");
    Result again = CLUSTER.mainstay("etcd", "restore", backup.toString(), "--yes");
    assertThat(again.exit()).as(again.toString()).isZero();
    assertThat(again.err()).contains("going on with a restore of this backup");
    isBackAtTheBackup();
    // in the backup the worker's Node is the one from before, with another range of addresses
    runsAPod("third");
    for (String master : MASTERS) {
      CLUSTER.on(master, "! ls /etc/systemd/system/kubelet.service.d/50-mainstay-etcd.conf");
    }
    CLUSTER.applyChangesNothing();
  }

  @Tag("long")
  @Test
  @Order(9)
  void aRestoreThatIsGivenUpInTheMiddleLeavesWhatWasThere() throws IOException {
    kubectlOn("m1", "create configmap given-up --from-literal=value=no");
    killedWhenMastersAreStopped();
    Result undone = CLUSTER.mainstay("etcd", "undo", "--yes", "-o", "json");
    assertThat(undone.exit()).as(undone.toString()).isZero();
    assertThat(undone.json().path("changes").asInt()).isPositive();
    CLUSTER.isHealthy(Duration.ofMinutes(1));
    assertThat(value("m1", "given-up")).isEqualTo("no");
    threeHealthyMembers();
    Result again = CLUSTER.mainstay("etcd", "undo", "--yes", "-o", "json");
    assertThat(again.exit()).as(again.toString()).isZero();
    assertThat(again.json().path("changes").asInt(-1)).isZero();
    CLUSTER.applyChangesNothing();
  }

  /** As where the disk of its data is not mounted. Another cluster would have nodes obey it. */
  @Test
  @Order(10)
  void theFirstMasterWithoutItsDataFoundsNoClusterOfItsOwn() {
    // kubelet would wait for an apiserver without its etcd
    String ends =
        "systemctl stop kubelet; for each in kube-apiserver etcd; do crictl ps -q --name"
            + " \"^$each$\" | xargs -r crictl stop -t 5; done; ";
    CLUSTER.on("m1", ends + "mv /var/lib/etcd/member /var/lib/etcd/aside; systemctl start kubelet");
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() ->
            CLUSTER
                    .tryOn(
                        "m1",
                        "crictl ps -a --state exited --name '^etcd$' -q | head -n 1 | xargs crictl"
                            + " logs 2>&1 | grep -q 'could not retrieve cluster information'")
                    .exit()
                == 0);
    CLUSTER.on("m1", "! ls /var/lib/etcd/member/wal");
    Result refused = CLUSTER.mainstay("apply", "--yes");
    assertThat(refused.exit()).as(refused.toString()).isEqualTo(6);
    assertThat(refused.err()).contains("m1 has lost its etcd's data");
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> CLUSTER.status().path("etcd").path("healthy").asInt() == 2);
    // the disk is there again
    CLUSTER.on(
        "m1",
        ends
            // one that was just being created may still make a folder
            + "for try in 1 2 3 4 5; do rm -rf /var/lib/etcd/member; mv -T /var/lib/etcd/aside"
            + " /var/lib/etcd/member && break; sleep 1; done; systemctl start kubelet");
    CLUSTER.isHealthy(Duration.ofMinutes(2));
    threeHealthyMembers();
    CLUSTER.applyChangesNothing();
  }

  @Test
  @Order(11)
  void oneSurvivorOfThreeCarriesTheClusterOn() {
    kubectlOn("m3", "create configmap survives --from-literal=value=yes");
    CLUSTER.playground.stop(new NodeName("m1"));
    CLUSTER.playground.stop(new NodeName("m2"));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            CLUSTER.tryOn("m3", Cluster.etcdctl("endpoint health --command-timeout 2s")).exit()
                != 0);
    Result members = CLUSTER.mainstay("etcd", "members");
    assertThat(members.exit()).as(members.toString()).isEqualTo(12);
    Result unconfirmed = CLUSTER.mainstay("etcd", "recover");
    assertThat(unconfirmed.exit()).as(unconfirmed.toString()).isEqualTo(2);
    assertThat(unconfirmed.err()).contains("Given up for good: m1, m2", "What may be lost");
    Result recovered = CLUSTER.mainstay("etcd", "recover", "--yes", "-o", "json");
    assertThat(recovered.exit()).as(recovered.toString()).isZero();
    for (JsonNode phase : recovered.json().path("phases")) {
      phase
          .path("steps")
          .forEach(step ->
              System.out.printf(
                  "e2e: %s %.1f s%n",
                  step.path("id").asString(""), step.path("seconds").asDouble()));
    }
    assertThat(value("m3", "survives")).isEqualTo("yes");
    assertThat(kubectlOn("m3", "get nodes -o name").lines())
        .containsExactlyInAnyOrder("node/m3.steady.internal", "node/w1.steady.internal");
    CLUSTER.on("m3", "ls /var/lib/mainstay/backup/etcd-recover-*/lost.db");
  }

  /** They are a quorum of what was before, and the workers' proxies find them. */
  @Test
  @Order(12)
  void whoComesBackWithOldDataIsNoticed() {
    CLUSTER.playground.start(new NodeName("m1"));
    CLUSTER.playground.start(new NodeName("m2"));
    // though the API of m1 answers, too: what was recovered has the newer data
    planIsRefused("m1, m2: the etcd there is another one");
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> CLUSTER.tryOn("m1", Cluster.etcdctl("endpoint health")).exit() == 0);
    planIsRefused("m1, m2: the etcd there is another one");
    Result status = CLUSTER.mainstay("status");
    assertThat(status.exit()).as(status.toString()).isEqualTo(11);
    assertThat(status.out())
        .contains("m1  the etcd there is another one", "mainstay apply --replace NAME")
        .doesNotContain("m3  the etcd");
    Result members = CLUSTER.mainstay("etcd", "members");
    assertThat(members.out() + members.err())
        .contains("2 different etcd clusters")
        .containsPattern("m3 in [0-9a-f]+ at revision \\d+");
    // the way out that is told
    Result anew = CLUSTER.mainstay("plan", "--replace", "m1", "--replace", "m2", "-o", "json");
    assertThat(anew.exit()).as(anew.toString()).isEqualTo(10);
    assertThat(anew.out()).contains("\"masters/join/m1\"", "\"masters/join/m2\"");
    CLUSTER.playground.stop(new NodeName("m1"));
    CLUSTER.playground.stop(new NodeName("m2"));
    // as the survivor sees one that has no quorum
    CLUSTER.playground.start(new NodeName("m2"));
    planIsRefused("m2: the etcd there is another one");
  }

  private static void planIsRefused(String why) {
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> {
          Result plan = CLUSTER.mainstay("plan");
          assertThat(plan.exit()).as(plan.toString()).isEqualTo(6);
          assertThat(plan.err()).contains(why);
        });
  }

  /** Puts an empty machine, at another address, into the place of one that is gone for good. */
  private static void anotherMachine(String master) throws IOException {
    Path file = CLUSTER.playground.clusterFile();
    Path pins = ClusterHome.beside(file, new ClusterName(SteadyCluster.NAME)).knownHosts();
    NodeName name = new NodeName(master);
    CLUSTER.playground.remove(name);
    Files.write(
        pins,
        Files.readAllLines(pins).stream().filter(line -> !line.startsWith(master + " ")).toList());
    CLUSTER.playground.add(Role.MASTER, name, HostOptions.DEFAULT);
    Address address = new Address(CLUSTER.playground.line(name).replaceFirst(".*: ", "").strip());
    int last = Integer.parseInt(address.value().replaceFirst(".*\\.", ""));
    CLUSTER.playground.move(
        Map.of(
            name, new Address(address.value().replaceFirst("[0-9]+$", String.valueOf(last + 90)))),
        false);
    String line = "  " + CLUSTER.playground.line(name).strip();
    Files.writeString(file, Files.readString(file).replaceAll("(?m)^  " + master + ": .*$", line));
  }

  @Test
  @Order(13)
  void applyGrowsItBackToThree() throws IOException {
    anotherMachine("m1");
    anotherMachine("m2");
    CLUSTER.applyTwice();
    threeHealthyMembers();
    assertThat(value("m1", "survives")).isEqualTo("yes");
    CLUSTER.isHealthy();
  }

  @Test
  @Tag("long")
  @Order(14)
  void whatSurvivedInAFileAloneCarriesTheClusterOnOnceTheOthersAreGivenUp() throws IOException {
    kubectlOn("m3", "create configmap in-a-file --from-literal=value=yes");
    // what a member has not written to its database yet is in its log alone, which is to be lost
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() ->
            CLUSTER.tryOn("m3", "grep -aq in-a-file /var/lib/etcd/member/snap/db").exit() == 0);
    CLUSTER.playground.stop(new NodeName("m1"));
    for (String master : List.of("m2", "m3")) {
      CLUSTER.on(
          master,
          "for log in /var/lib/etcd/member/wal/*.wal; do dd if=/dev/urandom of=$log bs=64K count=2"
              + " conv=notrunc status=none; done; crictl ps -q --name '^etcd$' | xargs crictl stop"
              + " -t 0");
    }
    Result refused = CLUSTER.mainstay("etcd", "recover", "--yes");
    assertThat(refused.exit()).as(refused.toString()).isEqualTo(6);
    assertThat(refused.err())
        .contains("m2, m3", "If the data of one is gone for good: --lost NAME");
    Result recovered = CLUSTER.mainstay("etcd", "recover", "--lost", "m2", "--yes");
    assertThat(recovered.exit()).as(recovered.toString()).isZero();
    assertThat(value("m3", "in-a-file")).isEqualTo("yes");
    CLUSTER.on("m3", "ls /var/lib/mainstay/backup/etcd-recover-*/lost.db");
    CLUSTER.on("m2", "ls -d /var/lib/mainstay/backup/etcd-recover-*/member");
    anotherMachine("m1");
    CLUSTER.applyTwice();
    threeHealthyMembers();
    assertThat(value("m1", "in-a-file")).isEqualTo("yes");
    assertThat(value("m2", "in-a-file")).isEqualTo("yes");
    CLUSTER.isHealthy();
  }
}
