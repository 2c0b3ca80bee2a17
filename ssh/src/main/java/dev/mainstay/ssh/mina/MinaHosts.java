package dev.mainstay.ssh.mina;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.SshSpec;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.HostKeyPolicy;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.KnownHosts;
import dev.mainstay.ssh.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.client.session.forward.PortForwardingTracker;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.common.util.net.SshdSocketAddress;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.core.CoreModuleProperties;
import org.jspecify.annotations.Nullable;

/**
 * Mutable: all logins of one process, over one MINA client.
 *
 * <p>A host's key is looked up by the node's name and never by its address, so that a moved host is
 * still checked and another machine at its address is refused.
 */
public final class MinaHosts implements Hosts {
  private static final int LOGIN_WINDOW = 64;
  // three attempts of TCP
  private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(5);
  private static final Duration LOGIN_DEADLINE = Duration.ofSeconds(20);
  private static final Duration AGAIN = Duration.ofSeconds(5);

  /** What MINA says where no key was accepted, and what sshd says before it has heard them all. */
  private static final String NO_MORE_KEYS = "No more authentication methods";

  private static final String TOO_MANY_KEYS = "Too many authentication failures";
  private static final AttributeRepository.AttributeKey<Login> LOGIN =
      new AttributeRepository.AttributeKey<>();

  private final SshClient client;
  private final KnownHosts knownHosts;
  private final HostKeyPolicy policy;
  private final Optional<Secret> sudoPassword;
  private final Optional<Path> agentSocket;
  private final Path userKeys;
  private final Semaphore window = new Semaphore(LOGIN_WINDOW);
  // by all that is known of them: a machine and the one that takes its name may both be met
  private final Map<NodeSpec, MinaHost> hosts = new ConcurrentHashMap<>();
  private final Map<NodeSpec, Missed> missed = new ConcurrentHashMap<>();
  private final Map<SshSpec.Jump, MinaHost> jumps = new ConcurrentHashMap<>();

  /** A login that failed, and when that was, in {@link System#nanoTime}. */
  private record Missed(Failure.Unreachable failure, long nanos) {}

  /** Which keys a login offers. MINA offers an agent's first, and sshd hears only six. */
  private enum Offer {
    KEY_FILE,
    AGENT_AND_FILES
  }

  /** What a session is for, carried along so that its host key can be judged. */
  private static final class Login {
    final NodeSpec node;
    final List<PublicKey> pinned; // one of them is its own; none: it is not known yet
    final Offer offer;
    volatile @Nullable UnixAgent agent;
    @Nullable Failure refusal;
    @Nullable PublicKey unknown;
    String fingerprint = "";

    Login(NodeSpec node, List<PublicKey> pinned, Offer offer) {
      this.node = node;
      this.pinned = pinned;
      this.offer = offer;
    }
  }

  /**
   * Starts a client with no login yet.
   *
   * @param sudoPassword for accounts that may not use sudo without one
   * @param agentSocket the socket of the user's SSH agent; one that nobody answers at is left out,
   *     as OpenSSH does: a terminal may well outlive its agent
   * @param userKeys the folder with the user's own keys, {@code ~/.ssh}
   */
  public MinaHosts(
      KnownHosts knownHosts,
      HostKeyPolicy policy,
      Optional<Secret> sudoPassword,
      Optional<Path> agentSocket,
      Path userKeys) {
    this.knownHosts = knownHosts;
    this.policy = policy;
    this.sudoPassword = sudoPassword;
    this.agentSocket = agentSocket.filter(UnixAgent::answers);
    this.userKeys = userKeys;
    this.client = client();
    client.start();
  }

  private SshClient client() {
    // the JDK's AES uses the processor's own instructions, Bouncy Castle's does not
    System.setProperty("org.apache.sshd.security.provider.BC.Cipher", "none");
    SshClient ssh = SshClient.setUpDefaultClient();
    ssh.setKeyExchangeFactories(
        ssh.getKeyExchangeFactories().stream()
            // 20 times slower a login than its successor, which stands first
            .filter(kex -> !kex.getName().startsWith("sntrup761"))
            .sorted((a, b) -> Boolean.compare(isMlKem(b.getName()), isMlKem(a.getName())))
            .toList());
    ssh.setCipherFactories(
        ssh.getCipherFactories().stream()
            .sorted((a, b) -> Boolean.compare(isGcm(b.getName()), isGcm(a.getName())))
            .toList());
    ssh.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
    ssh.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
    ssh.setFilePasswordProvider(FilePasswordProvider.EMPTY);
    // a list of its own: a user's certificate is welcome, and the session's list leaves them out
    ssh.setUserAuthFactories(List.of(new UserAuthPublicKeyFactory(ssh.getSignatureFactories())));
    agentSocket.ifPresent(
        socket -> ssh.setAgentFactory(UnixAgent.factory(session -> agent(session, socket))));
    ssh.setServerKeyVerifier((session, address, key) -> verify(session, key));
    ssh.addSessionListener(
        new SessionListener() {
          @Override
          public void sessionCreated(Session session) {
            if (session instanceof ClientSession clientSession) {
              askForHostKey(clientSession);
            }
          }
        });
    CoreModuleProperties.TCP_NODELAY.set(ssh, true);
    CoreModuleProperties.SOCKET_KEEPALIVE.set(ssh, true);
    CoreModuleProperties.IDLE_TIMEOUT.set(ssh, Duration.ZERO);
    CoreModuleProperties.NIO2_READ_TIMEOUT.set(ssh, Duration.ZERO);
    // a host that died in the middle is noticed after 3 unanswered beats
    CoreModuleProperties.HEARTBEAT_NO_REPLY_MAX.set(ssh, 3);
    CoreModuleProperties.HEARTBEAT_REQUEST.set(ssh, "keepalive@mainstay.dev");
    CoreModuleProperties.HEARTBEAT_INTERVAL.set(ssh, Duration.ofSeconds(5));
    return ssh;
  }

  private static boolean isGcm(String cipher) {
    return cipher.endsWith("gcm@openssh.com");
  }

  private static boolean isMlKem(String name) {
    return name.equals(BuiltinDHFactories.Constants.MLKEM768_25519_SHA256);
  }

  @Override
  public Host login(NodeSpec node) throws InterruptedException {
    MinaHost known = hosts.get(node);
    if (known != null) {
      known.ensureOpen();
      return known;
    }
    window.acquire();
    try {
      MinaHost host = new MinaHost(node, () -> openUnlessMissed(node), sudoPassword);
      host.ensureOpen();
      hosts.put(node, host);
      return host;
    } finally {
      window.release();
    }
  }

  /** A host that is off takes the whole deadline to say so: not once for each who asks. */
  private MinaHost.Opened openUnlessMissed(NodeSpec node) throws InterruptedException {
    throwIfMissed(node);
    try {
      return open(node);
    } catch (Failure.Unreachable failure) {
      if (failure.isRetryable()) {
        missed.put(node, new Missed(failure, System.nanoTime()));
      }
      throw failure;
    }
  }

  /**
   * All nodes behind it ask in a row: whatever it was, it is neither tried nor asked about anew.
   */
  private MinaHost.Opened openJump(NodeSpec jump) throws InterruptedException {
    throwIfMissed(jump);
    try {
      return open(jump);
    } catch (Failure.Unreachable failure) {
      missed.put(jump, new Missed(failure, System.nanoTime()));
      throw failure;
    }
  }

  private void throwIfMissed(NodeSpec node) {
    Missed last = missed.get(node);
    if (last != null && System.nanoTime() - last.nanos() < AGAIN.toNanos()) {
      throw last.failure();
    }
  }

  private MinaHost.Opened open(NodeSpec node) throws InterruptedException {
    if (Thread.interrupted()) {
      // while it waited for another's login, say: the files below would only say "closed"
      throw new InterruptedException();
    }
    String label = node.name() + " (" + node.address() + ")";
    List<PublicKey> pinned =
        node.ssh().hostKey().map(List::of).orElseGet(() -> knownHosts.find(node)).stream()
            .map(key -> parse(key, label))
            .toList();
    List<KeyPair> keys = keys(node.ssh().key(), label);
    boolean hasKeyFile = node.ssh().key().isPresent() && !keys.isEmpty();
    Offer offer = hasKeyFile ? Offer.KEY_FILE : Offer.AGENT_AND_FILES;
    return open(label, keys, new Login(node, pinned, offer));
  }

  private MinaHost.Opened open(String label, List<KeyPair> keys, Login login)
      throws InterruptedException {
    NodeSpec node = login.node;
    SshSpec ssh = node.ssh();
    SshdSocketAddress address = new SshdSocketAddress(node.address().value(), ssh.port());
    Optional<PortForwardingTracker> way =
        ssh.jump().isPresent()
            ? Optional.of(forward(ssh.jump().get(), address, label))
            : Optional.empty();
    SshdSocketAddress target = way.map(PortForwardingTracker::getBoundAddress).orElse(address);
    ClientSession session = null;
    try {
      session =
          client
              .connect(
                  ssh.user(),
                  target.toInetSocketAddress(),
                  AttributeRepository.ofKeyValuePair(LOGIN, login))
              .verify(CONNECT_DEADLINE)
              .getClientSession();
      session.addCloseFutureListener(_ -> way.ifPresent(MinaHosts::close));
      keys.forEach(session::addPublicKeyIdentity);
      session.auth().verify(LOGIN_DEADLINE);
      return new MinaHost.Opened(session, login.fingerprint);
    } catch (IOException | IllegalStateException failed) {
      // the second is what MINA says of what was closed since it was looked at
      IOException broken = failed instanceof IOException io ? io : new IOException(failed);
      UnixAgent agent = login.agent;
      // else it is the connection that broke, while the agent may have been asking a person
      boolean agentIsSilent =
          agent != null && agent.isAsked() && session != null && session.isOpen();
      if (agent != null) {
        // one of MINA's few threads waits for its answer
        agent.close();
      }
      if (session != null) {
        session.close(true);
      }
      way.ifPresent(MinaHosts::close);
      MinaHost.throwIfInterrupted(broken);
      if (login.refusal != null) {
        throw login.refusal;
      }
      if (login.unknown != null) {
        meet(node, label, login.unknown);
        return open(label, keys, new Login(node, List.of(login.unknown), login.offer));
      }
      if (login.offer == Offer.KEY_FILE && agentSocket.isPresent() && isRefusal(broken)) {
        return open(label, keys, new Login(node, login.pinned, Offer.AGENT_AND_FILES));
      }
      if (agentIsSilent) {
        throw new Failure.Unreachable(
            label
                + ": the SSH agent was asked for a key, and did not answer within "
                + LOGIN_DEADLINE.toSeconds()
                + " s",
            "confirm or touch what it asks for in time, name a key file in ssh.key, or leave the"
                + " agent out: unset SSH_AUTH_SOCK",
            true);
      }
      throw explain(node, label, broken, session != null);
    }
  }

  /** Whether the server heard us, and let in none of the keys that it was offered. */
  private static boolean isRefusal(IOException broken) {
    String why = reason(broken);
    return why.contains(NO_MORE_KEYS) || why.contains(TOO_MANY_KEYS);
  }

  /** The user's agent, for a login that offers its keys; one that died since the start is none. */
  private static Optional<UnixAgent> agent(Session session, Path socket) {
    Login login = session instanceof ClientSession ours ? login(ours) : null;
    if (login == null || login.offer == Offer.KEY_FILE) {
      return Optional.empty();
    }
    Optional<UnixAgent> agent = UnixAgent.connect(socket);
    login.agent = agent.orElse(null);
    return agent;
  }

  /** A local port that leads to {@code target} through the jump host, one login a jump host. */
  private PortForwardingTracker forward(SshSpec.Jump jump, SshdSocketAddress target, String label)
      throws InterruptedException {
    NodeSpec node = jumpNode(jump, label);
    ClientSession session =
        jumps
            .computeIfAbsent(jump, _ -> new MinaHost(node, () -> openJump(node), Optional.empty()))
            .ensureOpen()
            .session();
    try {
      return session.createLocalPortForwardingTracker(
          new SshdSocketAddress("127.0.0.1", 0), target);
    } catch (IOException | IllegalStateException broken) {
      throw new Failure.Unreachable(
          label + ": the jump host " + jump.address() + " does not forward: " + reason(broken),
          "allow TCP forwarding for " + jump.user() + " in its sshd_config",
          true);
    }
  }

  private static void close(PortForwardingTracker way) {
    try {
      way.close();
    } catch (IOException gone) {
      // with the session to the jump host
    }
  }

  private static NodeSpec jumpNode(SshSpec.Jump jump, String label) {
    Optional<dev.mainstay.model.Address> address = dev.mainstay.model.Address.parse(jump.address());
    if (address.isEmpty()) {
      throw new Failure.Unreachable(
          label + ": the jump host " + jump.address() + " is not an IPv4 address",
          "write its address into ssh.jump",
          false);
    }
    SshSpec ssh =
        new SshSpec(jump.user(), jump.key(), jump.port(), Optional.empty(), Optional.empty());
    return new NodeSpec(jumpName(jump), dev.mainstay.model.Role.WORKER, address.get(), ssh);
  }

  /** The name under which a jump host's key is pinned. */
  static NodeName jumpName(SshSpec.Jump jump) {
    return new NodeName("jump-" + jump.address().replaceAll("[^a-z0-9]", "-") + "-" + jump.port());
  }

  private List<KeyPair> keys(Optional<Path> file, String label) {
    List<Path> files = new ArrayList<>();
    if (file.isPresent()) {
      checkPrivate(file.get(), label);
      files.add(file.get());
    } else {
      for (String usual : List.of("id_ed25519", "id_ecdsa", "id_rsa")) {
        if (Files.isReadable(userKeys.resolve(usual))) {
          files.add(userKeys.resolve(usual));
        }
      }
    }
    List<KeyPair> keys = new ArrayList<>();
    for (Path path : files) {
      try (var in = Files.newInputStream(path)) {
        Iterable<KeyPair> found =
            SecurityUtils.loadKeyPairIdentities(
                null, NamedResource.ofName(path.toString()), in, FilePasswordProvider.EMPTY);
        if (found == null) {
          throw new IOException("it holds no private key");
        }
        found.forEach(keys::add);
      } catch (IOException | GeneralSecurityException unreadable) {
        if (file.isPresent() && agentSocket.isEmpty()) {
          throw new Failure.Unreachable(
              label + ": cannot use the key " + path + ": " + reason(unreadable),
              "give an OpenSSH private key; one with a passphrase goes into ssh-agent (ssh-add)",
              false);
        }
      }
    }
    return keys;
  }

  private static void checkPrivate(Path key, String label) {
    if (!Files.isReadable(key) || Files.isDirectory(key)) {
      throw new Failure.Unreachable(
          label
              + ": the key file "
              + key
              + (Files.isDirectory(key) ? " is a folder" : " does not exist or cannot be read"),
          "set ssh.key to your private key, or leave it out to use ssh-agent and ~/.ssh",
          false);
    }
    try {
      var mode = Files.getPosixFilePermissions(key);
      if (mode.contains(PosixFilePermission.GROUP_READ)
          || mode.contains(PosixFilePermission.OTHERS_READ)) {
        throw new Failure.Unreachable(
            label + ": the key file " + key + " can be read by others", "chmod 600 " + key, false);
      }
    } catch (IOException | UnsupportedOperationException noPosix) {
      // a file system without modes: nothing to hold against the key
    }
  }

  private boolean verify(ClientSession session, PublicKey key) {
    Login login = login(session);
    if (login == null) {
      return false;
    }
    NodeSpec node = login.node;
    String label = node.name() + " (" + node.address() + ")";
    String shown = KeyUtils.getFingerPrint(key);
    login.fingerprint = shown;
    if (!login.pinned.isEmpty()) {
      if (login.pinned.stream().anyMatch(expected -> KeyUtils.compareKeys(expected, key))) {
        return true;
      }
      login.refusal =
          Failure.Unreachable.provenOther(
              label
                  + ": another machine answers: its host key is "
                  + shown
                  + ", pinned for "
                  + node.name()
                  + " is "
                  + login.pinned.stream()
                      .map(KeyUtils::getFingerPrint)
                      .collect(Collectors.joining(" or ")),
              "nothing was changed. If the address is wrong, mend it in the file. If a node was"
                  + " reinstalled, or another machine is to take its place: mainstay apply"
                  + " --replace NAME. If it only got a new host key: remove the line '"
                  + node.name()
                  + " ...' from "
                  + knownHosts.file());
      return false;
    }
    // a person may have to be asked, for which this thread and the login's deadline do not wait
    login.unknown = key;
    return false;
  }

  /** Pins the key of a host that is met for the first time, if the policy trusts it. */
  private void meet(NodeSpec node, String label, PublicKey key) {
    if (knownHosts
        .pinned(node.name())
        .map(pinned -> KeyUtils.compareKeys(parse(pinned, label), key))
        .orElse(false)) {
      return; // it may have been replaced, and was not (or this is the machine that it was)
    }
    String shown = KeyUtils.getFingerPrint(key);
    if (!policy.accepts(node, KeyUtils.getKeyType(key) + " " + shown)) {
      throw new Failure.Unreachable(
          label + ": its host key " + shown + " is not known yet",
          "compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub),"
              + " then answer yes on a terminal, write it as hostKey into the file, or pass"
              + " --accept-new-host-keys",
          false);
    }
    knownHosts.pin(node.name(), PublicKeyEntry.toString(key));
  }

  private static @Nullable Login login(ClientSession session) {
    AttributeRepository context = session.getConnectionContext();
    return context == null ? null : context.getAttribute(LOGIN);
  }

  private static PublicKey parse(String key, String label) {
    try {
      PublicKey parsed = PublicKeyEntry.parsePublicKeyEntry(key).resolvePublicKey(null, null, null);
      // earlier versions pinned a host's certificate where it had one
      return parsed instanceof OpenSshCertificate certificate
          ? certificate.getCertPubKey()
          : parsed;
    } catch (IOException | GeneralSecurityException | IllegalArgumentException broken) {
      throw new Failure.Unreachable(
          label + ": the pinned host key is not a public key: " + key,
          "write it as in known_hosts: ssh-ed25519 AAAA...",
          false);
    }
  }

  /**
   * Asks a host for a key of the type that is pinned: it may have several. Never for a certificate:
   * that is another one after each renewal, and is made out to names where we have addresses.
   */
  private static void askForHostKey(ClientSession session) {
    List<NamedFactory<Signature>> asked = new ArrayList<>(session.getSignatureFactories());
    asked.removeIf(algorithm -> algorithm.getName().contains("-cert-v01@"));
    Login login = login(session);
    if (login != null) {
      asked.sort(Comparator.comparing(algorithm -> !signsAny(algorithm.getName(), login.pinned)));
    }
    session.setSignatureFactories(asked);
  }

  private static boolean signsAny(String algorithm, List<PublicKey> keys) {
    return keys.stream()
        .map(KeyUtils::getKeyType)
        .anyMatch(type ->
            algorithm.equals(type)
                || (type.equals("ssh-rsa") && algorithm.startsWith("rsa-sha2-")));
  }

  private static Failure explain(
      NodeSpec node, String label, IOException broken, boolean connected) {
    String why = reason(broken);
    String at = node.address() + ":" + node.ssh().port();
    if (why.contains(TOO_MANY_KEYS)) {
      return new Failure.Unreachable(
          label + ": " + node.ssh().user() + " may not log in: too many keys were offered: " + why,
          "name the right key in ssh.key, which is offered first, or leave only that one in the"
              + " agent (ssh-add -D, then ssh-add KEY)",
          false);
    }
    if (connected && why.contains(NO_MORE_KEYS)) {
      return new Failure.Unreachable(
          label + ": " + node.ssh().user() + " may not log in: no key was accepted",
          "put your public key into ~"
              + node.ssh().user()
              + "/.ssh/authorized_keys on the host, or name the right key in ssh.key",
          false);
    }
    if (why.contains("refused")) {
      return new Failure.Unreachable(
          label + ": nothing listens on " + at,
          "is sshd running there, and is ssh.port right?",
          true);
    }
    if (why.contains("timeout")
        || why.contains("timed out")
        || why.contains("imed out")
        || why.contains("No route to host")) {
      return new Failure.Unreachable(
          label + ": no answer from " + at + " (" + why + ")",
          "is the host on, is the address right, does a firewall drop port "
              + node.ssh().port()
              + "?",
          true);
    }
    return new Failure.Unreachable(
        label + ": cannot log in at " + at + ": " + why,
        "try: ssh -p " + node.ssh().port() + " " + node.ssh().user() + "@" + node.address(),
        true);
  }

  static String reason(Throwable broken) {
    Throwable cause = broken;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
  }

  @Override
  public void close() {
    hosts.values().forEach(MinaHost::close);
    jumps.values().forEach(MinaHost::close);
    client.stop();
  }
}
