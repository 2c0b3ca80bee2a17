package dev.mainstay.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "apply",
    description = "Make the cluster what the file says. A second run changes nothing.")
final class ApplyCommand implements Callable<Integer> {
  @Mixin GlobalOptions options = new GlobalOptions();
  private final Session session;

  ApplyCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    return new ApplyRun(session, options).run("apply");
  }
}
