package dev.mainstay.cli;

import dev.mainstay.cluster.Credentials;
import dev.mainstay.cluster.Kubeconfig;
import dev.mainstay.cluster.KubeconfigFile;
import dev.mainstay.cluster.OpenEndpoint;
import dev.mainstay.cluster.ProcessMark;
import dev.mainstay.cluster.SignUser;
import dev.mainstay.cluster.endpoint.Change;
import dev.mainstay.cluster.endpoint.Endpoint;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Shell;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "connect",
    description =
        "Open an endpoint for kubectl on 127.0.0.1 over all masters, until Ctrl-C. It goes on when"
            + " a master dies. Directly to each master whose port 6443 can be reached, to the"
            + " others through SSH.")
final class ConnectCommand implements Callable<Integer> {
  /** How long closing may take once it was asked for. */
  private static final Duration CLOSING = Duration.ofSeconds(15);

  private static final int HIGHEST_PORT = 65_535;
  private static final String KUBECONFIG = ".yaml";

  /** Beside a kubeconfig: a file that says into which one it was merged. */
  private static final String MERGED = ".merged";

  @Mixin GlobalOptions options = new GlobalOptions();

  @Option(
      names = "--ssh",
      description =
          "Through the SSH logins to the masters, also where they can be reached directly.")
  boolean ssh;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Listen on this port of 127.0.0.1 (default: one that is free).")
  @Nullable Integer port;

  @Mixin PersonOptions person = new PersonOptions();
  @Mixin MergeOptions merging = new MergeOptions();

  private final Session session;

  /** What is announced comes before any change. */
  private final CountDownLatch announced = new CountDownLatch(1);

  ConnectCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    Optional<SignUser.Wish> wish = person.wish();
    OpenEndpoint.Wish endpointWish = new OpenEndpoint.Wish(wantedPort(), ssh);
    Optional<KubeconfigFile> into = merging.file(session);
    ClusterSpec spec = options.spec(session);
    into.ifPresent(mine -> mine.check(merging.manner()));
    try (Stop stop = new Stop(Thread.currentThread())) {
      try (Hosts hosts = options.hosts(session, spec)) {
        Credentials credentials = PersonOptions.credentials(hosts, spec, wish);
        try (Endpoint endpoint =
            new OpenEndpoint(hosts).open(spec, credentials, endpointWish, this::tell)) {
          stop.serve();
          wish.ifPresent(asked ->
              PersonOptions.tell(session.terminal().err(), credentials, asked, session.clock()));
          Kubeconfig kubeconfig = OpenEndpoint.kubeconfig(spec, credentials, endpoint);
          Path folder = options.home(session, spec).connections();
          forgetEnded(folder, session.terminal().err());
          Path file = folder.resolve(ProcessMark.ofThisProcess() + KUBECONFIG);
          KubeconfigFile.lay(file, kubeconfig.text());
          try {
            serve(spec, credentials, endpoint, new Written(kubeconfig, file, into), stop);
          } finally {
            remove(file);
          }
        }
      } catch (Failure failure) {
        if (stop.isAsked()) {
          // the process is ending: nobody else will get to say it
          session.terminal().err().println(failure.text());
          stop.endWith(failure.exitCode());
        }
        throw failure;
      }
      stop.endWith(ExitCode.DONE);
    }
    return ExitCode.DONE;
  }

  private int wantedPort() {
    Integer wanted = port;
    if (wanted == null) {
      return 0;
    }
    if (wanted < 1 || wanted > HIGHEST_PORT) {
      throw new Failure.Usage(
          "--port " + wanted + " is no port", "1 to 65535, or none for one that is free");
    }
    return wanted;
  }

  /** Where the kubeconfig is, and where it is to be merged. */
  private record Written(Kubeconfig kubeconfig, Path file, Optional<KubeconfigFile> into) {}

  private void serve(
      ClusterSpec spec, Credentials credentials, Endpoint endpoint, Written written, Stop stop)
      throws InterruptedException {
    Path note = written.file().resolveSibling(ProcessMark.ofThisProcess() + MERGED);
    if (written.into().isPresent()) {
      // before it is merged: who kills this process at any moment leaves nothing that nobody knows
      KubeconfigFile.lay(note, written.into().get().path().toString());
      try {
        written.into().get().merge(written.kubeconfig(), merging.manner());
      } catch (Failure.Refused nothingMerged) {
        remove(note);
        throw nothingMerged;
      }
    }
    try {
      announce(spec, credentials, endpoint, written);
      announced.countDown();
      Duration left = credentials.clientCertificate().left(session.clock().instant());
      if (!stop.await(left)) {
        session
            .terminal()
            .err()
            .println(
                "the certificate in "
                    + written.file()
                    + " has ended: stop this and run it again for a new one");
        stop.await(ChronoUnit.FOREVER.getDuration());
      }
    } finally {
      if (written.into().isPresent()) {
        written.into().get().takeOut(written.kubeconfig());
        remove(note);
      }
    }
  }

  /** Takes away what processes that were killed left, not what those of other machines have. */
  static void forgetEnded(Path folder, PrintStream err) throws InterruptedException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.toList();
    } catch (IOException broken) {
      throw new Failure.Failed("cannot read " + folder + ": " + broken, "is the folder yours?");
    }
    for (Path file : files) {
      if (isOfEnded(file, KUBECONFIG)) {
        remove(file);
      } else if (isOfEnded(file, MERGED)) {
        takeOutEnded(file, err);
      }
    }
  }

  private static boolean isOfEnded(Path file, String suffix) {
    String name = file.getFileName().toString();
    return name.endsWith(suffix)
        && ProcessMark.parse(name.substring(0, name.length() - suffix.length()))
            .filter(ProcessMark::hasEnded)
            .isPresent();
  }

  /** Where somebody's kubeconfig cannot be written now, the next one tries it again. */
  private static void takeOutEnded(Path note, PrintStream err) throws InterruptedException {
    try {
      new KubeconfigFile(Path.of(Files.readString(note))).takeOutEnded();
      remove(note);
    } catch (IOException broken) {
      err.println("cannot read " + note + ": " + broken);
    } catch (Failure failure) {
      err.println(failure.text());
    }
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException broken) {
      throw new Failure.Failed(
          "cannot remove " + file + ": " + broken, "remove it: a private key is in it");
    }
  }

  private void announce(
      ClusterSpec spec, Credentials credentials, Endpoint endpoint, Written written) {
    Terminal terminal = session.terminal();
    String address = "https://127.0.0.1:" + endpoint.port();
    if (options.json()) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("address", address);
      line.put("kubeconfig", written.file().toString());
      line.put("context", written.kubeconfig().currentContext());
      written.into().ifPresent(into -> line.put("mergedInto", into.path().toString()));
      line.put("masters", masters(endpoint));
      line.put("mode", endpoint.mode());
      PersonOptions.describe(line, credentials);
      terminal.out().println(Json.line(line));
      return;
    }
    terminal
        .err()
        .println(
            "%s is at %s %s: %s. Ctrl-C ends it"
                .formatted(
                    spec.name(),
                    address,
                    way(endpoint.mode()),
                    endpoint.masters().entrySet().stream()
                        .map(one ->
                            one.getKey().name()
                                + " is "
                                + one.getValue().word()
                                + (endpoint.mode().equals("mixed")
                                    ? " " + way(endpoint.mode(one.getKey()))
                                    : ""))
                        .collect(Collectors.joining(", "))));
    written
        .into()
        .ifPresent(into ->
            terminal
                .err()
                .println(
                    "context %s is in %s until then"
                        .formatted(written.kubeconfig().currentContext(), into.path())));
    terminal.out().println("export KUBECONFIG=" + word(written.file().toString()));
  }

  private static String way(String mode) {
    return switch (mode) {
      case "ssh" -> "through SSH";
      case "direct" -> "directly";
      default -> "directly and through SSH";
    };
  }

  private static List<Map<String, Object>> masters(Endpoint endpoint) {
    List<Map<String, Object>> masters = new ArrayList<>();
    endpoint
        .masters()
        .forEach((node, state) -> {
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("name", node.name().value());
          one.put("state", state.word());
          one.put("mode", endpoint.mode(node));
          masters.add(one);
        });
    return masters;
  }

  private static String word(String text) {
    return text.matches("[A-Za-z0-9@._:+/-]+") ? text : Shell.quote(text);
  }

  private void tell(Change change) {
    try {
      announced.await();
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
      return;
    }
    Terminal terminal = session.terminal();
    if (options.json()) {
      terminal.out().println(Json.line(document(change, session.clock().instant())));
    } else {
      terminal.err().println(text(change));
    }
  }

  /** The line that scripts read. */
  static Map<String, Object> document(Change change, Instant time) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", time.toString());
    line.put("master", change.master().value());
    line.put("state", change.state().word());
    line.put("sessionsMoved", change.sessions());
    line.put("why", change.why());
    return line;
  }

  /** The line that people read. */
  static String text(Change change) {
    NodeName master = change.master();
    return switch (change.state()) {
      case READY -> master + " is back";
      case DRAINING ->
          "%s is not ready: no new connections%s (%s)"
              .formatted(master, change.sessions() == 0 ? "" : ", " + moved(change), change.why());
      case DOWN -> "%s does not answer; %s (%s)".formatted(master, moved(change), change.why());
    };
  }

  private static String moved(Change change) {
    return switch (change.sessions()) {
      case 0 -> "no sessions moved";
      case 1 -> "1 session moved";
      default -> change.sessions() + " sessions moved";
    };
  }

  /**
   * Mutable: Ctrl-C and SIGTERM. Both are the way in which this command ends well, so that the
   * process then ends with 0 and not with the signal's number.
   */
  private final class Stop implements AutoCloseable {
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread command;
    private boolean serving;
    private volatile OptionalInt code = OptionalInt.empty();

    Stop(Thread command) {
      this.command = command;
      Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "interrupt"));
    }

    private void stop() {
      if (ended.getCount() == 0) {
        return;
      }
      synchronized (this) {
        asked.countDown();
        if (!serving) {
          command.interrupt();
        }
      }
      try {
        boolean inTime = ended.await(CLOSING.toSeconds(), TimeUnit.SECONDS);
        if (inTime && code.isPresent()) {
          session.terminal().out().flush();
          session.terminal().err().flush();
          Runtime.getRuntime().halt(code.getAsInt()); // a hook has no other say in it
        }
      } catch (InterruptedException killed) {
        Thread.currentThread().interrupt();
      }
    }

    /**
     * From now on a stop only wakes who waits for it: files are written, and taken away again.
     *
     * @throws InterruptedException if it was asked for already
     */
    synchronized void serve() throws InterruptedException {
      if (isAsked()) {
        throw new InterruptedException();
      }
      serving = true;
    }

    boolean isAsked() {
      return asked.getCount() == 0;
    }

    /** Waits to be stopped; false where that took longer. */
    boolean await(Duration most) throws InterruptedException {
      Duration longest = Duration.ofDays(36_500); // what nanoseconds can say
      Duration time = most.compareTo(longest) < 0 ? most : longest;
      return asked.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** The exit code of a process that is stopped by a signal. */
    void endWith(int exitCode) {
      code = OptionalInt.of(exitCode);
    }

    @Override
    public void close() {
      ended.countDown();
    }
  }
}
