package dev.mainstay.ssh.mina;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.mainstay.model.Address;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import dev.mainstay.ssh.Channel;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.HostKeyPolicy;
import dev.mainstay.ssh.KnownHosts;
import dev.mainstay.ssh.LineOutput;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.Stdin;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.sshd.certificate.OpenSshCertificateBuilder;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.keyverifier.AcceptAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class MinaHostsIT {
  private static final String ED25519 = "ssh-ed25519";
  private static final String ECDSA = "ecdsa-sha2-nistp256";
  private static final NodeName M1 = new NodeName("m1");
  private static final String PASSWORD = "it's $ecret \u00e4";
  private static final String SUDO_WITHOUT_PASSWORD =
      """
      [ "$1" = -n ] && shift
      [ "$1" = -- ] && shift
      exec "$@"
      """;
  private static final String SUDO_WITH_PASSWORD =
      """
      if [ "$1" = -n ]; then echo "sudo: a password is required" >&2; exit 1; fi
      [ "$1 $2 $3 $4 $5" = "-k -S -p  --" ] || { echo "unexpected: $*" >&2; exit 99; }
      IFS= read -r password
      [ "$password" = "it's \\$ecret \u00e4" ] || { echo "sudo: 1 incorrect password attempt" >&2; exit 1; }
      shift 5
      exec "$@"
      """;

  @TempDir Path folder = Path.of("");
  private final List<AutoCloseable> open = new ArrayList<>();
  private Path userKey = Path.of("");
  private KeyPair user = new KeyPair(null, null);
  private KeyPair hostKey = user;
  private KnownHosts known = new KnownHosts(folder);

  @BeforeEach
  void makeKeys() throws Exception {
    user = TestServer.key(ED25519);
    userKey = writeKey("user", user);
    hostKey = TestServer.key(ED25519);
    known = new KnownHosts(folder.resolve("known_hosts"));
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  private Path writeKey(String name, KeyPair pair) throws IOException, GeneralSecurityException {
    Path file = folder.resolve(name);
    try (OutputStream out =
        Files.newOutputStream(
            Files.createFile(
                file,
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-------"))))) {
      OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(pair, "test", null, out);
    }
    return file;
  }

  private TestServer server(KeyPair... hostKeys) throws IOException {
    TestServer server =
        TestServer.start(
            Files.createTempDirectory(folder, "server"),
            hostKeys.length == 0 ? new KeyPair[] {hostKey} : hostKeys);
    server.accept(user.getPublic());
    open.add(server);
    return server;
  }

  private MinaHosts hosts(HostKeyPolicy policy) {
    return hosts(policy, Optional.empty(), Optional.empty());
  }

  private MinaHosts hosts(
      HostKeyPolicy policy, Optional<Secret> sudoPassword, Optional<Path> agent) {
    MinaHosts hosts =
        new MinaHosts(known, policy, sudoPassword, agent, folder.resolve("no-usual-keys"));
    open.add(hosts);
    return hosts;
  }

  private SshSpec ssh(int port) {
    return new SshSpec("root", Optional.of(userKey), port, Optional.empty(), Optional.empty());
  }

  /** How a port of 127.0.0.1 is reached through {@code jump}. */
  private SshSpec through(SshSpec.Jump jump, int port) {
    return new SshSpec("root", Optional.of(userKey), port, Optional.of(jump), Optional.empty());
  }

  private SshSpec.Jump jump(int port) {
    return new SshSpec.Jump("127.0.0.1", "jumper", port, Optional.of(userKey));
  }

  private static NodeSpec node(SshSpec ssh) {
    return new NodeSpec(M1, Role.MASTER, new Address("127.0.0.1"), ssh);
  }

  private NodeSpec node(TestServer server) {
    return node(ssh(server.port()));
  }

  private NodeSpec node(TestServer server, String account) {
    return node(
        new SshSpec(
            account, Optional.of(userKey), server.port(), Optional.empty(), Optional.empty()));
  }

  private static Failure.Unreachable refusal(MinaHosts hosts, NodeSpec node) {
    Failure.Unreachable failure =
        catchThrowableOfType(Failure.Unreachable.class, () -> hosts.login(node));
    assertThat(failure).isNotNull();
    assertThat(failure.exitCode()).isEqualTo(4);
    assertThat(failure).hasMessageStartingWith("m1 (127.0.0.1): ");
    return failure;
  }

  // logging in

  @Test
  void logsInWithAKeyFile() throws Exception {
    TestServer server = server();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    assertThat(host.label()).isEqualTo("m1 (127.0.0.1)");
    assertThat(host.fingerprint()).isEqualTo(KeyUtils.getFingerPrint(hostKey.getPublic()));
    Output output = host.run(RemoteCommand.of("echo out; echo err >&2; exit 7"));
    assertThat(output).isEqualTo(new Output(7, "out\n", "err\n"));
  }

  @Test
  void oneLoginServesManyCommandsAtOnce() throws Exception {
    TestServer server = server();
    MinaHosts hosts = hosts(HostKeyPolicy.ACCEPT_NEW);
    Host host = hosts.login(node(server));
    List<Thread> threads = new ArrayList<>();
    List<String> said = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 8; i++) {
      String word = "w" + i;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  said.add(host.run(RemoteCommand.of("echo \"$1\"", word)).stdout().strip());
                } catch (InterruptedException stopped) {
                  Thread.currentThread().interrupt();
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(said).containsExactlyInAnyOrder("w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7");
    assertThat(hosts.login(node(server))).isSameAs(host);
    assertThat(server.logins).hasValue(1);
  }

  /** Twenty workers that join at once all ask the same master. */
  @Test
  void moreCommandsAtOnceThanTheServerOpensSessionsWaitForEachOther() throws Exception {
    TestServer server = server();
    server.maxSessions(3);
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    List<CompletableFuture<String>> said = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String word = "w" + i;
      CompletableFuture<String> one = new CompletableFuture<>();
      said.add(one);
      Thread.ofVirtual()
          .start(() -> {
            try {
              one.complete(host.run(RemoteCommand.of("sleep 0.2; echo " + word)).stdout());
            } catch (InterruptedException | RuntimeException failed) {
              one.completeExceptionally(failed);
            }
          });
    }
    for (int i = 0; i < 20; i++) {
      assertThat(said.get(i).get(60, TimeUnit.SECONDS)).isEqualTo("w" + i + "\n");
    }
    assertThat(server.refused).hasPositiveValue();
    assertThat(server.logins).hasValue(1);
  }

  @Test
  void whoWaitsForACommandCanBeInterrupted() throws Exception {
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server()));
    CountDownLatch running = new CountDownLatch(1);
    Started waiting =
        Started.run(() ->
            host.run(
                RemoteCommand.of("echo running; exec sleep 60"),
                new LineOutput(_ -> running.countDown())));
    assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(waiting.interrupt()).isInstanceOf(InterruptedException.class);
    // the login is still good
    assertThat(host.run(RemoteCommand.of("echo out")).stdout()).isEqualTo("out\n");
  }

  private interface Waiting {
    void run() throws InterruptedException;
  }

  /** Runs in {@code thread}, whose end it remembers. */
  private record Started(Thread thread, CompletableFuture<Throwable> end) {
    static Started run(Waiting waiting) {
      CompletableFuture<Throwable> end = new CompletableFuture<>();
      return new Started(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  waiting.run();
                  end.complete(new AssertionError("it ended by itself"));
                } catch (InterruptedException | RuntimeException ended) {
                  end.complete(ended);
                }
              }),
          end);
    }

    Throwable interrupt() throws Exception {
      thread.interrupt();
      return end.get(10, TimeUnit.SECONDS);
    }
  }

  /**
   * How {@code waiting} ends when it is interrupted once it waits for the word of {@code silent}.
   */
  private static Throwable interrupted(ServerSocket silent, Waiting waiting) throws Exception {
    Started started = Started.run(waiting);
    silent.setSoTimeout(10_000);
    try (Socket _ = silent.accept()) {
      return started.interrupt();
    }
  }

  @Test
  void whoLogsInCanBeInterruptedAndNothingIsHeldAgainstTheHost() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.ofLiteral("127.0.0.1"))) {
      MinaHosts hosts = hosts(HostKeyPolicy.ACCEPT_NEW);
      NodeSpec direct = node(ssh(silent.getLocalPort()));
      NodeSpec behind = node(through(jump(silent.getLocalPort()), silent.getLocalPort()));
      for (NodeSpec node : List.of(direct, direct, behind, behind)) {
        assertThat(interrupted(silent, () -> hosts.login(node)))
            .isInstanceOf(InterruptedException.class);
      }
    }
  }

  @Test
  void whoWaitsForAnothersLoginToTheJumpHostCanBeInterrupted() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.ofLiteral("127.0.0.1"))) {
      MinaHosts hosts = hosts(HostKeyPolicy.ACCEPT_NEW);
      Started first = Started.run(() -> hosts.login(behind(silent.getLocalPort(), 1)));
      silent.setSoTimeout(10_000);
      try (Socket _ = silent.accept()) {
        Started second = Started.run(() -> hosts.login(behind(silent.getLocalPort(), 2)));
        await().until(() -> second.thread().getState() == Thread.State.WAITING);
        assertThat(second.interrupt()).isInstanceOf(InterruptedException.class);
        assertThat(first.end()).isNotDone();
        assertThat(first.interrupt()).isInstanceOf(InterruptedException.class);
      }
    }
  }

  @Test
  void whoRunsACommandCanBeInterruptedWhileTheLoginIsMadeAgain() throws Exception {
    TestServer server = server();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    assertThatThrownBy(() -> host.run(RemoteCommand.of(TestServer.DROP)))
        .isInstanceOf(Failure.Unreachable.class);
    server.close();
    try (ServerSocket silent =
        new ServerSocket(host.node().ssh().port(), 8, InetAddress.ofLiteral("127.0.0.1"))) {
      assertThat(interrupted(silent, () -> host.run(RemoteCommand.of("true"))))
          .isInstanceOf(InterruptedException.class);
    }
    assertThat(host.fingerprint()).isEqualTo(KeyUtils.getFingerPrint(hostKey.getPublic()));
  }

  @Test
  void logsInWithAnRsaHostKey() throws Exception {
    TestServer server = server(TestServer.key("ssh-rsa"));
    hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    assertThat(known.pinned(M1)).hasValueSatisfying(key -> assertThat(key).startsWith("ssh-rsa "));
    hosts(HostKeyPolicy.REFUSE).login(node(server));
    assertThat(server.logins).hasValue(2);
  }

  @Test
  void refusesAHostThatIsMetForTheFirstTime() throws Exception {
    TestServer server = server();
    Failure failure = refusal(hosts(HostKeyPolicy.REFUSE), node(server));
    assertThat(failure)
        .hasMessageContaining(KeyUtils.getFingerPrint(hostKey.getPublic()))
        .hasMessageContaining("not known yet");
    assertThat(failure.isRetryable()).isFalse();
    assertThat(known.file()).doesNotExist();
    assertThat(server.logins).hasValue(0);
  }

  @Test
  void asksThePolicyWithTypeAndFingerprint() throws Exception {
    TestServer server = server();
    List<String> asked = new ArrayList<>();
    hosts(
            (node, key) -> {
              asked.add(node.name() + " " + key);
              return true;
            })
        .login(node(server));
    assertThat(asked)
        .containsExactly("m1 ssh-ed25519 " + KeyUtils.getFingerPrint(hostKey.getPublic()));
  }

  @Test
  void aKeyOnceAcceptedIsKnownByTheNodesName() throws Exception {
    TestServer server = server();
    hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    assertThat(known.pinned(M1)).contains(PublicKeyEntry.toString(hostKey.getPublic()));
    hosts(HostKeyPolicy.REFUSE).login(node(server));
    assertThat(server.logins).hasValue(2);
  }

  @Test
  void aKeyOfTheFileNeedsNoPin() throws Exception {
    TestServer server = server();
    SshSpec pinned =
        new SshSpec(
            "root",
            Optional.of(userKey),
            server.port(),
            Optional.empty(),
            Optional.of(PublicKeyEntry.toString(hostKey.getPublic())));
    hosts(HostKeyPolicy.REFUSE).login(node(pinned));
    assertThat(known.file()).doesNotExist();
  }

  @Test
  void refusesAnotherMachineUnderAKnownName() throws Exception {
    known.pin(M1, PublicKeyEntry.toString(hostKey.getPublic()));
    KeyPair other = TestServer.key(ED25519);
    TestServer server = server(other);
    Failure failure = refusal(hosts(HostKeyPolicy.ACCEPT_NEW), node(server));
    assertThat(failure)
        .hasMessageContaining("another machine answers")
        .hasMessageContaining(KeyUtils.getFingerPrint(other.getPublic()))
        .hasMessageContaining(KeyUtils.getFingerPrint(hostKey.getPublic()));
    assertThat(failure.isRetryable()).isFalse();
    assertThat(failure.advice()).contains(known.file().toString());
    assertThat(known.pinned(M1)).contains(PublicKeyEntry.toString(hostKey.getPublic()));
    assertThat(server.logins).hasValue(0);
  }

  @Test
  void asksForTheTypeOfKeyThatIsPinned() throws Exception {
    for (String type : List.of(ECDSA, ED25519)) {
      KeyPair ecdsa = TestServer.key(ECDSA);
      TestServer server = server(hostKey, ecdsa);
      known.forget(M1);
      KeyPair pinned = type.equals(ECDSA) ? ecdsa : hostKey;
      known.pin(M1, PublicKeyEntry.toString(pinned.getPublic()));
      Host host = hosts(HostKeyPolicy.REFUSE).login(node(server));
      assertThat(host.fingerprint()).isEqualTo(KeyUtils.getFingerPrint(pinned.getPublic()));
    }
  }

  private static OpenSshCertificate certificate(KeyPair host, KeyPair authority) throws Exception {
    return OpenSshCertificateBuilder.hostCertificate()
        .publicKey(host.getPublic())
        .id("a host")
        .principals(List.of("m1.example.org"))
        .sign(authority);
  }

  /** sshd offers its certificate first, and people renew them every few weeks. */
  @Test
  void aHostsCertificateIsPassedOverForItsKey() throws Exception {
    for (String type : List.of(ED25519, ECDSA, "ssh-rsa")) {
      known.forget(M1);
      KeyPair host = TestServer.key(type);
      TestServer server = server(host);
      KeyPair authority = TestServer.key(ED25519);
      server.hostCertificate(certificate(host, authority));
      hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
      assertThat(known.pinned(M1)).contains(PublicKeyEntry.toString(host.getPublic()));
      server.hostCertificate(certificate(host, authority));
      hosts(HostKeyPolicy.REFUSE).login(node(server));
      assertThat(server.logins).hasValue(2);
    }
  }

  @Test
  void aPinnedCertificateStandsForTheKeyInIt() throws Exception {
    known.pin(M1, PublicKeyEntry.toString(certificate(hostKey, TestServer.key(ED25519))));
    TestServer server = server(hostKey, TestServer.key(ECDSA));
    Host host = hosts(HostKeyPolicy.REFUSE).login(node(server));
    assertThat(host.fingerprint()).isEqualTo(KeyUtils.getFingerPrint(hostKey.getPublic()));
  }

  @Test
  void saysWhatAPinThatIsNoKeyIs() throws Exception {
    known.pin(M1, "ssh-ed25519 garbage");
    Failure failure = refusal(hosts(HostKeyPolicy.ACCEPT_NEW), node(server()));
    assertThat(failure)
        .hasMessage("m1 (127.0.0.1): the pinned host key is not a public key: ssh-ed25519 garbage");
    assertThat(failure.isRetryable()).isFalse();
  }

  @Test
  void saysThatNoKeyWasAccepted() throws Exception {
    TestServer server = server();
    Path strange = writeKey("strange", TestServer.key(ED25519));
    Failure failure =
        refusal(
            hosts(HostKeyPolicy.ACCEPT_NEW),
            node(
                new SshSpec(
                    "root",
                    Optional.of(strange),
                    server.port(),
                    Optional.empty(),
                    Optional.empty())));
    assertThat(failure).hasMessageContaining("root may not log in: no key was accepted");
    assertThat(failure.isRetryable()).isFalse();
  }

  @Test
  void saysThatNoKeyWasAcceptedWhereThereIsNone() throws Exception {
    Failure failure = refusal(hosts(HostKeyPolicy.ACCEPT_NEW), keyless(server()));
    assertThat(failure).hasMessageContaining("no key was accepted");
  }

  @Test
  void usesTheUsualKeysOfTheUser() throws Exception {
    TestServer server = server();
    Path usual = Files.createDirectories(folder.resolve("no-usual-keys"));
    Files.copy(userKey, usual.resolve("id_ed25519"));
    Files.writeString(usual.resolve("id_rsa"), "not a key\n");
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(keyless(server));
    assertThat(host.run(RemoteCommand.of("echo hello")).stdout()).isEqualTo("hello\n");
  }

  @Test
  void saysThatNothingListens() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Failure failure = refusal(hosts(HostKeyPolicy.ACCEPT_NEW), node(ssh(port)));
    assertThat(failure).hasMessageContaining("nothing listens on 127.0.0.1:" + port);
    assertThat(failure.isRetryable()).isTrue();
  }

  @Test
  void refusesAKeyFileThatOthersCanRead() throws Exception {
    Files.setPosixFilePermissions(userKey, PosixFilePermissions.fromString("rw-r--r--"));
    TestServer server = server();
    Failure failure = refusal(hosts(HostKeyPolicy.ACCEPT_NEW), node(server));
    assertThat(failure).hasMessageContaining("can be read by others");
    assertThat(failure.advice()).isEqualTo("chmod 600 " + userKey);
    assertThat(server.logins).hasValue(0);
  }

  @Test
  void namesAMissingKeyFile() throws Exception {
    Files.delete(userKey);
    Failure failure = refusal(hosts(HostKeyPolicy.ACCEPT_NEW), node(server()));
    assertThat(failure).hasMessageContaining(userKey + " does not exist");
  }

  @Test
  void namesAKeyFileThatHoldsNoKey() throws Exception {
    Files.writeString(userKey, "hello\n");
    Failure failure = refusal(hosts(HostKeyPolicy.ACCEPT_NEW), node(server()));
    assertThat(failure).hasMessageContaining(userKey.toString());
  }

  /** An agent of OpenSSH's with {@code keys} and the certificates that lie beside them. */
  private Path agent(Path... keys) throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/ssh-agent"))
            && Files.isExecutable(Path.of("/usr/bin/ssh-add")));
    Path socket = folder.resolve("agent");
    Process agent =
        new ProcessBuilder("/usr/bin/ssh-agent", "-D", "-a", socket.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("agent.log").toFile())
            .start();
    open.add(agent::destroy);
    await().until(() -> Files.exists(socket));
    for (Path key : keys) {
      ProcessBuilder add = new ProcessBuilder("/usr/bin/ssh-add", "-q", key.toString());
      add.environment().put("SSH_AUTH_SOCK", socket.toString());
      assertThat(add.inheritIO().start().waitFor()).isZero();
    }
    return socket;
  }

  private static NodeSpec keyless(TestServer server) {
    return node(
        new SshSpec("root", Optional.empty(), server.port(), Optional.empty(), Optional.empty()));
  }

  @Test
  void logsInWithAKeyThatOnlyTheAgentHas() throws Exception {
    TestServer server = server();
    Path socket = agent(userKey);
    MinaHosts hosts = hosts(HostKeyPolicy.ACCEPT_NEW, Optional.empty(), Optional.of(socket));
    assertThat(hosts.login(keyless(server)).run(RemoteCommand.of("echo hello")).stdout())
        .isEqualTo("hello\n");
  }

  @Test
  void logsInWithAUsersCertificateThatTheAgentHas() throws Exception {
    KeyPair authority = TestServer.key(ED25519);
    KeyPair signed = TestServer.key(ED25519);
    Path key = writeKey("signed", signed);
    OpenSshCertificate certificate =
        OpenSshCertificateBuilder.userCertificate()
            .publicKey(signed.getPublic())
            .id("a user")
            .principals(List.of("root"))
            .sign(authority);
    Files.writeString(
        folder.resolve("signed-cert.pub"), PublicKeyEntry.toString(certificate) + "\n");
    TestServer server = server();
    server.accept(authority.getPublic());
    MinaHosts hosts = hosts(HostKeyPolicy.ACCEPT_NEW, Optional.empty(), Optional.of(agent(key)));
    hosts.login(keyless(server));
    assertThat(server.logins).hasValue(1);
  }

  /** As one behind a connection that died, or that waits for a person who went away. */
  @Test
  void anAgentThatDoesNotAnswerIsNamedAndLetGo() throws Exception {
    known.pin(M1, PublicKeyEntry.toString(hostKey.getPublic()));
    Path socket = folder.resolve("silent");
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      MinaHosts hosts = hosts(HostKeyPolicy.REFUSE, Optional.empty(), Optional.of(socket));
      listener.accept().close(); // it was looked whether anybody is there
      CompletableFuture<Failure> ended = new CompletableFuture<>();
      NodeSpec node = keyless(server());
      Thread.ofVirtual().start(() -> ended.complete(refusal(hosts, node)));
      try (SocketChannel asked = listener.accept()) {
        ByteBuffer question = ByteBuffer.allocate(64);
        while (asked.read(question) >= 0) {
          assertThat(question.hasRemaining()).isTrue();
        }
      }
      assertThat(ended.get(10, TimeUnit.SECONDS))
          .hasMessageContaining("the SSH agent was asked for a key, and did not answer");
    }
  }

  private Path[] strangeKeys(int count) throws Exception {
    Path[] keys = new Path[count];
    for (int i = 0; i < count; i++) {
      keys[i] = writeKey("strange-" + i, TestServer.key(ED25519));
    }
    return keys;
  }

  @Test
  void offersTheKeyOfTheFileBeforeTheManyOfTheAgent() throws Exception {
    TestServer server = server();
    server.maxAuthTries(6);
    Path agent = agent(strangeKeys(8));
    hosts(HostKeyPolicy.ACCEPT_NEW, Optional.empty(), Optional.of(agent)).login(node(server));
    assertThat(server.logins).hasValue(1);
  }

  @Test
  void offersTheAgentsKeysWhereTheOneOfTheFileIsNotAccepted() throws Exception {
    TestServer server = server();
    Path strange = writeKey("strange", TestServer.key(ED25519));
    SshSpec other =
        new SshSpec(
            "root", Optional.of(strange), server.port(), Optional.empty(), Optional.empty());
    hosts(HostKeyPolicy.ACCEPT_NEW, Optional.empty(), Optional.of(agent(userKey)))
        .login(node(other));
    assertThat(server.logins).hasValue(1);
  }

  @Test
  void saysThatTheAgentHasTooManyKeys() throws Exception {
    TestServer server = server();
    server.maxAuthTries(6);
    Path agent = agent(strangeKeys(8));
    Failure failure =
        refusal(
            hosts(HostKeyPolicy.ACCEPT_NEW, Optional.empty(), Optional.of(agent)), keyless(server));
    assertThat(failure).hasMessageContaining("Too many authentication failures");
    assertThat(failure.advice()).contains("ssh.key").contains("ssh-add -D");
    assertThat(failure.isRetryable()).isFalse();
  }

  @Test
  void anAgentThatDiesLaterDoesNotKeepTheUsualKeysFromBeingUsed() throws Exception {
    Path usual = Files.createDirectories(folder.resolve("no-usual-keys"));
    Files.copy(userKey, usual.resolve("id_ed25519"));
    TestServer server = server();
    Path socket = agent();
    MinaHosts hosts = hosts(HostKeyPolicy.ACCEPT_NEW, Optional.empty(), Optional.of(socket));
    Files.delete(socket);
    hosts.login(keyless(server));
    assertThat(server.logins).hasValue(1);
  }

  @Test
  void aDeadAgentDoesNotKeepAKeyFileFromBeingUsed() throws Exception {
    TestServer server = server();
    MinaHosts hosts =
        hosts(HostKeyPolicy.ACCEPT_NEW, Optional.empty(), Optional.of(folder.resolve("no-agent")));
    assertThat(hosts.login(node(server)).run(RemoteCommand.of("echo hello")).stdout())
        .isEqualTo("hello\n");
  }

  @Test
  void reachesAHostThroughAJumpHost() throws Exception {
    TestServer target = server();
    KeyPair jumpKey = TestServer.key(ED25519);
    TestServer jump = server(jumpKey);
    jump.allowForwarding();
    SshSpec through = through(jump(jump.port()), target.port());
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(through));
    assertThat(host.run(RemoteCommand.of("echo hello")).stdout()).isEqualTo("hello\n");
    assertThat(jump.logins).hasValue(1);
    assertThat(jump.lines).isEmpty();
    assertThat(known.pinned(new NodeName("jump-127-0-0-1-" + jump.port())))
        .contains(PublicKeyEntry.toString(jumpKey.getPublic()));
    assertThat(known.pinned(M1)).contains(PublicKeyEntry.toString(hostKey.getPublic()));
  }

  @Test
  void saysThatAJumpHostDoesNotForward() throws Exception {
    TestServer target = server();
    TestServer jump = server();
    SshSpec through = through(jump(jump.port()), target.port());
    refusal(hosts(HostKeyPolicy.ACCEPT_NEW), node(through));
    assertThat(target.logins).hasValue(0);
  }

  private NodeSpec behind(int jumpPort, int number) {
    return new NodeSpec(
        new NodeName("w" + number),
        Role.WORKER,
        new Address("127.0.0.1"),
        through(jump(jumpPort), 22));
  }

  @Test
  void aJumpHostWhoseKeyIsRefusedIsNotAskedAboutForEachNodeBehindIt() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    MinaHosts hosts =
        hosts((_, _) -> {
          asked.incrementAndGet();
          return false;
        });
    int port = server().port();
    for (int i = 0; i < 3; i++) {
      NodeSpec node = behind(port, i);
      assertThatThrownBy(() -> hosts.login(node))
          .isInstanceOf(Failure.Unreachable.class)
          .hasMessageContaining("jump-127-0-0-1-" + port)
          .hasMessageContaining("not known yet");
    }
    assertThat(asked).hasValue(1);
  }

  @Test
  void aJumpHostThatIsDownIsNotTriedAnewForEachNodeBehindIt() throws Exception {
    try (Hangup jump = new Hangup(0)) {
      MinaHosts hosts = hosts(HostKeyPolicy.ACCEPT_NEW);
      for (int i = 0; i < 3; i++) {
        NodeSpec node = behind(jump.listener.getLocalPort(), i);
        assertThatThrownBy(() -> hosts.login(node)).isInstanceOf(Failure.Unreachable.class);
      }
      assertThat(jump.attempts).hasValue(1);
    }
  }

  // channels to a port

  /** Mutable: what listens on the host itself, and gives back all that comes. */
  private static final class Echo implements AutoCloseable {
    final ServerSocket listener = new ServerSocket(0, 8, InetAddress.ofLiteral("127.0.0.1"));
    final Thread acceptor = Thread.ofVirtual().start(this::accept);

    Echo() throws IOException {}

    private void accept() {
      try {
        while (true) {
          Socket client = listener.accept();
          Thread.ofVirtual().start(() -> giveBack(client));
        }
      } catch (IOException closed) {
        // the test has ended
      }
    }

    private static void giveBack(Socket client) {
      try (client) {
        client.getInputStream().transferTo(client.getOutputStream());
        client.getOutputStream().write('.');
      } catch (IOException gone) {
        // the other side is
      }
    }

    int port() {
      return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      listener.close();
      try {
        // the port is given back by the thread that listens, once it wakes
        acceptor.join();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Echo echo() throws IOException {
    Echo echo = new Echo();
    open.add(echo);
    return echo;
  }

  private static final Duration SOON = Duration.ofSeconds(10);

  @Test
  void aChannelPassesBothDirectionsAndTheirEnds() throws Exception {
    TestServer server = server();
    server.allowForwarding();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    Echo echo = echo();
    byte[] sent = new byte[5_000_000];
    new Random(1).nextBytes(sent);
    try (Channel channel = host.open(echo.port(), SOON)) {
      channel.out().write("hello".getBytes(StandardCharsets.US_ASCII));
      channel.out().flush();
      assertThat(channel.in().readNBytes(5)).asString().isEqualTo("hello");
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try (OutputStream out = channel.out()) {
                  out.write(sent);
                } catch (IOException broken) {
                  throw new UncheckedIOException(broken);
                }
              });
      // more than a window: who reads slowly holds up who writes, and nothing is lost
      assertThat(channel.in().readNBytes(sent.length)).isEqualTo(sent);
      writer.join();
      // its end was passed on: the other side says its last word, and ends
      assertThat(channel.in().readAllBytes()).asString().isEqualTo(".");
      assertThat(channel.in().available()).isZero();
    }
    assertThat(server.logins).hasValue(1);
  }

  @Test
  void whoReadsAChannelIsToldWhenTheOtherSideEndsFirst() throws Exception {
    TestServer server = server();
    server.allowForwarding();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
        Channel channel = host.open(listener.getLocalPort(), SOON)) {
      CompletableFuture<byte[]> read =
          CompletableFuture.supplyAsync(() -> {
            try {
              return channel.in().readAllBytes();
            } catch (IOException broken) {
              throw new UncheckedIOException(broken);
            }
          });
      try (Socket peer = listener.accept()) {
        peer.getOutputStream().write('x');
        peer.shutdownOutput();
        // our own direction is open still
        assertThat(read.get(10, TimeUnit.SECONDS)).asString().isEqualTo("x");
      }
    }
  }

  @Test
  void aChannelLeadsThroughAJumpHost() throws Exception {
    TestServer target = server();
    target.allowForwarding();
    TestServer jump = server(TestServer.key(ED25519));
    jump.allowForwarding();
    SshSpec through = through(jump(jump.port()), target.port());
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(through));
    try (Channel channel = host.open(echo().port(), SOON)) {
      channel.out().close();
      assertThat(channel.in().readAllBytes()).asString().isEqualTo(".");
    }
  }

  @Test
  void closingAChannelWakesWhoReadsIt() throws Exception {
    TestServer server = server();
    server.allowForwarding();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    Channel channel = host.open(echo().port(), SOON);
    CompletableFuture<Integer> read =
        CompletableFuture.supplyAsync(() -> {
          try {
            return channel.in().read();
          } catch (IOException closed) {
            return -1;
          }
        });
    channel.close();
    assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(-1);
    assertThat(host.run(RemoteCommand.of("echo on")).stdout()).isEqualTo("on\n");
  }

  @Test
  void saysThatNothingListensOnAPortOrThatItDoesNotForward() throws Exception {
    TestServer server = server();
    server.refuseForwarding();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    Echo echo = echo();
    Failure.Unreachable closed =
        catchThrowableOfType(Failure.Unreachable.class, () -> host.open(echo.port(), SOON));
    assertThat(closed).hasMessageContaining("does not forward to 127.0.0.1:" + echo.port());
    assertThat(closed.advice()).contains("AllowTcpForwarding");
    server.allowForwarding();
    int port = echo.port();
    echo.close();
    assertThatThrownBy(() -> host.open(port, SOON))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessage("m1 (127.0.0.1): nothing listens on its 127.0.0.1:" + port);
  }

  // running commands

  @Test
  void argumentsArriveUnchanged() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int[] letters =
        ("ab '\"\\$`!*?[]{}()<>|&;#~%\n\t"
                + "\u00e4\u20ac"
                + new String(Character.toChars(0x1f980)))
            .codePoints()
            .toArray();
    List<String> words = new ArrayList<>(List.of("", "it's", "$HOME `id`", "two\nlines\n"));
    for (int i = 0; i < 50; i++) {
      StringBuilder word = new StringBuilder();
      random
          .ints(random.nextInt(20), 0, letters.length)
          .forEach(index -> word.appendCodePoint(letters[index]));
      words.add(word.toString());
    }
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server()));
    Output output =
        host.run(
            new RemoteCommand("printf '%s\\0' \"$@\"", words, Stdin.EMPTY, Duration.ofSeconds(30)));
    assertThat(output.stdout())
        .describedAs("seed %d", seed)
        .isEqualTo(String.join("\0", words) + "\0");
  }

  @Test
  void inputOfManyMegabytesArrivesWhole() throws Exception {
    byte[] bytes = new byte[6_000_001];
    new Random(7).nextBytes(bytes);
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server()));
    Output output = host.run(RemoteCommand.of("sha256sum").withStdin(out -> out.write(bytes)));
    assertThat(output.stdout())
        .startsWith(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
  }

  @Test
  void outputOfManyMegabytesComesBackWhole() throws Exception {
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Output output = host.run(RemoteCommand.of("seq 1 800000; seq 1 100000 >&2"), out);
    assertThat(output.isSuccess()).isTrue();
    assertThat(output.stdout()).isEmpty();
    assertThat(out.toString(StandardCharsets.UTF_8)).hasSize(5_488_895).endsWith("\n800000\n");
    assertThat(output.stderr()).hasSize(588_895).endsWith("\n100000\n");
  }

  @Test
  void eachLineOfInputIsAnsweredWhileTheCommandRuns() throws Exception {
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server()));
    Semaphore answers = new Semaphore(0);
    List<Boolean> answered = new ArrayList<>();
    Stdin beats =
        out -> {
          try {
            for (int i = 0; i < 3; i++) {
              out.write('\n');
              out.flush();
              answered.add(answers.tryAcquire(20, TimeUnit.SECONDS));
            }
          } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
          }
        };
    Output output =
        host.run(
            RemoteCommand.of("while read -r line; do echo; done")
                .withStdin(beats)
                .within(Duration.ofSeconds(90)),
            new LineOutput(_ -> answers.release()));
    assertThat(output.exit()).isZero();
    assertThat(answered).containsExactly(true, true, true);
  }

  @Test
  void inputThatCannotBeReadIsAFailureWhateverTheCommandSays() throws Exception {
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server()));
    RemoteCommand command = RemoteCommand.of("cat");
    Stdin broken =
        out -> {
          out.write('a');
          throw new IOException("the disk is gone");
        };
    assertThatThrownBy(() -> host.run(command.withStdin(broken)))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageStartingWith("m1 (127.0.0.1): ")
        .hasMessageContaining("the disk is gone");
    Failure reason = new Failure.Failed("the backup cannot be decrypted", "");
    Stdin refused =
        _ -> {
          throw reason;
        };
    assertThatThrownBy(() -> host.run(command.withStdin(refused))).isSameAs(reason);
    assertThat(host.run(command.withStdin(Stdin.of("all"))).stdout()).isEqualTo("all");
  }

  @Test
  void inputThatNobodyReadsHoldsNothingUp() throws Exception {
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server()));
    byte[] bytes = new byte[6_000_000];
    assertThat(host.run(RemoteCommand.of("exit 3").withStdin(out -> out.write(bytes))).exit())
        .isEqualTo(3);
    assertThat(host.run(RemoteCommand.of("echo on")).stdout()).isEqualTo("on\n");
  }

  @Test
  void aCommandPastItsDeadlineFailsAndTheLoginLivesOn() throws Exception {
    TestServer server = server();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    long start = System.nanoTime();
    assertThatThrownBy(
            () -> host.run(RemoteCommand.of("exec sleep 600").within(Duration.ofSeconds(1))))
        .isInstanceOf(Failure.Failed.class)
        .hasMessage("m1 (127.0.0.1): not done within 1 s");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    assertThat(host.run(RemoteCommand.of("echo on")).stdout()).isEqualTo("on\n");
    assertThat(server.logins).hasValue(1);
  }

  @Test
  void aDeadlineHoldsWhileInputIsStuck() throws Exception {
    TestServer server = server();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    byte[] bytes = new byte[8_000_000];
    long start = System.nanoTime();
    assertThatThrownBy(() ->
            host.run(
                RemoteCommand.of("exec sleep 600")
                    .withStdin(out -> out.write(bytes))
                    .within(Duration.ofSeconds(1))))
        .isInstanceOf(Failure.Failed.class);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    assertThat(host.run(RemoteCommand.of("echo on")).stdout()).isEqualTo("on\n");
  }

  @Test
  void aConnectionThatBreaksInTheMiddleIsSaidAndMadeAgain() throws Exception {
    TestServer server = server();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThatThrownBy(() -> host.run(RemoteCommand.of(TestServer.DROP), out))
        .isInstanceOfSatisfying(
            Failure.Unreachable.class, lost -> assertThat(lost.isRetryable()).isTrue())
        .hasMessageContaining("m1 (127.0.0.1): ")
        .hasMessageContaining("lost in the middle");
    assertThat(host.run(RemoteCommand.of("echo again")).stdout()).isEqualTo("again\n");
    assertThat(server.logins).hasValue(2);
  }

  /** A session that is closed by the time that it is used. */
  private MinaHost.Opened closed(SshClient client, TestServer server) {
    try {
      ClientSession session =
          client
              .connect("root", "127.0.0.1", server.port())
              .verify(Duration.ofSeconds(20))
              .getClientSession();
      session.addPublicKeyIdentity(user);
      session.auth().verify(Duration.ofSeconds(20));
      session.close(true).await(Duration.ofSeconds(20));
      return new MinaHost.Opened(session, "");
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  @Test
  void aSessionThatClosesJustBeforeItIsUsedIsALostConnection() throws Exception {
    TestServer server = server();
    try (SshClient client = SshClient.setUpDefaultClient()) {
      client.setServerKeyVerifier(AcceptAllServerKeyVerifier.INSTANCE);
      client.start();
      MinaHost host = new MinaHost(node(server), () -> closed(client, server), Optional.empty());
      assertThatThrownBy(() -> host.run(RemoteCommand.of("true")))
          .isInstanceOfSatisfying(
              Failure.Unreachable.class, lost -> assertThat(lost.isRetryable()).isTrue())
          .hasMessageStartingWith("m1 (127.0.0.1): the connection was lost: ");
      assertThatThrownBy(() -> host.open(1, Duration.ofSeconds(5)))
          .isInstanceOf(Failure.Unreachable.class);
    }
  }

  /** Mutable: counts who connects, and sends them off. */
  private static final class Hangup implements AutoCloseable {
    final AtomicInteger attempts = new AtomicInteger();
    final ServerSocket listener;

    Hangup(int port) throws IOException {
      listener = new ServerSocket(port, 50, InetAddress.ofLiteral("127.0.0.1"));
      Thread.ofVirtual()
          .start(() -> {
            try {
              while (true) {
                Socket one = listener.accept();
                attempts.incrementAndGet();
                one.close();
              }
            } catch (IOException closed) {
              // the test is over
            }
          });
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  @Test
  void aHostThatWasLostIsNotTriedAnewForEachWhoAsks() throws Exception {
    TestServer server = server();
    MinaHosts hosts = hosts(HostKeyPolicy.ACCEPT_NEW);
    NodeSpec node = node(server);
    Host host = hosts.login(node);
    server.close();
    try (Hangup nobody = new Hangup(node.ssh().port())) {
      for (int i = 0; i < 5; i++) {
        assertThatThrownBy(() -> host.run(RemoteCommand.of("true")))
            .isInstanceOf(Failure.Unreachable.class);
        assertThatThrownBy(() -> hosts.login(node)).isInstanceOf(Failure.Unreachable.class);
      }
      assertThat(nobody.attempts).hasValue(1);
    }
  }

  // becoming root

  @Test
  void rootNeedsNoSudo() throws Exception {
    TestServer server = server();
    server.sudo("exit 99\n");
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    assertThat(host.run(RemoteCommand.of("echo hello")).stdout()).isEqualTo("hello\n");
    assertThat(server.lines)
        .containsExactly("bash -c '" + OwnOutput.BEGIN + "echo hello' mainstay");
  }

  @Test
  void whatALoginShellSaysByItselfIsNoOutput() throws Exception {
    TestServer server = server();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    server.before("printf 'Welcome to @m1, @mainstay'\necho -n '@mainstay-output, one day @'\n");
    Output output =
        host.run(RemoteCommand.of("cat; exit 3").withStdin(Stdin.of("@mainstay-output\n")));
    assertThat(output).isEqualTo(new Output(3, "@mainstay-output\n", ""));
    server.before("echo Not today; exit 1\n");
    assertThat(host.run(RemoteCommand.of("true"))).isEqualTo(new Output(1, "", ""));
  }

  @Test
  void othersBecomeRootBySudo() throws Exception {
    TestServer server = server();
    server.sudo(SUDO_WITHOUT_PASSWORD);
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server, "admin"));
    Output output =
        host.run(RemoteCommand.of("echo \"$1\"; cat", "it's").withStdin(Stdin.of("input")));
    assertThat(output.stdout()).isEqualTo("it's\ninput");
    host.run(RemoteCommand.of("true"));
    assertThat(server.lines)
        .containsExactly(
            "sudo -n -- true",
            "sudo -n -- bash -c '" + OwnOutput.BEGIN + "echo \"$1\"; cat' mainstay 'it'\\''s'",
            "sudo -n -- bash -c '" + OwnOutput.BEGIN + "true' mainstay");
  }

  @Test
  @Timeout(20)
  void closingDoesNotWaitForAHostThatHangs() throws Exception {
    TestServer server = server();
    Path asked = folder.resolve("asked");
    server.sudo("touch " + asked + "; exec sleep 60\n");
    MinaHosts hosts = hosts(HostKeyPolicy.ACCEPT_NEW);
    Host host = hosts.login(node(server, "admin"));
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            host.run(RemoteCommand.of("true"));
            ended.complete(new AssertionError("it ended by itself"));
          } catch (InterruptedException | RuntimeException end) {
            ended.complete(end);
          }
        });
    await().until(() -> Files.exists(asked));
    hosts.close();
    assertThat(ended.get(10, TimeUnit.SECONDS)).isInstanceOf(Failure.Unreachable.class);
  }

  @Test
  void sudosPasswordGoesByStandardInputAlone() throws Exception {
    TestServer server = server();
    server.sudo(SUDO_WITH_PASSWORD);
    MinaHosts hosts =
        hosts(HostKeyPolicy.ACCEPT_NEW, Optional.of(Secret.of(PASSWORD)), Optional.empty());
    Host host = hosts.login(node(server, "admin"));
    Output output = host.run(RemoteCommand.of("cat; exit 4").withStdin(Stdin.of("a\nb\n")));
    assertThat(output).isEqualTo(new Output(4, "a\nb\n", ""));
    assertThat(server.lines)
        .hasSize(3)
        .allSatisfy(line -> assertThat(line).startsWith("sudo ").doesNotContain("ecret"));
    assertThat(server.lines.getLast()).startsWith("sudo -k -S -p '' -- bash -c ");
  }

  @Test
  void saysThatSudoWantsAPassword() throws Exception {
    TestServer server = server();
    server.sudo(SUDO_WITH_PASSWORD);
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server, "admin"));
    assertThatThrownBy(() -> host.run(RemoteCommand.of("true")))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("admin is not root, and sudo wants a password");
  }

  @Test
  void saysThatSudoRefusesAnAccount() throws Exception {
    TestServer server = server();
    server.sudo("echo 'admin is not in the sudoers file' >&2\nexit 1\n");
    MinaHosts hosts =
        hosts(HostKeyPolicy.ACCEPT_NEW, Optional.of(Secret.of(PASSWORD)), Optional.empty());
    Host host = hosts.login(node(server, "admin"));
    assertThatThrownBy(() -> host.run(RemoteCommand.of("true")))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("sudo does not take the password of admin")
        .hasMessageContaining("not in the sudoers file")
        .hasMessageNotContaining("ecret");
  }

  @Test
  void saysThatThereIsNoSudo() throws Exception {
    TestServer server = server();
    server.sudo("echo 'bash: sudo: command not found' >&2\nexit 127\n");
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server, "admin"));
    assertThatThrownBy(() -> host.run(RemoteCommand.of("true")))
        .isInstanceOf(Failure.Unreachable.class)
        .hasMessageContaining("the host has no sudo");
  }

  @Test
  void aServerThatStopsIsUnreachableUntilItIsBack() throws Exception {
    TestServer server = server();
    Host host = hosts(HostKeyPolicy.ACCEPT_NEW).login(node(server));
    server.close();
    await()
        .atMost(20, TimeUnit.SECONDS)
        .untilAsserted(() ->
            assertThatThrownBy(() -> host.run(RemoteCommand.of("true")))
                .isInstanceOf(Failure.Unreachable.class)
                .hasMessageContaining("nothing listens"));
  }
}
