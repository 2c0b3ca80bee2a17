package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.cluster.KubeconfigFile.Manner;
import dev.mainstay.cluster.KubeconfigFile.Merged;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is somebody's stays; what is ours comes and goes. */
final class KubeconfigFileTest {
  private static final ClusterSpec SPEC = Fixture.spec(2, 1);
  private static final ProcessMark THIS = ProcessMark.ofThisProcess();
  private static final Manner PLAIN = new Manner(false, false);

  /** As people have them: comments, foreign entries, unknown keys, another writer's style. */
  private static final String THEIRS =
      """
      # my clusters
      apiVersion: v1
      kind: Config
      preferences:
        colors: true
      clusters:
        - name: minikube   # at home
          cluster:
            server: https://192.168.49.2:8443
            certificate-authority: /home/me/.minikube/ca.crt
            extensions:
            - name: cluster_info
              extension: {provider: minikube.sigs.k8s.io, version: v1.33.1}
      contexts:
        - context: {cluster: minikube, user: minikube, namespace: "0123"}
          name: minikube
      current-context: minikube
      users:
        - name: minikube
          user:
            token: 0o17
            username: yes
            password: 012345
            exec:
              command: "aws --with a very long line that a writer of YAML would like to fold somewhere about here, or here"
              args: [eks, get-token]
      x-unknown: {keep: [me, too]}
      """;

  @TempDir Path folder = Path.of("");

  private static Kubeconfig admin(ClusterSpec spec) {
    return ExportKubeconfig.export(spec, KubeconfigTest.credentials(Optional.empty()));
  }

  private static Kubeconfig alice() {
    return ExportKubeconfig.export(
        SPEC, KubeconfigTest.credentials(Optional.of(new Person("alice", List.of()))));
  }

  /** The same cluster's name, and another authority. */
  private static Kubeconfig other() {
    Credentials credentials = KubeconfigTest.credentials(Optional.empty());
    return ExportKubeconfig.export(
        SPEC,
        new Credentials(
            Optional.empty(), credentials.from(), "T1RIRVI=", "Q0VSVA==", Secret.of("S0VZ")));
  }

  private Path theirs() throws IOException {
    return Files.writeString(folder.resolve("config"), THEIRS);
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void everythingElseIsKept() throws Exception {
    Path file = theirs();
    Merged merged = new KubeconfigFile(file).merge(admin(SPEC), PLAIN);
    assertThat(merged.changed()).isTrue();
    assertThat(merged.current()).isEqualTo("minikube");
    Golden.check("kubeconfig/merged.yaml", Files.readString(file));
    assertThat(mode(file)).isEqualTo("rw-------");
    assertThat(folder.resolve("config.before-mainstay")).hasContent(THEIRS);
    assertThat(mode(folder.resolve("config.before-mainstay"))).isEqualTo("rw-------");
    try (var left = Files.list(folder)) {
      assertThat(left.map(one -> one.getFileName().toString()))
          .containsExactlyInAnyOrder("config", "config.before-mainstay");
    }
  }

  @Test
  void aFileOfCommentsOnlyKeepsThem() throws Exception {
    for (String nothing : List.of("# my clusters\n# none yet\n", "\n\n")) {
      Path file = Files.writeString(folder.resolve("comments"), nothing);
      new KubeconfigFile(file).merge(admin(SPEC), PLAIN);
      assertThat(Files.readString(file)).startsWith(nothing + "apiVersion: v1\nkind: Config\n");
      new KubeconfigFile(file).check(PLAIN);
    }
  }

  @Test
  void aSecondMergeDoesNotTouchTheFile() throws Exception {
    Path file = theirs();
    KubeconfigFile kubeconfig = new KubeconfigFile(file);
    kubeconfig.merge(admin(SPEC), PLAIN);
    FileTime longAgo = FileTime.fromMillis(1_000_000_000_000L);
    Files.setLastModifiedTime(file, longAgo);
    Object inode = Files.getAttribute(file, "unix:ino");
    assertThat(kubeconfig.merge(admin(SPEC), PLAIN).changed()).isFalse();
    assertThat(Files.getLastModifiedTime(file)).isEqualTo(longAgo);
    assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
  }

  @Test
  void whatKubectlWroteAnewIsStillOursAndNotTouched() throws Exception {
    // kubectl sorts keys and lists by name, and loses comments
    Path file = folder.resolve("config");
    Files.writeString(
        file,
        """
        apiVersion: v1
        clusters:
        - cluster:
            certificate-authority-data: Q0E=
            extensions:
            - extension:
                authority: sha256:%1$s
                cluster: demo
              name: mainstay.dev
            server: https://api.demo.internal:7443
          name: demo
        - cluster:
            certificate-authority-data: Q0E=
            extensions:
            - extension:
                authority: sha256:%1$s
                cluster: demo
              name: mainstay.dev
            server: https://10.77.0.11:6443
            tls-server-name: api.demo.internal
          name: demo-m1
        contexts:
        - context:
            cluster: demo
            extensions:
            - extension:
                authority: sha256:%1$s
                cluster: demo
              name: mainstay.dev
            user: demo-admin
          name: demo
        - context:
            cluster: demo-m1
            extensions:
            - extension:
                authority: sha256:%1$s
                cluster: demo
              name: mainstay.dev
            user: demo-admin
          name: demo-m1
        current-context: demo
        kind: Config
        users:
        - name: demo-admin
          user:
            client-certificate-data: Q0VSVA==
            client-key-data: S0VZ
            extensions:
            - extension:
                authority: sha256:%1$s
                cluster: demo
              name: mainstay.dev
        """
            .formatted(
                KubeconfigTest.credentials(Optional.empty())
                    .authorityId()
                    .substring("sha256:".length())));
    Credentials fromFirst =
        new Credentials(
            Optional.empty(),
            SPEC.masters().getFirst().name(),
            "Q0E=",
            "Q0VSVA==",
            Secret.of("S0VZ"));
    Kubeconfig one = ExportKubeconfig.export(Fixture.spec(1, 0), fromFirst);
    assertThat(new KubeconfigFile(file).merge(one, PLAIN).changed()).isFalse();
  }

  /** {@code text} with one line more before the first one that says {@code line}. */
  private static String before(String text, String line, String more) {
    return text.replaceFirst("(?m)^( *)" + line + "$", "$1" + more + "\n$0");
  }

  @Test
  void whatWasSetInOurEntriesStaysWhenTheyAreRenewed() throws Exception {
    Path file = theirs();
    KubeconfigFile kubeconfig = new KubeconfigFile(file);
    kubeconfig.merge(admin(SPEC), PLAIN);
    String set = Files.readString(file);
    set = before(set, "server: https://10.77.0.11:6443", "# the office lets nothing else out");
    set = before(set, "server: https://10.77.0.11:6443", "proxy-url: socks5://127.0.0.1:1080");
    set = before(set, "cluster: demo-m2", "namespace: dev");
    set = before(set, "client-key-data: S0VZ", "token: mine");
    int users = set.indexOf("token: mine");
    set =
        set.substring(0, users)
            + before(
                set.substring(users),
                "- name: mainstay.dev",
                "- {name: k9s, extension: {skin: dark}}");
    set =
        set.replace("10.77.0.11:6443", "10.77.0.99:6443 # m1")
            .replace("client-key-data: S0VZ", "client-key-data: T0xE");
    Files.writeString(file, set);
    assertThat(kubeconfig.merge(admin(SPEC), PLAIN).changed()).isTrue();
    assertThat(file)
        .hasContent(
            set.replace("10.77.0.99", "10.77.0.11")
                .replace("client-key-data: T0xE", "client-key-data: S0VZ"));
    assertThat(kubeconfig.merge(admin(SPEC), PLAIN).changed()).isFalse();
  }

  @Test
  void whatWasSetForAnotherClusterOfTheSameNameGoesWithIt() throws Exception {
    KubeconfigFile kubeconfig = new KubeconfigFile(folder.resolve("config"));
    kubeconfig.merge(other(), PLAIN);
    Files.writeString(
        kubeconfig.path(),
        Files.readString(kubeconfig.path())
            .replaceFirst("(?m)^( *)client-key-data", "$1token: of-the-other\n$0"));
    kubeconfig.merge(admin(SPEC), new Manner(false, true));
    assertThat(Files.readString(kubeconfig.path())).contains("Q0E=").doesNotContain("of-the-other");
  }

  @Test
  void aFileThatIsNotThereOrEmptyIsMade() throws Exception {
    Path fresh = folder.resolve("kube").resolve("config");
    Merged merged = new KubeconfigFile(fresh).merge(admin(SPEC), PLAIN);
    assertThat(merged.current()).isEqualTo("demo-m2");
    Golden.check("kubeconfig/fresh.yaml", Files.readString(fresh));
    assertThat(mode(fresh)).isEqualTo("rw-------");
    Path empty = Files.writeString(folder.resolve("empty"), "");
    new KubeconfigFile(empty).merge(admin(SPEC), PLAIN);
    assertThat(empty).hasSameTextualContentAs(fresh);
  }

  @Test
  void whatKubectlWritesForNothingIsFilled() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("config"),
            """
            apiVersion: v1
            clusters: null
            contexts: []
            current-context: ""
            kind: Config
            preferences: {}
            users: null
            """);
    assertThat(new KubeconfigFile(file).merge(admin(SPEC), PLAIN).current()).isEqualTo("demo-m2");
    Golden.check("kubeconfig/filled.yaml", Files.readString(file));
  }

  @Test
  void aKubeconfigInJsonStaysJson() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("config"),
            "{\"kind\": \"Config\", \"clusters\": [], \"current-context\": \"x\"}");
    new KubeconfigFile(file).merge(admin(SPEC), PLAIN);
    assertThat(Files.readString(file))
        .startsWith("{\"kind\": \"Config\", \"clusters\": [{name: demo-m1");
  }

  @Test
  void severalPeopleAndClustersLieSideBySide() throws Exception {
    Path file = theirs();
    KubeconfigFile kubeconfig = new KubeconfigFile(file);
    kubeconfig.merge(admin(SPEC), PLAIN);
    assertThat(kubeconfig.merge(alice(), new Manner(true, false)).current())
        .isEqualTo("alice@demo-m2");
    assertThat(kubeconfig.merge(admin(SPEC), PLAIN).changed()).isFalse();
    assertThat(Files.readString(file))
        .contains("name: minikube", "name: demo-m1", "name: alice@demo-m1", "name: demo-admin");
    // the copy is of the file before the first change
    assertThat(folder.resolve("config.before-mainstay")).hasContent(THEIRS);
  }

  @Test
  void entriesOfTheSameNameThatAreNotOursAreLeftAlone() throws Exception {
    String text =
        """
        apiVersion: v1
        kind: Config
        users:
        - name: demo-admin
          user: {token: secret}
        clusters:
        - {name: demo-m1, cluster: {server: https://elsewhere:6443}}
        """;
    Path file = Files.writeString(folder.resolve("config"), text);
    assertThatThrownBy(() -> new KubeconfigFile(file).merge(admin(SPEC), PLAIN))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("config:7:3  clusters demo-m1: an entry of this name is there")
        .hasMessageContaining("config:4:3  users demo-admin: an entry");
    assertThat(file).hasContent(text);
    assertThat(folder.resolve("config.before-mainstay")).doesNotExist();
    assertThat(folder.resolve("config.lock")).doesNotExist();
  }

  @Test
  void anotherClusterOfTheSameNameIsReplacedOnlyWhenAsked() throws Exception {
    KubeconfigFile kubeconfig = new KubeconfigFile(theirs());
    kubeconfig.merge(other(), PLAIN);
    String before = Files.readString(kubeconfig.path());
    assertThatThrownBy(() -> kubeconfig.merge(admin(SPEC), PLAIN))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("clusters demo-m1: it is of another cluster that is called demo too");
    assertThat(kubeconfig.path()).hasContent(before);
    kubeconfig.merge(admin(SPEC), new Manner(false, true));
    assertThat(Files.readString(kubeconfig.path())).doesNotContain("T1RIRVI=");
    Golden.check("kubeconfig/merged.yaml", Files.readString(kubeconfig.path()));
  }

  @Test
  void aMasterThatLeftLeavesNoContextButThoseOfOthersStay() throws Exception {
    Path file = theirs();
    KubeconfigFile kubeconfig = new KubeconfigFile(file);
    kubeconfig.merge(admin(Fixture.spec(5, 0)), new Manner(true, false));
    Files.writeString(
        file,
        Files.readString(file)
            .replace("current-context: demo-m2", "current-context: demo-m3")
            .replaceFirst(
                "(?m)^( *)- context: \\{cluster: minikube",
                "$1- {name: mine, context: {cluster: demo-m4, user: demo-admin}}\n$0"));
    Merged merged = kubeconfig.merge(admin(SPEC), PLAIN);
    assertThat(merged.current()).isEqualTo("demo-m2");
    assertThat(Files.readString(file))
        .contains("name: demo-m2", "name: demo-m4", "name: mine")
        .doesNotContain("name: demo-m3")
        .doesNotContain("name: demo-m5");
  }

  @Test
  void linksAreFollowed() throws Exception {
    Path real = Files.createDirectory(folder.resolve("dotfiles")).resolve("config");
    Files.writeString(real, THEIRS);
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, Path.of("dotfiles/config"));
    new KubeconfigFile(link).merge(admin(SPEC), PLAIN);
    assertThat(Files.isSymbolicLink(link)).isTrue();
    assertThat(Files.readString(real)).contains("demo-m1");
    assertThat(folder.resolve("link.before-mainstay")).hasContent(THEIRS);
    Path dangling = folder.resolve("dangling");
    Files.createSymbolicLink(dangling, Path.of("dotfiles/none"));
    new KubeconfigFile(dangling).merge(admin(SPEC), PLAIN);
    assertThat(Files.readString(folder.resolve("dotfiles/none"))).contains("demo-m1");
    Path loop = folder.resolve("loop");
    Files.createSymbolicLink(loop, loop);
    assertThatThrownBy(() -> new KubeconfigFile(loop).check(PLAIN))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("its links lead nowhere");
  }

  @Test
  void whatIsNoKubeconfigIsRefusedWithItsPlace() throws Exception {
    Map<String, String> broken =
        Map.of(
            "a: b\n\tc: d\n", "config:2:1  is not YAML",
            "clusters: [\n", "is not YAML",
            "- a\n- b\n", "config:1:1  is no kubeconfig",
            "kind: Config\nclusters: {a: b}\n", "config:2:11  clusters: a list",
            "apiVersion: apps/v1\nkind: Deployment\n", "config:2:7  is no kubeconfig: its kind",
            "kind: Config\n---\nkind: Config\n", "is not YAML");
    for (Map.Entry<String, String> one : broken.entrySet()) {
      Path file = Files.writeString(folder.resolve("config"), one.getKey());
      KubeconfigFile kubeconfig = new KubeconfigFile(file);
      assertThatThrownBy(() -> kubeconfig.check(PLAIN))
          .isInstanceOf(Failure.Refused.class)
          .hasMessageContaining(one.getValue());
      assertThatThrownBy(() -> kubeconfig.merge(admin(SPEC), PLAIN))
          .isInstanceOf(Failure.Refused.class);
      assertThat(file).hasContent(one.getKey());
      assertThat(folder.resolve("config.before-mainstay")).doesNotExist();
    }
    Path binary = Files.write(folder.resolve("config"), new byte[] {(byte) 0xff, 0, (byte) 0xfe});
    assertThatThrownBy(() -> new KubeconfigFile(binary).check(PLAIN))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("not text in UTF-8");
  }

  // several files in KUBECONFIG

  private KubeconfigFile usual(Path... files) {
    return KubeconfigFile.usual(told(files), folder);
  }

  private static Map<String, String> told(Path... files) {
    return Map.of(
        "KUBECONFIG", Stream.of(files).map(Path::toString).collect(Collectors.joining(":")));
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void theUsualFileIsTheOneThatKubectlConfigWrites() throws Exception {
    Path none = folder.resolve("none");
    Path alsoNone = folder.resolve("also-none");
    Path first = file("first", "");
    Path second = file("second", "");
    assertThat(usual(first, second).path()).isEqualTo(first);
    assertThat(usual(none, second, first).path()).isEqualTo(second);
    assertThat(usual(none, alsoNone).path()).isEqualTo(alsoNone);
    assertThat(KubeconfigFile.usual(Map.of("KUBECONFIG", ":" + none), folder).path())
        .isEqualTo(none);
    assertThat(KubeconfigFile.usual(Map.of(), folder).path())
        .isEqualTo(folder.resolve(".kube/config"));
  }

  @Test
  void aFirstFileThatIsNotThereDoesNotHideTheCurrentContextOfTheOthers() throws Exception {
    Path none = folder.resolve("none");
    Path config = theirs();
    Merged merged = usual(none, config).merge(admin(SPEC), PLAIN);
    assertThat(merged.current()).isEqualTo("minikube");
    assertThat(none).doesNotExist();
    assertThat(Files.readString(config)).contains("demo-m1", "current-context: minikube");
  }

  @Test
  void oursIsCurrentOnlyIfNoFileOfThemHasACurrentContext() throws Exception {
    Path empty = file("empty", "");
    Path config = theirs();
    assertThat(usual(empty, config).merge(admin(SPEC), PLAIN).current()).isEqualTo("minikube");
    assertThat(Files.readString(empty)).contains("demo-m1").doesNotContain("current-context");
    assertThat(usual(empty, config).merge(admin(SPEC), new Manner(true, false)).current())
        .isEqualTo("demo-m2");
    assertThat(Files.readString(empty)).contains("current-context: demo-m2");
    assertThat(config).hasContent(THEIRS);
    Path other = file("other", "");
    assertThat(usual(other, folder.resolve("none")).merge(admin(SPEC), PLAIN).current())
        .isEqualTo("demo-m2");
  }

  @Test
  void aSwitchThatAnEarlierFileWouldHideIsRefused() throws Exception {
    Path config = theirs();
    Path mine = folder.resolve("mine");
    KubeconfigFile later = KubeconfigFile.named(mine, told(config, mine));
    Manner switching = new Manner(true, false);
    assertThatThrownBy(() -> later.check(switching))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("kubectl takes the current context, minikube, from " + config);
    assertThatThrownBy(() -> later.merge(admin(SPEC), switching))
        .isInstanceOf(Failure.Refused.class);
    assertThat(mine).doesNotExist();
    assertThat(later.merge(admin(SPEC), PLAIN).current()).isEqualTo("minikube");
    // of a file that KUBECONFIG does not name the others know nothing
    Path alone = folder.resolve("alone");
    assertThat(KubeconfigFile.named(alone, told(config)).merge(admin(SPEC), PLAIN).current())
        .isEqualTo("demo-m2");
  }

  @Test
  void aLinkToAnEarlierFileIsThatFile() throws Exception {
    Path config = theirs();
    Path link = Files.createSymbolicLink(folder.resolve("link"), config);
    Merged merged =
        KubeconfigFile.named(link, told(config, link)).merge(admin(SPEC), new Manner(true, false));
    assertThat(merged.current()).isEqualTo("demo-m2");
    assertThat(Files.readString(config)).contains("current-context: demo-m2");
    assertThat(link).isSymbolicLink();
  }

  @Test
  void anEntryOfOurNameInAnotherFileIsRefusedUnlessItIsHiddenAlready() throws Exception {
    Path mine = file("mine", "");
    Path other = folder.resolve("other");
    String taken =
        """
        apiVersion: v1
        kind: Config
        users:
        - name: demo-admin
          user: {token: secret}
        """;
    usual(mine, other).merge(admin(SPEC), PLAIN);
    String merged = Files.readString(mine);
    Files.writeString(other, taken);
    // kubectl has not seen theirs since ours is there
    assertThat(usual(mine, other).merge(admin(SPEC), PLAIN).changed()).isFalse();
    Files.writeString(mine, "");
    for (KubeconfigFile file :
        List.of(
            usual(mine, other),
            // ours would be hidden by theirs, whether it is there or not
            KubeconfigFile.named(mine, told(other, mine)))) {
      assertThatThrownBy(() -> file.merge(admin(SPEC), PLAIN))
          .isInstanceOf(Failure.Refused.class)
          .hasMessageContaining("other:4:3  users demo-admin: an entry of this name is there");
      assertThat(mine).hasContent("");
    }
    Files.writeString(mine, merged);
    assertThatThrownBy(
            () -> KubeconfigFile.named(mine, told(other, mine)).merge(admin(SPEC), PLAIN))
        .isInstanceOf(Failure.Refused.class);
    assertThat(other).hasContent(taken);
  }

  @Test
  void anotherClusterOfTheSameNameInAnotherFileIsHiddenOnlyWhenAsked() throws Exception {
    Path mine = file("mine", "");
    Path other = folder.resolve("other");
    new KubeconfigFile(other).merge(other(), PLAIN);
    assertThatThrownBy(() -> usual(mine, other).merge(admin(SPEC), PLAIN))
        .isInstanceOf(Failure.Refused.class)
        .hasMessageContaining("other:")
        .hasMessageContaining("it is of another cluster that is called demo too");
    usual(mine, other).merge(admin(SPEC), new Manner(false, true));
    assertThat(Files.readString(mine)).contains("Q0E=");
    assertThat(Files.readString(other)).contains("T1RIRVI=");
  }

  /** The endpoint of a process of this machine, living or not. */
  private static Kubeconfig endpoint(int port, ProcessMark process) {
    return Kubeconfig.overEndpoint(
        SPEC, KubeconfigTest.credentials(Optional.empty()), port, process);
  }

  /** A process of this machine that has ended. */
  private static ProcessMark killed() {
    return new ProcessMark(THIS.pid(), "1", THIS.namespace(), THIS.host());
  }

  @Test
  void anEndpointsEntriesComeAndGo() throws Exception {
    KubeconfigFile file = new KubeconfigFile(theirs());
    file.merge(admin(SPEC), PLAIN);
    String before = Files.readString(file.path());
    Kubeconfig one = endpoint(6001, THIS);
    Kubeconfig two = endpoint(6002, THIS);
    assertThat(file.merge(one, new Manner(true, false)).current()).isEqualTo("demo-connect-6001");
    file.merge(two, PLAIN);
    Golden.check(
        "kubeconfig/connected.yaml",
        Files.readString(file.path()).replace(THIS.toString(), "PID@HOST"));
    // an apply of kubeconfig --merge meanwhile is none of theirs
    file.merge(admin(SPEC), PLAIN);
    assertThat(Files.readString(file.path())).contains("demo-connect-6001", "demo-connect-6002");
    assertThat(file.takeOut(one).current()).isEqualTo("minikube");
    assertThat(Files.readString(file.path())).contains("demo-connect-6002");
    file.takeOut(two);
    assertThat(file.path()).hasContent(before);
  }

  @Test
  void aContextThatWasSwitchedMeanwhileStays() throws Exception {
    KubeconfigFile file = new KubeconfigFile(folder.resolve("config"));
    Kubeconfig endpoint = endpoint(6001, THIS);
    assertThat(file.merge(endpoint, PLAIN).current()).isEqualTo("demo-connect-6001");
    assertThat(file.takeOut(endpoint).current()).isEmpty();
    file.merge(endpoint, PLAIN);
    file.merge(admin(SPEC), new Manner(true, false));
    assertThat(file.takeOut(endpoint).current()).isEqualTo("demo-m2");
  }

  @Test
  void theContextBeforeAllEndpointsIsCurrentAgainHoweverTheyEnd() throws Exception {
    Manner switching = new Manner(true, false);
    ProcessMark killed = killed();
    Kubeconfig first = endpoint(6001, THIS);
    Kubeconfig second = endpoint(6002, THIS);
    KubeconfigFile file = new KubeconfigFile(theirs());
    file.merge(first, PLAIN);
    file.takeOut(first);
    String without = Files.readString(file.path());
    file.merge(first, switching);
    file.merge(second, switching);
    assertThat(file.takeOut(first).current()).isEqualTo("demo-connect-6002");
    assertThat(file.takeOut(second).current()).isEqualTo("minikube");
    file.merge(first, switching);
    file.merge(second, switching);
    assertThat(file.takeOut(second).current()).isEqualTo("demo-connect-6001");
    assertThat(file.takeOut(first).current()).isEqualTo("minikube");
    assertThat(file.path()).hasContent(without);
    file.merge(endpoint(6001, killed), switching);
    // it takes out the one that was killed, and must not remember it
    file.merge(second, switching);
    assertThat(file.takeOut(second).current()).isEqualTo("minikube");
    file.merge(endpoint(6001, killed), switching);
    assertThat(file.takeOutEnded().current()).isEqualTo("minikube");
    assertThat(file.path()).hasContent(without);
    assertThat(file.takeOutEnded().changed()).isFalse();
  }

  @Test
  void marksThatLeadRoundInACircleEnd() throws Exception {
    KubeconfigFile file = new KubeconfigFile(theirs());
    file.merge(endpoint(6001, killed()), new Manner(true, false));
    Files.writeString(
        file.path(),
        Files.readString(file.path()).replace("before: minikube", "before: demo-connect-6001"));
    assertThat(file.takeOutEnded().current()).isEmpty();
  }

  @Test
  void aFileThatWentMeanwhileIsNotMadeAnew() throws Exception {
    KubeconfigFile file = new KubeconfigFile(folder.resolve("config"));
    Kubeconfig endpoint = endpoint(6001, THIS);
    file.merge(endpoint, PLAIN);
    Files.delete(file.path());
    assertThat(file.takeOut(endpoint).changed()).isFalse();
    assertThat(file.path()).doesNotExist();
  }

  @Test
  void whatAKilledProcessLeftGoesWithTheNextMerge() throws Exception {
    KubeconfigFile file = new KubeconfigFile(theirs());
    file.merge(endpoint(6001, killed()), PLAIN);
    file.merge(endpoint(6002, new ProcessMark(1, "1", THIS.namespace(), "elsewhere")), PLAIN);
    assertThat(Files.readString(file.path()))
        .doesNotContain("demo-connect-6001")
        .contains("demo-connect-6002");
  }
}
