package dev.mainstay.cli;

import dev.mainstay.cluster.CheckHosts;
import dev.mainstay.model.ClusterFile;
import dev.mainstay.model.Failure;
import dev.mainstay.model.Problem;
import dev.mainstay.ssh.Hosts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "check",
    description = "Check the cluster file, then whether every host can carry its node.")
final class CheckCommand implements Callable<Integer> {
  @Mixin GlobalOptions options = new GlobalOptions();

  @Option(names = "--file-only", description = "Check the file and connect to nobody.")
  boolean fileOnly;

  private final Session session;

  CheckCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    ClusterFile.Decoded decoded = ClusterFile.read(options.clusterFile(session), session.home());
    List<Problem> problems = new ArrayList<>(decoded.problems());
    int code =
        decoded.spec().isPresent() ? ExitCode.DONE : new Failure.InvalidFile("", "").exitCode();
    if (decoded.spec().isPresent() && !fileOnly) {
      try (Hosts hosts = options.hosts(session, decoded.spec().get())) {
        List<Problem> found = new CheckHosts(hosts, session.clock()).check(decoded.spec().get());
        problems.addAll(found);
        if (found.stream().anyMatch(Problem::isError)) {
          code = new Failure.PreflightFailed("", "").exitCode();
        }
      }
    }
    print(problems, code);
    return code;
  }

  private void print(List<Problem> problems, int code) {
    Terminal terminal = session.terminal();
    if (options.json()) {
      terminal.out().println(Json.text(document(problems, code)));
      return;
    }
    problems.forEach(terminal.out()::println);
    if (code == ExitCode.DONE) {
      terminal
          .out()
          .println(fileOnly ? "the file is valid" : "the file is valid and every host is fit");
    }
  }

  static Map<String, Object> document(List<Problem> problems, int code) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("valid", code == ExitCode.DONE);
    document.put("problems", Json.problems(problems));
    return document;
  }
}
