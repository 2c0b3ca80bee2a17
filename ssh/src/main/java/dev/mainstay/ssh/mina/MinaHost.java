package dev.mainstay.ssh.mina;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Channel;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.Shell;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.exception.SshChannelOpenException;
import org.apache.sshd.core.CoreModuleProperties;
import org.jspecify.annotations.Nullable;

/** Mutable: one login, made again before the next command where it was lost. */
final class MinaHost implements Host {
  private static final Duration OPEN_DEADLINE = Duration.ofSeconds(15);
  private static final int SUDO_NEEDS_PASSWORD = 1;

  /** sshd opens 10 at once on one connection, unless its MaxSessions says otherwise. */
  private static final int SESSIONS = 8;

  /** How long it may have no room for one more, where its MaxSessions is smaller. */
  private static final Duration FULL_DEADLINE = Duration.ofMinutes(5);

  private static final Duration FULL_PAUSE = Duration.ofMillis(200);

  private final NodeSpec node;
  private final Opener opener;
  private final Optional<Secret> sudoPassword;
  private final Semaphore sessions = new Semaphore(SESSIONS, true);
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable Opened opened;
  private Root root = Root.UNKNOWN;

  /** A session that is logged in, and the fingerprint of the host at its other end. */
  record Opened(ClientSession session, String fingerprint) {}

  /** Logs in, or says in a Failure why that cannot be. */
  interface Opener {
    Opened open() throws InterruptedException;
  }

  /** How the account becomes root. */
  private enum Root {
    UNKNOWN,
    IS_ROOT,
    SUDO,
    SUDO_WITH_PASSWORD
  }

  MinaHost(NodeSpec node, Opener opener, Optional<Secret> sudoPassword) {
    this.node = node;
    this.opener = opener;
    this.sudoPassword = sudoPassword;
  }

  @Override
  public NodeSpec node() {
    return node;
  }

  @Override
  public String fingerprint() {
    Opened last = opened;
    if (last == null) {
      throw new IllegalStateException(label() + " was never logged in to");
    }
    return last.fingerprint();
  }

  Opened ensureOpen() throws InterruptedException {
    // another's login may take half a minute, or wait for a person: one can stop waiting for it
    lock.lockInterruptibly();
    try {
      Opened current = opened;
      if (current == null || !current.session().isOpen()) {
        current = opener.open();
        opened = current;
      }
      return current;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Output run(RemoteCommand command) throws InterruptedException {
    ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    Output output = run(command, stdout);
    return new Output(output.exit(), stdout.toString(StandardCharsets.UTF_8), output.stderr());
  }

  @Override
  public Output run(RemoteCommand command, OutputStream stdout) throws InterruptedException {
    String line = Shell.bash(OwnOutput.BEGIN + command.script(), command.arguments());
    OutputStream own = new OwnOutput(stdout);
    return switch (root()) {
      case UNKNOWN -> throw new IllegalStateException("no way to root was found");
      case IS_ROOT -> execute(line, Optional.empty(), command, own);
      case SUDO -> execute("sudo -n -- " + line, Optional.empty(), command, own);
      // -k: ask even where sudo remembers us, so that the first line of input is always taken
      case SUDO_WITH_PASSWORD -> execute("sudo -k -S -p '' -- " + line, sudoPassword, command, own);
    };
  }

  @Override
  public Channel open(int port, Duration deadline) throws InterruptedException {
    ClientSession session = ensureOpen().session();
    try {
      return MinaChannel.open(session, port, deadline);
    } catch (IllegalStateException closed) {
      throw lost("the connection was lost: " + MinaHosts.reason(closed));
    } catch (IOException broken) {
      throwIfInterrupted(broken);
      Optional<SshChannelOpenException> refused = refusal(broken);
      if (refused.isPresent()) {
        throw refusal(refused.get(), port);
      }
      throw lost(MinaHosts.reason(broken));
    }
  }

  private Failure refusal(SshChannelOpenException refused, int port) {
    return switch (refused.getReasonCode()) {
      case SshConstants.SSH_OPEN_ADMINISTRATIVELY_PROHIBITED ->
          new Failure.Unreachable(
              label() + ": its SSH server does not forward to 127.0.0.1:" + port,
              "allow it in sshd_config: AllowTcpForwarding local, PermitOpen 127.0.0.1:" + port,
              false);
      case SshConstants.SSH_OPEN_CONNECT_FAILED ->
          new Failure.Unreachable(
              label() + ": nothing listens on its 127.0.0.1:" + port,
              "mainstay status shows how it is",
              true);
      default -> lost("no channel to its 127.0.0.1:" + port + ": " + refused.getMessage());
    };
  }

  private Root root() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (root == Root.UNKNOWN) {
        root = node.ssh().user().equals("root") ? Root.IS_ROOT : findSudo();
      }
      return root;
    } finally {
      lock.unlock();
    }
  }

  private Root findSudo() throws InterruptedException {
    String user = node.ssh().user();
    RemoteCommand probe = RemoteCommand.of("");
    OutputStream nowhere = OutputStream.nullOutputStream();
    Output plain = execute("sudo -n -- true", Optional.empty(), probe, nowhere);
    if (plain.isSuccess()) {
      return Root.SUDO;
    }
    if (plain.exit() != SUDO_NEEDS_PASSWORD) {
      throw noRoot(user + " is not root and the host has no sudo", plain);
    }
    if (sudoPassword.isEmpty()) {
      throw noRoot(user + " is not root, and sudo wants a password", plain);
    }
    Output asked = execute("sudo -k -S -p '' -- true", sudoPassword, probe, nowhere);
    if (!asked.isSuccess()) {
      throw noRoot("sudo does not take the password of " + user, asked);
    }
    return Root.SUDO_WITH_PASSWORD;
  }

  private Failure noRoot(String what, Output output) {
    return new Failure.Unreachable(
        label() + ": " + what + (output.stderr().isBlank() ? "" : ": " + output.tail(2)),
        "log in as root (ssh.user), allow sudo without a password, or pass --ask-sudo-password"
            + " (or MAINSTAY_SUDO_PASSWORD in the environment)",
        false);
  }

  private Output execute(
      String line, Optional<Secret> password, RemoteCommand command, OutputStream stdout)
      throws InterruptedException {
    ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    AtomicReference<Optional<Exception>> unread = new AtomicReference<>(Optional.empty());
    sessions.acquire();
    try (ChannelExec channel = open(line, stdout, stderr, command.deadline())) {
      Thread feeder = Thread.ofVirtual().start(() -> feed(channel, password, command, unread));
      boolean closed = awaitClosed(channel, command.deadline());
      if (unread.get().isPresent()) {
        throw inputFailed(unread.get().get());
      }
      if (!closed) {
        feeder.interrupt();
        throw new Failure.Failed(
            label() + ": not done within " + command.deadline().toSeconds() + " s",
            "look at the host; the command may still be running there");
      }
      Integer exit = channel.getExitStatus();
      if (exit != null) {
        return new Output(exit, "", stderr.toString(StandardCharsets.UTF_8));
      }
      if (channel.getExitSignal() != null) {
        return new Output(
            128, "", stderr.toString(StandardCharsets.UTF_8) + channel.getExitSignal());
      }
      throw lost("the connection was lost in the middle of a command");
    } catch (IllegalStateException closed) {
      // what MINA says of a session that was closed since it was looked at
      throw lost("the connection was lost: " + MinaHosts.reason(closed));
    } catch (IOException broken) {
      throwIfInterrupted(broken);
      throw lost(MinaHosts.reason(broken));
    } finally {
      sessions.release();
    }
  }

  /** Waits while the server opens no more sessions: others end. */
  private ChannelExec open(String line, OutputStream stdout, OutputStream stderr, Duration deadline)
      throws IOException, InterruptedException {
    long giveUp = System.nanoTime() + Math.min(FULL_DEADLINE.toNanos(), deadline.toNanos());
    while (true) {
      ChannelExec channel = ensureOpen().session().createExecChannel(line);
      // a step that waits for another reads nothing meanwhile
      CoreModuleProperties.WAIT_FOR_SPACE_TIMEOUT.set(channel, deadline);
      channel.setOut(new NotClosed(stdout));
      channel.setErr(stderr);
      try {
        channel.open().verify(OPEN_DEADLINE);
        return channel;
      } catch (IOException failed) {
        channel.close(true);
        if (refusal(failed).isEmpty()) {
          throw failed;
        }
        if (System.nanoTime() > giveUp) {
          throw new Failure.Unreachable(
              label() + ": its SSH server opens no more sessions on one connection",
              "raise MaxSessions in its sshd_config, and see who holds the others",
              false);
        }
      }
      Thread.sleep(FULL_PAUSE);
    }
  }

  /** The caller's own, who may hand it to a channel that is refused first. */
  private static final class NotClosed extends FilterOutputStream {
    NotClosed(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      out.write(bytes, from, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }

  /** The server's own word that it does not open a channel; empty for any other failure. */
  private static Optional<SshChannelOpenException> refusal(IOException failed) {
    for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
      if (cause instanceof SshChannelOpenException refused) {
        return Optional.of(refused);
      }
    }
    return Optional.empty();
  }

  /**
   * Whether it closed in time. Not by the channel's own {@code waitFor}: that one cannot be
   * interrupted.
   */
  private static boolean awaitClosed(ChannelExec channel, Duration most)
      throws InterruptedException {
    CountDownLatch closed = new CountDownLatch(1);
    channel.addCloseFutureListener(_ -> closed.countDown());
    return closed.await(most.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** MINA says in its own way that the thread was told to stop. */
  static void throwIfInterrupted(IOException broken) throws InterruptedException {
    if (broken instanceof InterruptedIOException || Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  /** Writes all that the command reads; what keeps it from being read goes to {@code unread}. */
  private static void feed(
      ChannelExec channel,
      Optional<Secret> password,
      RemoteCommand command,
      AtomicReference<Optional<Exception>> unread) {
    try (CommandInput stdin = new CommandInput(channel.getInvertedIn())) {
      try {
        if (password.isPresent()) {
          stdin.write(password.get().reveal());
          stdin.write('\n');
        }
        command.stdin().writeTo(stdin);
      } catch (IOException | RuntimeException broken) {
        // before the input ends and with it the command, whose exit status would be believed
        if (!stdin.hasEnded) {
          unread.set(Optional.of(broken));
        }
      }
    } catch (IOException closed) {
      // the command ended without reading all of it: its exit status tells
    }
  }

  /** Mutable: the way to a command, which may end before it has read all. */
  private static final class CommandInput extends FilterOutputStream {
    boolean hasEnded;

    CommandInput(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      try {
        out.write(bytes, from, length);
      } catch (IOException | RuntimeException ended) {
        hasEnded = true;
        throw ended;
      }
    }

    @Override
    public void flush() throws IOException {
      try {
        out.flush();
      } catch (IOException | RuntimeException ended) {
        hasEnded = true;
        throw ended;
      }
    }
  }

  private Failure inputFailed(Exception unread) {
    if (unread instanceof Failure failure) {
      return failure;
    }
    Failure failure =
        new Failure.Failed(
            label() + ": what was to be sent there could not be read: " + MinaHosts.reason(unread),
            "part of it may have arrived; look at this machine's disk, then run the same command"
                + " again");
    failure.initCause(unread);
    return failure;
  }

  private Failure lost(String why) {
    return new Failure.Unreachable(
        label() + ": " + why, "is the host on? then run the same command again", true);
  }

  /** Not under the lock: whoever logs in or looks for root holds it, and is ended by this. */
  void close() {
    Opened current = opened;
    if (current != null) {
      current.session().close(true);
    }
  }
}
