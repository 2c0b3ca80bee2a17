package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.NodeName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScriptsTest {
  private static final Path FOLDER = Path.of("src/main/resources/dev/mainstay/cluster");

  /** What changes nothing on the host that it runs on; all others take the host's step lock. */
  private static final Set<String> WITHOUT_STEP_LOCK =
      Set.of(
          "drill-follow",
          // it must come through, whatever holds the lock
          "drill-heal",
          "admin-conf",
          "answers",
          "apply-manifest", // what it changes is the cluster
          "certificates",
          "cluster",
          "credentials",
          "delete-nodes", // what it changes is the cluster, as the next ones do
          "description",
          "drain",
          "dns-could-move",
          "dns-spread", // what it changes is the cluster
          "dns-without-forwarding", // likewise
          "etcd-look", // waits for the step lock, and takes it shared
          "etcd-others",
          "etcd-snapshot", // writes into a scratch folder of its own
          "etcd-verify", // likewise
          "fingerprints",
          "health",
          "lock", // is a lock itself, held for the length of a run
          "master-healthy",
          "master-serves",
          "members-healthy",
          "observe", // waits for the step lock, and takes it shared
          "ready",
          "remove-member", // what it changes is the cluster, as the next ones do
          "remove-members",
          "sign-user",
          "undrain");

  private static Set<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      Set<String> names = new TreeSet<>();
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".sh") && !name.startsWith("prelude"))
          .forEach(name -> names.add(name.substring(0, name.length() - 3)));
      return names;
    }
  }

  private static String own(String name) throws IOException {
    return Files.readString(FOLDER.resolve(name + ".sh"));
  }

  @Test
  void everyScriptIsBash(@TempDir Path folder) throws Exception {
    assertThat(names()).hasSizeGreaterThan(20);
    for (String name : names()) {
      Path file = Files.writeString(folder.resolve(name), Scripts.script(name));
      Process bash =
          new ProcessBuilder("/bin/bash", "-n", file.toString()).redirectErrorStream(true).start();
      String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(bash.waitFor()).describedAs(said).isZero();
      assertThat(said).isEmpty();
    }
  }

  @Test
  void everyScriptSaysFirstWhatItDoes() throws IOException {
    for (String name : names()) {
      assertThat(own(name)).describedAs(name).startsWith("# ");
    }
  }

  @Test
  void scriptsThatChangeAHostRunOneAtATime() throws IOException {
    for (String name : names()) {
      boolean locks = own(name).lines().anyMatch(line -> line.matches("one_at_a_time( [0-9]+)?"));
      assertThat(locks).describedAs(name).isEqualTo(!WITHOUT_STEP_LOCK.contains(name));
    }
    assertThat(names()).containsAll(WITHOUT_STEP_LOCK);
  }

  @Test
  void scriptsThatReadInputTakeItWholeAndFirst() throws IOException {
    for (String name : names()) {
      String script = own(name);
      // receive.sh checks each part by itself: what arrived whole need not be sent again
      if (script.contains("Standard input:") || script.contains("on standard input")) {
        String first =
            script.lines().filter(line -> !line.startsWith("#")).findFirst().orElseThrow();
        assertThat(first).describedAs(name).isEqualTo("take_input \"$1\"");
      } else {
        assertThat(script).describedAs(name).doesNotContain("$input");
      }
    }
    for (String name : List.of("configure", "init", "join", "serve", "reset", "apply-manifest")) {
      assertThat(own(name)).describedAs(name).contains("take_input \"$1\"");
    }
  }

  @Test
  void theVocabularyIsClosed() {
    assertThatThrownBy(() -> Scripts.script("no-such"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no-such.sh");
  }

  @Test
  void whatIsSeenOfThisVeryMachineCanBeRead() throws Exception {
    long from = System.currentTimeMillis();
    Process bash =
        new ProcessBuilder(
                "/bin/bash",
                "-c",
                Scripts.script("observe"),
                "mainstay",
                "0",
                "/etc/os-release",
                "127.0.0.1",
                "/no/such")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    bash.getOutputStream().close();
    String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).isZero();
    HostFacts facts =
        HostFacts.parse(new NodeName("m1"), "SHA256:x", said, from, System.currentTimeMillis());
    assertThat(facts.distribution()).matches("[a-z]+-[0-9.]*");
    assertThat(facts.architecture()).isEqualTo("x86_64");
    assertThat(facts.cpus()).isPositive();
    assertThat(facts.memoryMib()).isPositive();
    assertThat(facts.diskFreeMib()).isPositive();
    assertThat(facts.hostname()).isNotEmpty();
    assertThat(facts.clockAhead()).isZero();
    assertThat(facts.hostsFile()).isEqualTo(Files.readString(Path.of("/etc/hosts")));
    assertThat(facts.files()).containsOnlyKeys("/etc/os-release");
    assertThat(facts.modes()).containsExactly(Map.entry("/etc/os-release", "644"));
    assertThat(facts.packages()).contains("bash");
    assertThat(facts.roundTrips().isWhole()).isTrue();
    assertThat(facts.roundTrips().farthest().orElseThrow())
        .isBetween(Duration.ofNanos(1), Duration.ofMillis(900));
    assertThat(facts.roundTrips().assumed()).isEmpty();
  }
}
