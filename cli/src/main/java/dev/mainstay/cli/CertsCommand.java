package dev.mainstay.cli;

import dev.mainstay.cluster.CertificateList;
import dev.mainstay.cluster.ClusterLock;
import dev.mainstay.cluster.ListCertificates;
import dev.mainstay.cluster.RenewCertificates;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.GoDuration;
import dev.mainstay.model.WholeFile;
import dev.mainstay.ssh.Hosts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The certificates of a cluster. */
final class CertsCommand {
  private CertsCommand() {}

  static CommandLine commands(Session session) {
    CommandLine line = new CommandLine(new Group());
    line.addSubcommand(new ListThem(session));
    line.addSubcommand(new Renew(session));
    return line;
  }

  @Command(
      name = "certs",
      description = "List and renew certificates and kubeconfigs.",
      synopsisSubcommandLabel = "COMMAND")
  static final class Group {}

  @Command(
      name = "list",
      description =
          "List every certificate and kubeconfig of every node, and whether ports serve what lies"
              + " on disk. Needs no API.")
  static final class ListThem implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();

    @Option(
        names = "--prometheus",
        paramLabel = "FILE",
        description =
            "Write metrics to this file instead, for node_exporter's textfile collector; - is"
                + " standard output.")
    @Nullable Path metrics;

    private final Session session;

    ListThem(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      ClusterSpec spec = options.spec(session);
      CertificateList list;
      try (Hosts hosts = options.hosts(session, spec)) {
        list = new ListCertificates(hosts, session.clock()).list(spec);
      }
      Path file = metrics;
      Terminal terminal = session.terminal();
      if (file != null) {
        String text = CertificateText.metrics(spec, list);
        if (file.toString().equals("-")) {
          terminal.out().print(text);
        } else {
          try {
            // the collector may read it at any moment
            WholeFile.write(file, text, "rw-r--r--");
          } catch (IOException broken) {
            throw new Failure.Failed(
                "cannot write " + file + ": " + broken,
                "make the folder, or name another file with --prometheus");
          }
        }
      } else {
        terminal
            .out()
            .print(
                options.json()
                    ? Json.text(CertificateText.document(list)) + "\n"
                    : CertificateText.table(list));
      }
      list.unreachable().forEach(failure -> terminal.err().println(failure.text()));
      return list.unreachable().isEmpty()
          ? ExitCode.DONE
          : new Failure.Unreachable("", "", true).exitCode();
    }
  }

  @Command(
      name = "renew",
      description =
          "Renew what is due, one master at a time, and verify what is served. A second run changes"
              + " nothing (with --all it renews everything again). Authorities are never replaced.")
  static final class Renew implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();

    @Option(
        names = "--within",
        paramLabel = "SPAN",
        description =
            "Renew what ends within this span: 90d, 720h (default: 30 days, or a third of a"
                + " certificate's life if that is less).")
    @Nullable String within;

    @Option(
        names = "--all",
        description = "Renew everything that kubeadm made; kubelets renew their own.")
    boolean all;

    private final Session session;

    Renew(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      Optional<Duration> span = span();
      ClusterSpec spec = options.spec(session);
      try (Hosts hosts = options.hosts(session, spec);
          ClusterLock lock = ClusterLock.take(spec, hosts, session.owner(), session.clock())) {
        RenewCertificates renew = new RenewCertificates(hosts, session.clock());
        RenewCertificates.Renewal renewal = all ? renew.planAll(spec) : renew.planDue(spec, span);
        return new PlanRun(session, options, spec, words())
            .run(
                renewal.plan(),
                renewal.unreachable(),
                lock,
                (listeners, stop) ->
                    new PlanRun.Outcome(renew.run(renewal, listeners, stop), Optional.empty()));
      }
    }

    private Optional<Duration> span() {
      String text = within;
      if (text == null) {
        return Optional.empty();
      }
      if (all) {
        throw new Failure.Usage("--all and --within exclude each other", "pass one of them");
      }
      Optional<Duration> span = GoDuration.parse(text);
      if (span.isEmpty()) {
        throw new Failure.Usage(
            "\"" + text + "\" is not a span of time", "for example 90d or 720h");
      }
      return span;
    }

    private PlanRun.Words words() {
      return new PlanRun.Words(
          "certs renew",
          "nothing to do: no certificate is due",
          "Renew these certificates?",
          "certificates are renewed and served. A kubeconfig that you took before holds an old one:"
              + " mainstay kubeconfig --out FILE writes it anew",
          "mainstay certs renew" + (all ? " --all" : within == null ? "" : " --within " + within));
    }
  }
}
