package dev.mainstay.cli;

import dev.mainstay.model.ClusterSchema;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
    name = "schema",
    description = "Print the JSON Schema of cluster files, for editors that complete them.")
final class SchemaCommand implements Callable<Integer> {
  private final Session session;

  SchemaCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    session.terminal().out().print(ClusterSchema.text());
    return ExitCode.DONE;
  }
}
