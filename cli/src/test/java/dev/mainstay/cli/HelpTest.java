package dev.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class HelpTest {
  @TempDir Path home = Path.of("");

  /** Every command by its words: {@code [playground, up]}. */
  private Map<List<String>, CommandLine> commands() {
    Map<List<String>, CommandLine> commands = new LinkedHashMap<>();
    collect(Main.commands(Captured.in(home).session()), List.of(), commands);
    return commands;
  }

  private static void collect(
      CommandLine line, List<String> path, Map<List<String>, CommandLine> commands) {
    commands.put(path, line);
    line.getSubcommands()
        .forEach((name, command) -> {
          List<String> longer = new ArrayList<>(path);
          longer.add(name);
          collect(command, longer, commands);
        });
  }

  @Test
  void everyCommandHasItsPage() {
    assertThat(commands()).hasSizeGreaterThan(25);
    for (List<String> path : commands().keySet()) {
      Captured captured = Captured.in(home);
      List<String> arguments = new ArrayList<>(path);
      arguments.add("--help");
      assertThat(captured.run(arguments.toArray(String[]::new)))
          .describedAs("%s: %s", arguments, captured.err())
          .isZero();
      assertThat(captured.err()).isEmpty();
      String name = path.isEmpty() ? "mainstay" : "mainstay-" + String.join("-", path);
      Golden.check("help/" + name + ".txt", captured.out());
    }
  }

  @Test
  void helpIsAlsoACommand() {
    Captured captured = Captured.in(home);
    assertThat(captured.run("help", "apply")).isZero();
    Golden.check("help/mainstay-apply.txt", captured.out());
    assertThat(Captured.in(home).run("help", "aply")).isEqualTo(2);
  }

  @Test
  void everyCommandSaysWhatItIsFor() {
    commands()
        .forEach((path, line) ->
            assertThat(line.getCommandSpec().usageMessage().description())
                .describedAs("%s", path)
                .isNotEmpty());
  }
}
