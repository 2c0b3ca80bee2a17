package dev.mainstay.cli;

import dev.mainstay.bundle.Artifact;
import dev.mainstay.bundle.Bundle;
import dev.mainstay.model.Failure;
import dev.mainstay.model.KubernetesVersion;
import dev.mainstay.model.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** All artifacts of one Kubernetes version: made, looked at, verified. */
final class BundleCommand {
  private BundleCommand() {}

  static CommandLine commands(Session session) {
    CommandLine line = new CommandLine(new Group());
    line.addSubcommand(new Fetch(session));
    line.addSubcommand(new Build(session));
    line.addSubcommand(new Verify(session));
    line.addSubcommand(new ListBundles(session));
    return line;
  }

  @Command(
      name = "bundle",
      description = "Make and verify bundles: all artifacts of one Kubernetes version.",
      synopsisSubcommandLabel = "COMMAND")
  static final class Group {}

  /** Mutable (filled by picocli): which version is meant. */
  static final class VersionOption {
    @Option(
        names = "--kubernetes",
        paramLabel = "VERSION",
        description = "The Kubernetes version (default: the newest that Mainstay proposes).")
    String text = KubernetesVersion.DEFAULT.toString();

    KubernetesVersion version() {
      return KubernetesVersion.parse(text)
          .orElseThrow(() ->
              new Failure.Usage(
                  "\"" + text + "\" is not a Kubernetes version",
                  "write all three numbers: " + KubernetesVersion.DEFAULT));
    }
  }

  @Command(name = "fetch", description = "Download upstream's released binaries and images.")
  static final class Fetch implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();
    @Mixin VersionOption version = new VersionOption();
    private final Session session;

    Fetch(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      print(session, options, List.of(new BundleSupply(session).fetch(version.version())));
      return ExitCode.DONE;
    }
  }

  @Command(name = "build", description = "Build everything from source: pinned Go modules.")
  static final class Build implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();
    @Mixin VersionOption version = new VersionOption();
    private final Session session;

    Build(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      print(session, options, List.of(new BundleSupply(session).build(version.version())));
      return ExitCode.DONE;
    }
  }

  @Command(name = "verify", description = "Compare every file with the manifest's digests.")
  static final class Verify implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();
    private final Session session;

    Verify(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      List<Problem> problems = new ArrayList<>();
      List<Bundle> bundles = new BundleSupply(session).cache().list();
      bundles.forEach(bundle -> problems.addAll(bundle.verify()));
      if (options.json()) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("bundles", bundles.size());
        document.put("problems", problems.stream().map(Problem::toString).toList());
        session.terminal().out().println(Json.text(document));
      } else {
        problems.forEach(session.terminal().out()::println);
        session
            .terminal()
            .out()
            .println(bundles.size() + " bundles verified, " + problems.size() + " problems");
      }
      return problems.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }
  }

  @Command(name = "list", description = "List the bundles in the cache.")
  static final class ListBundles implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();
    private final Session session;

    ListBundles(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      print(session, options, new BundleSupply(session).cache().list());
      return ExitCode.DONE;
    }
  }

  private static void print(Session session, GlobalOptions options, List<Bundle> bundles) {
    if (options.json()) {
      List<Map<String, Object>> list = new ArrayList<>();
      for (Bundle bundle : bundles) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("kubernetes", bundle.manifest().kubernetes().toString());
        one.put("directory", bundle.directory().toString());
        one.put("digest", bundle.digest());
        one.put("artifacts", bundle.manifest().artifacts().size());
        one.put("bytes", bytes(bundle));
        list.add(one);
      }
      session.terminal().out().println(Json.text(list));
      return;
    }
    for (Bundle bundle : bundles) {
      session
          .terminal()
          .out()
          .printf(
              Locale.ROOT,
              "%-8s %4d artifacts %6.0f MB  %s%n",
              bundle.manifest().kubernetes(),
              bundle.manifest().artifacts().size(),
              bytes(bundle) / 1e6,
              bundle.directory());
    }
  }

  private static long bytes(Bundle bundle) {
    return bundle.manifest().artifacts().stream().mapToLong(Artifact::size).sum();
  }
}
