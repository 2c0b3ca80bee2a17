package dev.mainstay.ssh.mina;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.apache.sshd.client.future.DefaultOpenFuture;
import org.apache.sshd.client.future.OpenFuture;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.channel.exception.SshChannelOpenException;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.channel.ChannelSessionFactory;
import org.apache.sshd.server.command.Command;
import org.apache.sshd.server.forward.AcceptAllForwardingFilter;
import org.apache.sshd.server.forward.RejectAllForwardingFilter;
import org.jspecify.annotations.Nullable;

/**
 * Mutable: an sshd in this process, on 127.0.0.1 and a port of its own, whose command lines are run
 * by this machine's bash.
 */
final class TestServer implements AutoCloseable {
  /** A command line with this word prints "half" and then loses its connection. */
  static final String DROP = "drop-the-connection";

  /** Every command line that came in. */
  final List<String> lines = new CopyOnWriteArrayList<>();

  /** How many sessions were refused because there were enough. */
  final AtomicInteger refused = new AtomicInteger();

  /** How many logins there were. */
  final AtomicInteger logins = new AtomicInteger();

  private final SshServer server = SshServer.setUpDefaultServer();
  private final Set<PublicKey> accepted = ConcurrentHashMap.newKeySet();
  private final Path folder;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger scripts = new AtomicInteger();
  private volatile String pathBefore = "";
  private volatile UnaryOperator<String> script = line -> line;

  private TestServer(Path folder, KeyPair... hostKeys) {
    this.folder = folder;
    server.setHost("127.0.0.1");
    server.setKeyPairProvider(KeyPairProvider.wrap(hostKeys));
    server.setPublickeyAuthenticator((user, key, session) -> {
      PublicKey judged =
          key instanceof OpenSshCertificate certificate ? certificate.getCaPubKey() : key;
      return accepted.stream().anyMatch(known -> KeyUtils.compareKeys(known, judged));
    });
    server.setCommandFactory((channel, line) -> new BashCommand(channel, line));
    server.addSessionListener(
        new SessionListener() {
          @Override
          public void sessionEvent(Session session, Event event) {
            if (event == Event.Authenticated) {
              logins.incrementAndGet();
            }
          }
        });
  }

  /** A server that runs, keeps its files in {@code folder} and proves {@code hostKeys}. */
  static TestServer start(Path folder, KeyPair... hostKeys) throws IOException {
    TestServer started = new TestServer(folder, hostKeys);
    started.server.start();
    return started;
  }

  static KeyPair key(String type) throws GeneralSecurityException {
    return KeyUtils.generateKeyPair(type, type.startsWith("ssh-rsa") ? 3072 : 256);
  }

  int port() {
    return server.getPort();
  }

  /** Lets in who holds {@code key}, or a certificate that it signed. */
  void accept(PublicKey key) {
    accepted.add(key);
  }

  /** As sshd_config says it: HostCertificate. */
  void hostCertificate(OpenSshCertificate certificate) {
    server.setHostKeyCertificateProvider(_ -> List.of(certificate));
  }

  void allowForwarding() {
    server.setForwardingFilter(AcceptAllForwardingFilter.INSTANCE);
  }

  /** As sshd_config says it: MaxAuthTries, but here a login without keys and a signature count. */
  void maxAuthTries(int tries) {
    CoreModuleProperties.MAX_AUTH_REQUESTS.set(server, tries);
  }

  /** As sshd_config says it: MaxSessions. */
  void maxSessions(int sessions) {
    server.setChannelFactories(
        List.of(
            new ChannelSessionFactory() {
              @Override
              public Channel createChannel(Session session) {
                return new LimitedSession(sessions);
              }
            }));
  }

  /** A session that is refused as sshd refuses it, while there are enough others. */
  private final class LimitedSession extends ChannelSession {
    private final int most;

    LimitedSession(int most) {
      this.most = most;
    }

    @Override
    protected OpenFuture doInit(Buffer buffer) {
      if (open.incrementAndGet() <= most) {
        addCloseFutureListener(_ -> open.decrementAndGet());
        return super.doInit(buffer);
      }
      open.decrementAndGet();
      refused.incrementAndGet();
      OpenFuture future = new DefaultOpenFuture(this, this);
      future.setException(
          new SshChannelOpenException(
              getChannelId(), SshConstants.SSH_OPEN_CONNECT_FAILED, "open failed"));
      return future;
    }
  }

  /** As sshd_config says it: AllowTcpForwarding no. */
  void refuseForwarding() {
    server.setForwardingFilter(RejectAllForwardingFilter.INSTANCE);
  }

  /** Runs {@code other} in place of whatever command line comes in. */
  void runInstead(String other) {
    script = line -> other;
  }

  /** Runs {@code shell} before each command line, as the files of an account's shell do. */
  void before(String shell) {
    script = line -> shell + line;
  }

  /** Puts a program called sudo, a bash script, before what this machine has. */
  void sudo(String script) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path sudo = Files.writeString(bin.resolve("sudo"), "#!/bin/bash\n" + script);
    if (!sudo.toFile().setExecutable(true)) {
      throw new IOException(sudo + " cannot be made executable");
    }
    pathBefore = bin + ":";
  }

  @Override
  public void close() {
    try {
      server.stop(true);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Mutable: one command line, run by bash as sshd's would run it. */
  private final class BashCommand implements Command {
    private final ChannelSession channel;
    private final String line;
    private @Nullable InputStream in;
    private @Nullable OutputStream out;
    private @Nullable OutputStream err;
    private @Nullable ExitCallback exit;
    private @Nullable Process process;

    BashCommand(ChannelSession channel, String line) {
      this.channel = channel;
      this.line = line;
    }

    @Override
    public void setInputStream(InputStream stream) {
      in = stream;
    }

    @Override
    public void setOutputStream(OutputStream stream) {
      out = stream;
    }

    @Override
    public void setErrorStream(OutputStream stream) {
      err = stream;
    }

    @Override
    public void setExitCallback(ExitCallback callback) {
      exit = callback;
    }

    @Override
    public void start(ChannelSession session, Environment environment) throws IOException {
      lines.add(line);
      if (in == null || out == null || err == null || exit == null) {
        throw new IOException("started before its streams were set");
      }
      if (line.contains(DROP)) {
        out.write("half".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        out.flush();
        channel.getSession().close(true);
        return;
      }
      // by file: the JVM's own encoding of arguments depends on the locale
      Path file = folder.resolve("command-" + port() + "-" + scripts.incrementAndGet());
      Files.writeString(file, script.apply(line));
      ProcessBuilder builder = new ProcessBuilder("/bin/bash", file.toString());
      builder.environment().merge("PATH", pathBefore, (path, before) -> before + path);
      Process bash = builder.start();
      process = bash;
      InputStream input = in;
      OutputStream output = out;
      OutputStream errors = err;
      ExitCallback callback = exit;
      Thread.ofVirtual().start(() -> pump(input, bash.getOutputStream(), true));
      Thread stdout = Thread.ofVirtual().start(() -> pump(bash.getInputStream(), output, false));
      Thread stderr = Thread.ofVirtual().start(() -> pump(bash.getErrorStream(), errors, false));
      Thread.ofVirtual()
          .start(() -> {
            try {
              int code = bash.waitFor();
              stdout.join();
              stderr.join();
              callback.onExit(code);
            } catch (InterruptedException ended) {
              Thread.currentThread().interrupt();
            }
          });
    }

    @Override
    public void destroy(ChannelSession session) {
      if (process != null) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    }
  }

  private static void pump(InputStream from, OutputStream to, boolean close) {
    byte[] buffer = new byte[32 * 1024];
    try {
      for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        to.write(buffer, 0, n);
        to.flush();
      }
    } catch (IOException ended) {
      // the other side wants no more
    }
    if (close) {
      try {
        to.close();
      } catch (IOException ended) {
        // it was closed from the other side
      }
    }
  }
}
