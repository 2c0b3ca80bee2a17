package dev.mainstay.cli;

import dev.mainstay.engine.Runs;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The runs that this machine remembers of a cluster. */
final class RunsCommand {
  private static final String NONE = "no runs are remembered here yet";

  private RunsCommand() {}

  static CommandLine commands(Session session) {
    CommandLine line = new CommandLine(new Group());
    line.addSubcommand(new ListRuns(session));
    line.addSubcommand(new ShowRun(session));
    line.addSubcommand(new ResumeRun(session));
    return line;
  }

  @Command(
      name = "runs",
      description = "List, show and resume the runs of apply.",
      synopsisSubcommandLabel = "COMMAND")
  static final class Group {}

  private static Runs runs(Session session, GlobalOptions options) {
    ClusterSpec spec = options.spec(session);
    return new Runs(options.home(session, spec).runs());
  }

  @Command(name = "list", description = "List the runs, the oldest first.")
  static final class ListRuns implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();
    private final Session session;

    ListRuns(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      List<Runs.Run> runs = runs(session, options).list();
      if (options.json()) {
        session.terminal().out().println(Json.text(runs.stream().map(RunsCommand::brief).toList()));
        return ExitCode.DONE;
      }
      if (runs.isEmpty()) {
        session.terminal().err().println(NONE);
      }
      for (Runs.Run run : runs) {
        session
            .terminal()
            .out()
            .printf(
                Locale.ROOT,
                "%s  %-14s %-12s %3d steps%n",
                run.id(),
                run.facts().getOrDefault("command", ""),
                run.result(),
                run.steps().size());
      }
      return ExitCode.DONE;
    }
  }

  private static Map<String, Object> brief(Runs.Run run) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("id", run.id());
    one.put("startedAt", run.startedAt());
    one.put("command", run.facts().getOrDefault("command", ""));
    one.put("owner", run.facts().getOrDefault("owner", ""));
    one.put("result", run.result());
    one.put("steps", run.steps().size());
    return one;
  }

  @Command(name = "show", description = "Show what a run did, step by step.")
  static final class ShowRun implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();

    @Parameters(
        paramLabel = "RUN",
        arity = "0..1",
        defaultValue = "last",
        description = "The run's id (default: the last one).")
    String id = "last";

    private final Session session;

    ShowRun(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      Runs.Run run =
          runs(session, options)
              .find(id)
              .orElseThrow(() ->
                  id.equals("last")
                      ? new Failure.Usage(NONE, "mainstay apply makes the first")
                      : new Failure.Usage("there is no run " + id, "mainstay runs list has them"));
      if (options.json()) {
        Map<String, Object> document = brief(run);
        List<Map<String, Object>> steps = new ArrayList<>();
        for (Runs.RunStep step : run.steps()) {
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("id", step.id());
          one.put("reason", step.reason());
          one.put("what", step.what());
          one.put("result", step.result());
          one.put("seconds", step.seconds());
          if (!step.detail().isEmpty()) {
            one.put("detail", step.detail());
          }
          steps.add(one);
        }
        document.put("steps", steps);
        session.terminal().out().println(Json.text(document));
        return ExitCode.DONE;
      }
      session
          .terminal()
          .out()
          .println(run.id() + "  " + run.result() + "  " + run.facts().getOrDefault("owner", ""));
      for (Runs.RunStep step : run.steps()) {
        session
            .terminal()
            .out()
            .printf(
                Locale.ROOT,
                "%-10s %7.1f s  %s: %s%s%n",
                step.result(),
                step.seconds(),
                step.id(),
                step.what(),
                step.detail().isEmpty() ? "" : "\n    " + step.detail().replace("\n", "\n    "));
      }
      return ExitCode.DONE;
    }
  }

  @Command(
      name = "resume",
      description =
          "Go on with the last run that did not end well: look at the hosts and do what is left.")
  static final class ResumeRun implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();
    private final Session session;

    ResumeRun(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      List<Runs.Run> runs = runs(session, options).list();
      if (runs.isEmpty() || !runs.getLast().isUnfinished()) {
        session
            .terminal()
            .err()
            .println(runs.isEmpty() ? NONE : "the last run ended well; there is nothing to resume");
        return ExitCode.DONE;
      }
      Runs.Run last = runs.getLast();
      ApplyRun run = ApplyRun.resuming(session, options, last.facts());
      session.terminal().err().println("resuming run " + last.id() + " (" + last.result() + ")");
      return run.run("resume");
    }
  }
}
