package dev.mainstay.playground;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Runs programs of this machine, without a shell. */
final class Command {
  private Command() {}

  /** Runs to the end with no standard input. */
  static Captured run(List<String> command) {
    return run(command, "");
  }

  static Captured run(String... command) {
    return run(Arrays.asList(command), "");
  }

  /** Runs to the end with {@code input} as standard input. */
  static Captured run(List<String> command, String input) {
    try {
      Process process = new ProcessBuilder(command).start();
      CompletableFuture<String> stderr = new CompletableFuture<>();
      Thread.ofVirtual().start(() -> stderr.complete(read(process.getErrorStream())));
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException endedWithoutReading) {
        // its exit status says the rest
      }
      String stdout = read(process.getInputStream());
      return new Captured(await(process), stdout, stderr.join());
    } catch (IOException e) {
      throw new PlaygroundException("cannot run " + command.getFirst() + ": " + e.getMessage(), e);
    }
  }

  /** Runs to the end and returns its output; fails where the exit status is not 0. */
  static String must(String... command) {
    return must(Arrays.asList(command));
  }

  static String must(List<String> command) {
    Captured captured = run(command);
    if (captured.exit() != 0) {
      throw new PlaygroundException(
          "`%s` exited %d: %s"
              .formatted(String.join(" ", command), captured.exit(), captured.stderr().strip()));
    }
    return captured.stdout();
  }

  /** Waits for the end of {@code process}; an interrupt ends it and fails. */
  static int await(Process process) {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new PlaygroundException("interrupted", e);
    }
  }

  private static String read(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
