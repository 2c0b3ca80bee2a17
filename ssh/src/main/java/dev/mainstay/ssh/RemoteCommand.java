package dev.mainstay.ssh;

import java.time.Duration;
import java.util.List;

/**
 * One script for one host's bash, run as root.
 *
 * @param script the text of the script, which takes its arguments as {@code $1} and on; it holds no
 *     secret and nothing of the user's
 * @param arguments quoted by the transport, and by nobody else
 * @param stdin where everything secret or large goes
 * @param deadline how long the command may take in all
 */
public record RemoteCommand(String script, List<String> arguments, Stdin stdin, Duration deadline) {
  private static final Duration SHORT = Duration.ofSeconds(30);

  public RemoteCommand {
    arguments = List.copyOf(arguments);
  }

  /** A command with no input that is done within 30 seconds. */
  public static RemoteCommand of(String script, String... arguments) {
    return new RemoteCommand(script, List.of(arguments), Stdin.EMPTY, SHORT);
  }

  public RemoteCommand withStdin(Stdin input) {
    return new RemoteCommand(script, arguments, input, deadline);
  }

  public RemoteCommand within(Duration limit) {
    return new RemoteCommand(script, arguments, stdin, limit);
  }
}
