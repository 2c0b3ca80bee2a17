package dev.mainstay.cli;

import dev.mainstay.bundle.BundleException;
import dev.mainstay.model.Failure;
import dev.mainstay.model.Spelling;
import dev.mainstay.playground.PlaygroundException;
import java.io.BufferedReader;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The program: wires the commands by hand and turns failures into messages and exit codes. */
@Command(
    name = "mainstay",
    mixinStandardHelpOptions = true,
    version = "mainstay 0.1.0",
    description = "Highly available Kubernetes on servers you already own.",
    synopsisSubcommandLabel = "COMMAND")
public final class Main {
  // set by the launcher: somebody sits there to read questions and to answer them, wherever the
  // output goes
  private static final String PERSON = "mainstay.person";

  private Main() {}

  /** Runs the command line and ends the process with its exit code. */
  public static void main(String[] arguments) {
    PrintStream out = stream(FileDescriptor.out);
    PrintStream err = stream(FileDescriptor.err);
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    Session session =
        new Session(
            new Terminal(
                out,
                err,
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
                terminal || System.getProperty(PERSON) != null,
                terminal && !System.getenv().containsKey("NO_COLOR")),
            System.getenv(),
            Clock.systemUTC(),
            Path.of(System.getProperty("user.home")));
    int code = run(session, arguments);
    out.flush();
    err.flush();
    System.exit(code);
  }

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /** Runs one command line in {@code session} and returns its exit code. */
  static int run(Session session, String... arguments) {
    CommandLine line = commands(session);
    line.setOut(new java.io.PrintWriter(session.terminal().out(), true, StandardCharsets.UTF_8));
    line.setErr(new java.io.PrintWriter(session.terminal().err(), true, StandardCharsets.UTF_8));
    line.setExecutionExceptionHandler((failure, command, parsed) -> explain(session, failure));
    line.setParameterExceptionHandler((mistake, given) -> {
      PrintStream err = session.terminal().err();
      err.println(mistake.getMessage());
      suggestion(mistake).ifPresent(err::println);
      err.println(
          "    "
              + mistake.getCommandLine().getCommandSpec().qualifiedName()
              + " --help shows what it takes");
      return ExitCode.USAGE;
    });
    return line.execute(arguments);
  }

  /** The subcommand or option that was meant by the first word that is none. */
  private static Optional<String> suggestion(CommandLine.ParameterException mistake) {
    CommandLine command = mistake.getCommandLine();
    return mistake instanceof CommandLine.UnmatchedArgumentException unmatched
        ? unmatched.getUnmatched().stream()
            .findFirst()
            .map(word -> word.replaceFirst("=.*", ""))
            .flatMap(word ->
                Spelling.nearest(
                    word,
                    word.startsWith("-")
                        ? command.getCommandSpec().optionsMap().keySet().stream()
                            .filter(option -> option.startsWith("--"))
                            .toList()
                        : command.getSubcommands().keySet()))
            .map(word -> "    did you mean \"" + word + "\"?")
        : Optional.empty();
  }

  static CommandLine commands(Session session) {
    CommandLine line = new CommandLine(new Main());
    line.addSubcommand(new InitCommand(session));
    line.addSubcommand(new CheckCommand(session));
    line.addSubcommand(new PlanCommand(session));
    line.addSubcommand(new ApplyCommand(session));
    line.addSubcommand(new StatusCommand(session));
    line.addSubcommand(new KubeconfigCommand(session));
    line.addSubcommand(new ConnectCommand(session));
    line.addSubcommand(new DrillCommand(session));
    line.addSubcommand(CertsCommand.commands(session));
    line.addSubcommand(EtcdCommand.commands(session));
    line.addSubcommand(RunsCommand.commands(session));
    line.addSubcommand(new ResetCommand(session));
    line.addSubcommand(BundleCommand.commands(session));
    line.addSubcommand(PlaygroundCommand.commands(session));
    line.addSubcommand(new SchemaCommand(session));
    line.addSubcommand(new AutoComplete.GenerateCompletion());
    line.addSubcommand(new HelpCommand());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    addHelp(line);
    return line;
  }

  private static void addHelp(CommandLine line) {
    if (line.getCommandSpec().findOption("--help") == null) {
      line.getCommandSpec()
          .addOption(
              CommandLine.Model.OptionSpec.builder("-h", "--help")
                  .usageHelp(true)
                  .description("Show this page.")
                  .build());
    }
    line.getSubcommands().values().forEach(Main::addHelp);
  }

  private static int explain(Session session, Exception exception) {
    PrintStream err = session.terminal().err();
    return switch (exception) {
      case Failure failure -> {
        err.println(failure.text());
        yield failure.exitCode();
      }
      case BundleException failure -> {
        err.println(failure.getMessage());
        yield ExitCode.FAILED;
      }
      case PlaygroundException failure -> {
        err.println(failure.getMessage());
        yield ExitCode.FAILED;
      }
      case UncheckedIOException failure -> {
        String message = String.valueOf(failure.getMessage());
        String cause = String.valueOf(failure.getCause());
        err.println(message.contains(cause) ? message : message + ": " + cause);
        yield ExitCode.FAILED;
      }
      case InterruptedException interrupted -> ExitCode.INTERRUPTED;
      default -> {
        err.println("this is a bug in Mainstay; please report it with what follows");
        exception.printStackTrace(err);
        yield ExitCode.FAILED;
      }
    };
  }
}
