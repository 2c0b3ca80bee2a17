package dev.mainstay.cli;

import dev.mainstay.cluster.ClusterLock;
import dev.mainstay.cluster.Drill;
import dev.mainstay.cluster.DrillReport;
import dev.mainstay.cluster.Fault;
import dev.mainstay.cluster.RunDrill;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.GoDuration;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Spelling;
import dev.mainstay.ssh.Hosts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "drill",
    description = {
      "Break something on purpose, heal it, and measure what every node saw of it.",
      "",
      "FAULT is one of:",
      "  master-down NAME        its kubelet, static pods and local proxy end at once",
      "  master-black-hole NAME  no packet comes in or goes out, but for logins",
      "  master-frozen NAME      its apiserver stops in the middle of what it does",
      "  etcd-leader             the leader of etcd is killed",
      "  all-masters-in-turn     master-down for each, once all is well again",
      "  proxy-restart [NAME]    the local proxy is restarted; of every node in turn",
      "",
      "A timer on the host heals it even when this machine dies meanwhile. Refused (exit 6) where"
          + " the cluster is not healthy or could not afford it."
    })
final class DrillCommand implements Callable<Integer> {
  private static final Duration SHORTEST = Duration.ofSeconds(3);
  private static final Duration LONGEST = Duration.ofMinutes(10);
  // until kubelet's probes would replace a frozen apiserver
  private static final Duration LONGEST_FROZEN = Duration.ofSeconds(60);

  /** How long a drill that was interrupted may take to heal and to tell. */
  private static final Duration HEALING = Duration.ofMinutes(5);

  @Mixin GlobalOptions options = new GlobalOptions();

  @Parameters(index = "0", paramLabel = "FAULT", description = "What to break, see above.")
  String fault = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "On which node: m2.")
  @Nullable String name;

  @Option(
      names = "--for",
      paramLabel = "DURATION",
      defaultValue = "20s",
      description = "How long a fault lasts that does not heal itself (default: 20s).")
  String lasts = "20s";

  private final Session session;

  DrillCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Fault wanted = fault();
    Optional<NodeName> target = target(wanted);
    Duration time = time(wanted);
    ClusterSpec spec = options.spec(session);
    target.ifPresent(name -> wanted.target(spec, name));
    try (Hosts hosts = options.hosts(session, spec);
        ClusterLock lock = ClusterLock.take(spec, hosts, session.owner(), session.clock())) {
      session.terminal().err().println("looking whether the cluster can afford it");
      RunDrill run = new RunDrill(hosts, session.clock());
      Drill drill = run.plan(spec, wanted, target, time);
      options.confirmByName(session, spec, question(drill));
      lock.ensureHeld();
      // where no report can be kept, nothing is broken either
      Path folder = Files.createDirectories(options.home(session, spec).drills());
      StopSignal stop = new StopSignal(lock::lost);
      try (OnInterrupt _ =
          new OnInterrupt(
              session.terminal(), stop, "stopping; what is broken is healed first", HEALING)) {
        DrillProgress progress =
            new DrillProgress(
                session.terminal(),
                session.terminal().colour() && !options.noColor && !options.json());
        DrillReport report = run.run(drill, progress, stop);
        tell(report, folder);
        return report.broken().isEmpty()
            ? ExitCode.DONE
            : stop.isRequested() ? ExitCode.INTERRUPTED : report.broken().getFirst().exitCode();
      }
    }
  }

  private static String question(Drill drill) {
    return "This breaks %s%s of cluster %s on purpose: %s. It heals itself."
        .formatted(
            drill.targets().stream()
                .map(node -> node.name().value())
                .collect(Collectors.joining(", then ")),
            drill.fault() == Fault.ETCD_LEADER ? ", or who leads etcd when it comes to it," : "",
            drill.spec().name(),
            drill.fault().meaning());
  }

  private Fault fault() {
    if (fault.equals(Drill.ALL_MASTERS_IN_TURN)) {
      return Fault.MASTER_DOWN;
    }
    return Arrays.stream(Fault.values())
        .filter(one -> one.word().equals(fault))
        .findFirst()
        .orElseThrow(() -> {
          List<String> words =
              new ArrayList<>(Arrays.stream(Fault.values()).map(Fault::word).toList());
          words.add(Drill.ALL_MASTERS_IN_TURN);
          return new Failure.Usage(
              "drill: there is no fault \"" + fault + "\"",
              Spelling.nearest(fault, words)
                  .map(word -> "did you mean " + word + "?")
                  .orElse("mainstay drill --help lists them"));
        });
  }

  private Optional<NodeName> target(Fault wanted) {
    boolean needsOne =
        !fault.equals(Drill.ALL_MASTERS_IN_TURN)
            && wanted != Fault.ETCD_LEADER
            && wanted != Fault.PROXY_RESTART;
    boolean takesNone = fault.equals(Drill.ALL_MASTERS_IN_TURN) || wanted == Fault.ETCD_LEADER;
    String given = name;
    if (given == null) {
      if (needsOne) {
        throw new Failure.Usage(
            "drill " + fault + ": on which master?",
            "for example: mainstay drill " + fault + " m2");
      }
      return Optional.empty();
    }
    if (takesNone) {
      throw new Failure.Usage("drill " + fault + " takes no name", "leave \"" + given + "\" out");
    }
    if (!NodeName.isValid(given)) {
      throw new Failure.Usage(
          "drill " + fault + ": \"" + given + "\" is not a node's name",
          "the file has them: m1, w2");
    }
    return Optional.of(new NodeName(given));
  }

  private Duration time(Fault wanted) {
    Duration longest = wanted == Fault.MASTER_FROZEN ? LONGEST_FROZEN : LONGEST;
    return GoDuration.parse(lasts)
        .filter(time -> time.compareTo(SHORTEST) >= 0 && time.compareTo(longest) <= 0)
        .orElseThrow(() ->
            new Failure.Usage(
                "--for: \"%s\" is not a duration from %d s to %d s"
                    .formatted(lasts, SHORTEST.toSeconds(), longest.toSeconds()),
                "for example 20s"));
  }

  /** Prints it before it is kept: a full disk takes no measurement away. */
  private void tell(DrillReport report, Path folder) throws IOException {
    String markdown = DrillText.markdown(report);
    String json = Json.text(DrillText.document(report)) + "\n";
    Terminal terminal = session.terminal();
    terminal.out().print(options.json() ? json : markdown);
    terminal.out().flush();
    String stem =
        DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'")
                .withZone(ZoneOffset.UTC)
                .format(report.began())
            + "-"
            + fault;
    Files.writeString(folder.resolve(stem + ".md"), markdown);
    Files.writeString(folder.resolve(stem + ".json"), json);
    Files.writeString(folder.resolve(stem + ".html"), DrillPage.of(report));
    terminal.err().println("the report: " + folder.resolve(stem) + ".md, .json, .html");
  }
}
