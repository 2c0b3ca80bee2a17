package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.engine.Journal;
import dev.mainstay.engine.Runs;
import dev.mainstay.model.ClusterHome;
import dev.mainstay.model.ClusterName;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Command lines and their exit codes, on this machine alone. */
final class MainTest {
  private static final JsonMapper STRICT =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final Path home;
  private final String file;

  MainTest(@TempDir Path home) {
    this.home = home;
    this.file = home.resolve("cluster.yaml").toString();
  }

  private Captured run(int code, String... arguments) {
    Captured captured = Captured.in(home);
    assertThat(captured.run(arguments))
        .describedAs("%s%s", captured.out(), captured.err())
        .isEqualTo(code);
    assertThat(captured.err()).doesNotContain("bug in Mainstay");
    return captured;
  }

  private void write(String text) throws IOException {
    Files.writeString(Path.of(file), text);
  }

  private void init() {
    run(0, "init", "-f", file);
  }

  private static JsonNode json(Captured captured) {
    return STRICT.readTree(captured.out());
  }

  // usage

  @Test
  void anUnknownCommandIsUsage() {
    Captured captured = run(2, "aply");
    assertThat(captured.out()).isEmpty();
    assertThat(captured.err())
        .contains("'aply'")
        .contains("did you mean \"apply\"?")
        .contains("mainstay --help shows what it takes");
  }

  @Test
  void anUnknownOptionIsUsage() {
    assertThat(run(2, "plan", "--repalce=m1").err())
        .contains("'--repalce=m1'")
        .contains("did you mean \"--replace\"?")
        .contains("mainstay plan --help shows");
    assertThat(run(2, "plan", "--zzzzzzzzzz").err()).doesNotContain("did you mean");
  }

  @Test
  void aPlaygroundThatDoesNotExistIsSaid() {
    assertThat(run(0, "playground", "hosts", "--name", "nobody").err())
        .contains("there is no playground \"nobody\"")
        .contains("mainstay playground up --name nobody");
    assertThat(json(run(0, "playground", "hosts", "--name", "nobody", "-o", "json"))).isEmpty();
  }

  @Test
  void anUnknownCommandOfAGroupIsUsage() {
    assertThat(run(2, "playground", "hots").err())
        .contains("did you mean \"hosts\"?")
        .contains("mainstay playground --help shows");
    assertThat(run(2, "runs", "sohw", "last").err()).contains("did you mean \"show\"?");
    assertThat(run(2, "bundle", "zzzzzz").err()).doesNotContain("did you mean");
  }

  @Test
  void aGroupWithoutACommandIsUsage() {
    assertThat(run(2).err()).contains("Missing required subcommand");
    assertThat(run(2, "runs").err()).contains("mainstay runs --help shows");
  }

  @Test
  void aBadOptionIsUsage() {
    assertThat(run(2, "apply", "--bogus").err())
        .contains("--bogus")
        .contains("mainstay apply --help shows what it takes");
    assertThat(run(2, "status", "-o", "yaml").err()).contains("text, json");
  }

  @Test
  void badValuesAreUsage() {
    assertThat(run(2, "bundle", "fetch", "--kubernetes", "newest").err())
        .contains("\"newest\" is not a Kubernetes version");
    assertThat(run(2, "playground", "stop", "NOT_A_NAME").err()).contains("not a host's name");
    assertThat(run(2, "playground", "hosts", "--name", "A b").err()).contains("not a DNS label");
    assertThat(run(2, "playground", "add", "--master", "--worker", "w9").err())
        .contains("exclude each other");
    assertThat(run(2, "playground", "move", "m1=nowhere").err())
        .contains("\"nowhere\" is not an IPv4 address");
  }

  @Test
  void theVersionIsSaid() {
    assertThat(run(0, "--version").out()).startsWith("mainstay ");
  }

  @Test
  void aCompletionScriptIsGenerated() throws Exception {
    String script = run(0, "generate-completion").out();
    assertThat(script).startsWith("#!").contains("kubeconfig", "playground", "--file-only");
    Path saved = Files.writeString(home.resolve("completion"), script);
    Process bash = new ProcessBuilder("/bin/bash", "-n", saved.toString()).inheritIO().start();
    assertThat(bash.waitFor()).isZero();
  }

  @Test
  void theSchemaIsOneDocument() {
    assertThat(json(run(0, "schema")).path("$schema").asString("")).contains("2020-12");
  }

  // the file

  @Test
  void initWritesAFileThatCheckAccepts() throws Exception {
    init();
    Captured check = run(0, "check", "--file-only", "-f", file);
    assertThat(check.out()).isEqualTo("the file is valid\n");
    JsonNode document = json(run(0, "check", "--file-only", "-f", file, "-o", "json"));
    assertThat(document.path("valid").asBoolean(false)).isTrue();
    assertThat(document.path("problems").size()).isZero();
    Golden.check("cluster.yaml", Files.readString(Path.of(file)));
  }

  @Test
  void initNeverOverwrites() throws Exception {
    write("mine\n");
    assertThat(run(1, "init", "-f", file).err()).contains("exists and is left as it is");
    assertThat(Path.of(file)).hasContent("mine\n");
  }

  @Test
  void initSaysInJsonWhatItWrote() {
    assertThat(json(run(0, "init", "-f", file, "-o", "json")).path("file").asString(""))
        .isEqualTo(file);
  }

  @Test
  void initIntoNowhereFails() {
    assertThat(run(1, "init", "-f", home.resolve("no/such/cluster.yaml").toString()).err())
        .contains("cannot write ");
  }

  @Test
  void anInvalidFileIsToldWithAllItsProblems() throws Exception {
    write(
        """
        apiVersion: mainstay.dev/v1
        kind: Cluster
        name: Demo!
        kubernetes: 1.36.3
        masters:
          m1: {adress: 10.0.0.1}
          m2: 10.0.0.999
        """);
    for (String command : List.of("plan", "apply", "status", "kubeconfig", "reset")) {
      Captured captured = run(3, command, "-f", file);
      assertThat(captured.out()).isEmpty();
      assertThat(captured.err())
          .contains("cluster.yaml:3:")
          .contains("cluster.yaml:6:")
          .contains("did you mean \"address\"?")
          .contains("cluster.yaml:7:");
    }
    Captured check = run(3, "check", "-f", file, "-o", "json");
    JsonNode document = json(check);
    assertThat(document.path("valid").asBoolean(true)).isFalse();
    assertThat(document.path("problems").size()).isGreaterThanOrEqualTo(3);
    for (JsonNode problem : document.path("problems")) {
      assertThat(problem.propertyNames()).containsExactly("severity", "where", "what", "advice");
    }
  }

  @Test
  void aMissingFileIsInvalid() {
    for (String command : List.of("check", "plan", "apply", "status", "kubeconfig", "reset")) {
      Captured captured = run(3, command, "-f", file, "-o", "json");
      assertThat(captured.out()).isEmpty();
      assertThat(captured.err()).contains("does not exist").contains("mainstay init");
    }
  }

  // what needs agreement, and what is somebody else's

  @Test
  void resetNeedsTheClustersName() {
    init();
    assertThat(run(2, "reset", "-f", file).err()).contains("not confirmed; nothing was changed");
    Captured typing = Captured.typing(home, "other\n");
    assertThat(typing.run("reset", "-f", file)).isEqualTo(2);
    assertThat(typing.err()).contains("Type its name to go on");
    assertThat(Captured.typing(home, "").run("reset", "-f", file)).isEqualTo(2);
  }

  @Test
  void kubeconfigLeavesAForeignFileAlone() throws Exception {
    init();
    Path foreign = Files.writeString(home.resolve("config"), "apiVersion: v1\n");
    assertThat(run(6, "kubeconfig", "-f", file, "--out", foreign.toString()).err())
        .contains("was not written by Mainstay and is left as it is");
    assertThat(foreign).hasContent("apiVersion: v1\n");
    Path binary = Files.write(home.resolve("binary"), new byte[] {(byte) 0xff, 0, (byte) 0xfe});
    assertThat(run(6, "kubeconfig", "-f", file, "--out", binary.toString()).err())
        .contains("is left as it is");
    assertThat(run(6, "kubeconfig", "-f", file, "--out", home.toString()).err())
        .contains("is left as it is");
  }

  @Test
  void kubeconfigLeavesAFileOfItsOwnAloneOnceOthersEntriesAreInIt() throws Exception {
    init();
    String text =
        """
        # Written by mainstay kubeconfig
        apiVersion: v1
        kind: Config
        clusters:
        - name: demo-m1
          cluster:
            server: https://192.0.2.11:6443
            extensions:
            - {name: mainstay.dev, extension: {cluster: demo, authority: "sha256:1"}}
        - name: other-m1
          cluster:
            server: https://192.0.2.99:6443
            extensions:
            - {name: mainstay.dev, extension: {cluster: other, authority: "sha256:2"}}
        users:
        - {name: minikube, user: {token: secret}}
        """;
    Path own = Files.writeString(home.resolve("own"), text);
    assertThat(run(6, "kubeconfig", "-f", file, "--out", own.toString()).err())
        .contains("has entries that are not Mainstay's of demo", "own:10:3  clusters other-m1")
        .contains("own:16:3  users minikube")
        .doesNotContain("demo-m1");
    assertThat(own).hasContent(text);
  }

  @Test
  void kubeconfigIntoNowhereFailsBeforeAnybodyIsAsked() {
    init();
    String nowhere = home.resolve("no/such/config").toString();
    assertThat(run(1, "kubeconfig", "-f", file, "--out", nowhere).err())
        .contains("cannot write " + nowhere);
  }

  @Test
  void personsThatMakeNoSenseAreUsage() {
    init();
    assertThat(run(2, "kubeconfig", "-f", file, "--group", "developers").err())
        .contains("--group says something about a person, and --user names none");
    assertThat(run(2, "kubeconfig", "-f", file, "--for", "8h").err())
        .contains("--for says something");
    assertThat(run(2, "kubeconfig", "-f", file, "--user", "alice", "--for", "soon").err())
        .contains("--for \"soon\" is not a span of time");
    assertThat(run(2, "kubeconfig", "-f", file, "--user", "alice", "--for", "5m").err())
        .contains("too short");
    assertThat(run(2, "kubeconfig", "-f", file, "--user", "system:admin").err())
        .contains("Kubernetes' own components");
    assertThat(
            run(2, "kubeconfig", "-f", file, "--user", "alice", "--group", "system:masters").err())
        .contains("--group system:masters")
        .contains("kubeadm:cluster-admins");
  }

  @Test
  void mergesThatCannotBeAreSaidBeforeAnybodyIsAsked() throws Exception {
    init();
    assertThat(run(2, "kubeconfig", "-f", file, "--switch").err())
        .contains("--switch says how to merge");
    assertThat(run(2, "kubeconfig", "-f", file, "--merge", "--out", "x").err())
        .contains("exclude each other");
    Path broken = Files.writeString(home.resolve("config"), "a: b\n\tc: d\n");
    assertThat(run(6, "kubeconfig", "-f", file, "--merge", "--into", broken.toString()).err())
        .contains("config:2:1  is not YAML");
    assertThat(broken).hasContent("a: b\n\tc: d\n");
  }

  @Test
  void connectionsThatMakeNoSenseAreUsage() {
    init();
    assertThat(run(2, "connect", "-f", file, "--port", "70000").err())
        .contains("--port 70000 is no port");
    assertThat(run(2, "connect", "-f", file, "--port", "https").err()).contains("--port");
    assertThat(run(2, "connect", "-f", file, "--into", "x").err())
        .contains("--into says how to merge");
    assertThat(run(2, "connect", "-f", file, "--group", "x").err()).contains("--user names none");
  }

  // hosts that do not answer

  private void unreachable() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    write(
        """
        apiVersion: mainstay.dev/v1
        kind: Cluster
        name: demo
        kubernetes: 1.36.3
        ssh: {port: %d}
        masters: {m1: 127.0.0.1}
        """
            .formatted(port));
  }

  @Test
  void aClusterWhoseHostsDoNotAnswerIsDown() throws Exception {
    unreachable();
    JsonNode document = json(run(12, "status", "-f", file, "-o", "json"));
    assertThat(document.path("state").asString("")).isEqualTo("down");
    assertThat(document.path("nodes").get(0).path("reachable").asBoolean(true)).isFalse();
    assertThat(document.path("problems").get(0).path("what").asString(""))
        .contains("nothing listens on 127.0.0.1:");
  }

  @Test
  void aHostThatDoesNotAnswerIsExitCodeFour() throws Exception {
    unreachable();
    assertThat(run(4, "check", "-f", file).err()).contains("m1 (127.0.0.1): nothing listens");
    assertThat(run(4, "reset", "--yes", "-f", file).err()).contains("nothing listens");
  }

  @Test
  void namesThatTheFileDoesNotHaveAreMistakesBeforeAnybodyIsAsked() throws Exception {
    unreachable();
    assertThat(run(2, "drill", "master-down", "m9", "--yes", "-f", file).err())
        .contains("the file has no node m9", "name one of the masters: m1");
    for (String command : List.of("plan", "apply")) {
      assertThat(run(2, command, "--replace", "m9", "-f", file).err())
          .contains("--replace m9: the file has no such node");
      assertThat(run(2, command, "--only", "hsots", "-f", file).err())
          .contains("there is no phase \"hsots\"", "hosts/configure, hosts/deliver");
      for (String phase : List.of("masters/jion", "hosts/", "")) {
        assertThat(run(2, command, "--only", phase, "-f", file).err())
            .contains("there is no phase");
      }
    }
    for (String command : List.of("recover", "undo")) {
      assertThat(run(2, "etcd", command, "--lost", "m9", "--yes", "-f", file).err())
          .contains("\"m9\" is no master of the file");
    }
  }

  // what this machine remembers

  @Test
  void howToLogInIsNoPartOfATemplate() {
    for (String option : List.of("--ssh-user=x", "--ssh-port=23", "--ssh-key=k", "--ssh-jump=j")) {
      assertThat(run(2, "init", option, "-f", file).err()).contains("--from-cluster alone");
    }
    assertThat(Path.of(file)).doesNotExist();
  }

  @Test
  void noRunsAreAnEmptyList() {
    init();
    assertThat(json(run(0, "runs", "list", "-f", file, "-o", "json")).isEmpty()).isTrue();
    assertThat(run(2, "runs", "show", "-f", file).err()).contains("no runs are remembered");
    assertThat(run(0, "runs", "resume", "-f", file).err()).contains("no runs are remembered");
    assertThat(home.resolve(".mainstay")).doesNotExist();
  }

  @Test
  void whatIsRememberedOfHostsIsKeptOutOfGit() throws Exception {
    unreachable();
    run(4, "check", "-f", file);
    assertThat(home.resolve(".mainstay/.gitignore")).hasContent("*\n");
  }

  private void aRunBrokeOff(Map<String, String> facts) throws IOException {
    Path runs = ClusterHome.beside(Path.of(file), new ClusterName("demo")).runs();
    try (Journal<String> _ = new Runs(runs).start(facts, Clock.systemUTC())) {
      // no end: it was killed
    }
  }

  @Test
  void whatIsResumedKnowsWhatWasWished() throws Exception {
    init();
    aRunBrokeOff(
        Map.of("command", "apply", "replaced", "", "removable", "m1", "drainTimeout", "PT5M"));
    // a line of the file contradicts it, which is looked at first
    assertThat(run(2, "runs", "resume", "-f", file).err())
        .contains("resuming run", "--remove m1: the file still has it");
    aRunBrokeOff(Map.of("command", "apply", "only", "hsots", "drainTimeout", "PT5M"));
    assertThat(run(2, "runs", "resume", "-f", file).err()).contains("there is no phase \"hsots\"");
  }

  @Test
  void whatWasNoApplyIsNotResumedAsOne() throws Exception {
    init();
    aRunBrokeOff(Map.of("command", "etcd restore", "goOn", "mainstay etcd restore one.db"));
    assertThat(run(6, "runs", "resume", "-f", file).err())
        .contains("the last run was \"etcd restore\"", "Go on with: mainstay etcd restore one.db");
  }

  @Test
  void anEmptyCacheOfBundlesIsAnEmptyList() {
    assertThat(json(run(0, "bundle", "list", "-o", "json")).isEmpty()).isTrue();
    Captured verified = run(0, "bundle", "verify", "-o", "json");
    assertThat(json(verified).propertyNames()).containsExactly("bundles", "problems");
  }

  @Test
  void aPlaygroundThatWasNeverMadeHasNoHosts() {
    assertThat(json(run(0, "playground", "hosts", "-o", "json")).isEmpty()).isTrue();
  }

  /** As a pipe whose reader is gone. */
  private static final class Gone extends OutputStream {
    @Override
    public void write(int one) throws IOException {
      throw new IOException("Broken pipe");
    }
  }

  @Test
  @Timeout(30)
  void aWatchEndsWhenNobodyReadsIt() throws Exception {
    Files.writeString(
        Path.of(file),
        """
        name: demo
        kubernetes: 1.36.3
        ssh: {user: root, port: 1}
        masters: {m1: 127.0.0.1}
        """);
    Session given = Captured.in(home).session();
    Terminal silent = given.terminal();
    Session session =
        new Session(
            new Terminal(
                new PrintStream(new Gone(), true, StandardCharsets.UTF_8),
                silent.err(),
                silent.in(),
                false,
                false),
            given.environment(),
            given.clock(),
            given.home());
    assertThat(Main.run(session, "status", "--watch", "-f", file)).isEqualTo(ExitCode.DOWN);
  }
}
