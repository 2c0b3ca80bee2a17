package dev.mainstay.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "apply",
    description = "Make the cluster what the file says. A second run changes nothing.")
final class ApplyCommand implements Callable<Integer> {
  @Mixin GlobalOptions options = new GlobalOptions();
  @Mixin WishOptions wishes = new WishOptions();

  @Option(
      names = "--remove",
      paramLabel = "NAME",
      description =
          "The node NAME, which the file no longer has, may be taken out of the cluster without"
              + " asking.")
  List<String> remove = List.of();

  private final Session session;

  ApplyCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    return new ApplyRun(session, options)
        .wishing(wishes.wishes(), WishOptions.names("--remove", remove), wishes.only())
        .run("apply");
  }
}
