package dev.mainstay.cli;

import dev.mainstay.model.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "init",
    description = "Write a commented cluster file to start with. Never overwrites one.")
final class InitCommand implements Callable<Integer> {
  @Mixin GlobalOptions options = new GlobalOptions();
  private final Session session;

  InitCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Path file = options.clusterFile(session);
    try (InputStream template = InitCommand.class.getResourceAsStream("cluster.yaml")) {
      if (template == null) {
        throw new IllegalStateException("the template is missing");
      }
      Files.writeString(
          file,
          new String(template.readAllBytes(), StandardCharsets.UTF_8),
          StandardOpenOption.CREATE_NEW);
    } catch (FileAlreadyExistsException exists) {
      throw new Failure.Failed(
          file + " exists and is left as it is", "edit it, or name another with -f");
    } catch (IOException broken) {
      throw new UncheckedIOException("cannot write " + file, broken);
    }
    session
        .terminal()
        .out()
        .println(
            options.json()
                ? Json.text(Map.of("file", file.toString()))
                : "wrote "
                    + file
                    + "\n"
                    + "    put your addresses in, then: mainstay check, mainstay plan, mainstay"
                    + " apply");
    return ExitCode.DONE;
  }
}
