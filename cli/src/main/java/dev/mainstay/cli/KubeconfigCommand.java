package dev.mainstay.cli;

import dev.mainstay.cluster.Credentials;
import dev.mainstay.cluster.ExportKubeconfig;
import dev.mainstay.cluster.Kubeconfig;
import dev.mainstay.cluster.KubeconfigFile;
import dev.mainstay.cluster.SignUser;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Hosts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "kubeconfig",
    description =
        "Print a kubeconfig, write it to a file of mode 0600, or merge it into the one you have:"
            + " the administrator's, or with --user a person's for some hours.")
final class KubeconfigCommand implements Callable<Integer> {
  private static final String MARK = "# Written by mainstay kubeconfig\n";

  @Mixin GlobalOptions options = new GlobalOptions();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Write to this file; one that Mainstay did not write, or that has entries of others or of"
              + " another cluster of this name in it, is left alone.")
  @Nullable Path target;

  @Mixin PersonOptions person = new PersonOptions();
  @Mixin MergeOptions merging = new MergeOptions();

  private final Session session;

  KubeconfigCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    Optional<SignUser.Wish> wish = person.wish();
    Path file = target;
    if (file != null && merging.merge) {
      throw new Failure.Usage(
          "--out and --merge exclude each other", "with --merge, --into names the file");
    }
    Optional<KubeconfigFile> into = merging.file(session);
    ClusterSpec spec = options.spec(session);
    into.ifPresent(mine -> mine.check(merging.manner()));
    if (file != null) {
      refuseForeign(file, spec);
      refuseNowhere(file);
    }
    Credentials credentials;
    try (Hosts hosts = options.hosts(session, spec)) {
      credentials = PersonOptions.credentials(hosts, spec, wish);
    }
    Kubeconfig kubeconfig = ExportKubeconfig.export(spec, credentials);
    String trial = wish.isPresent() ? "auth whoami" : "get nodes";
    if (into.isPresent()) {
      report(
          into.get(),
          kubeconfig,
          into.get().merge(kubeconfig, merging.manner()),
          credentials,
          trial);
    } else if (file == null) {
      print(kubeconfig);
    } else {
      lay(file, kubeconfig);
      report(file, credentials, trial);
    }
    wish.ifPresent(
        asked -> PersonOptions.tell(session.terminal().err(), credentials, asked, session.clock()));
    return ExitCode.DONE;
  }

  private void print(Kubeconfig kubeconfig) {
    session
        .terminal()
        .out()
        .print(options.json() ? Json.text(kubeconfig.document()) + "\n" : MARK + kubeconfig.text());
  }

  /** {@code trial} is what everybody in the kubeconfig may ask. */
  private void report(Path file, Credentials credentials, String trial) {
    Terminal terminal = session.terminal();
    if (options.json()) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("file", file.toString());
      PersonOptions.describe(document, credentials);
      terminal.out().println(Json.text(document));
    } else {
      terminal
          .err()
          .println("wrote " + file + "\n    try: kubectl --kubeconfig " + file + " " + trial);
    }
  }

  private void report(
      KubeconfigFile file,
      Kubeconfig kubeconfig,
      KubeconfigFile.Merged merged,
      Credentials credentials,
      String trial) {
    Terminal terminal = session.terminal();
    if (options.json()) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("file", file.path().toString());
      document.put("changed", merged.changed());
      document.put("contexts", kubeconfig.contexts());
      document.put("currentContext", merged.current());
      PersonOptions.describe(document, credentials);
      terminal.out().println(Json.text(document));
      return;
    }
    terminal
        .err()
        .println(
            "%s; its contexts are %s; current is %s"
                .formatted(
                    merged.changed()
                        ? "merged into " + file.path()
                        : file.path() + " has all of it already and was not touched",
                    String.join(", ", kubeconfig.contexts()),
                    merged.current()));
    terminal
        .err()
        .println(
            "    try: kubectl --kubeconfig %s --context %s %s"
                .formatted(file.path(), kubeconfig.currentContext(), trial));
  }

  private static void refuseForeign(Path file, ClusterSpec spec) {
    if (!Files.exists(file)) {
      return;
    }
    String advice = "name another file with --out, or merge into it with --merge --into " + file;
    if (!hasMark(file)) {
      throw new Failure.Refused(file + " was not written by Mainstay and is left as it is", advice);
    }
    // the mark is a comment, and may have stayed when other entries came
    List<String> foreign = new KubeconfigFile(file).foreign(spec.name());
    if (!foreign.isEmpty()) {
      throw new Failure.Refused(
          "%s has entries that are not Mainstay's of %s, and is left as it is:\n%s"
              .formatted(file, spec.name(), String.join("\n", foreign)),
          advice);
    }
  }

  /**
   * Writes the file, unless it is of another cluster of the same name: only now it is known whose
   * authority this one has.
   */
  static void lay(Path file, Kubeconfig kubeconfig) {
    List<String> others = new KubeconfigFile(file).ofNamesake(kubeconfig);
    if (!others.isEmpty()) {
      throw new Failure.Refused(
          "%s is of another cluster of the same name, and is left as it is:\n%s"
              .formatted(file, String.join("\n", others)),
          "name another file with --out; if that cluster is gone and this one was made in its"
              + " place, remove the file first");
    }
    KubeconfigFile.lay(file, MARK + kubeconfig.text());
  }

  private static boolean hasMark(Path file) {
    byte[] mark = MARK.getBytes(StandardCharsets.UTF_8);
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(mark.length), mark);
    } catch (IOException unreadable) {
      return false;
    }
  }

  private static void refuseNowhere(Path file) {
    Path folder = file.toAbsolutePath().normalize().resolveSibling(".");
    if (!Files.isWritable(folder)) {
      throw new Failure.Failed(
          "cannot write " + file + ": its folder does not exist or is not yours",
          "make the folder, or name another file with --out");
    }
  }
}
