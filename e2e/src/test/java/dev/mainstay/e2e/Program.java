package dev.mainstay.e2e;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Runs the program as people do: as a process of its own. */
final class Program {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, String> environment;

  Program(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /** What a run came to. */
  record Result(int exit, String out, String err, Duration elapsed) {
    JsonNode json() {
      return JSON.readTree(out);
    }

    /** What a report of many tests keeps is the first line: it ends with what was said last. */
    @Override
    public String toString() {
      String last = err.lines().skip(Math.max(0, err.lines().count() - 4)).collect(joining(" | "));
      return "exit %d after %d ms: %s%n%s%n%s".formatted(exit, elapsed.toMillis(), last, out, err);
    }
  }

  /** A run that goes on; its output goes to files. */
  record Running(Process process, Path out, Path err, long start) {
    Result await() {
      try {
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
          String stuck = threads();
          process.destroyForcibly().waitFor();
          throw new AssertionError(
              "not done within %s\n%s\n%s".formatted(LIMIT, Files.readString(err), stuck));
        }
        Result result =
            new Result(
                process.exitValue(),
                Files.readString(out),
                Files.readString(err),
                Duration.ofNanos(System.nanoTime() - start));
        Files.delete(out);
        Files.delete(err);
        return result;
      } catch (IOException broken) {
        throw new UncheckedIOException(broken);
      } catch (InterruptedException interrupted) {
        process.destroyForcibly();
        throw new AssertionError("interrupted", interrupted);
      }
    }

    /** Where its threads are, the virtual ones too. */
    private String threads() throws IOException {
      Path dump = Files.createTempDirectory("mainstay-e2e").resolve("threads");
      try {
        local(
            Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
            String.valueOf(process.pid()),
            "Thread.dump_to_file",
            dump.toString());
        return Files.readString(dump);
      } finally {
        Files.deleteIfExists(dump);
        Files.delete(dump.getParent());
      }
    }

    /** Ends it as {@code kill -9} does. */
    void kill() {
      process.destroyForcibly();
      await();
    }
  }

  Running start(String... arguments) {
    // a shell's background jobs ignore Ctrl-C, and so would what they start
    List<String> line = new ArrayList<>(List.of("env", "--default-signal=INT"));
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.mainstay.cli.Main"));
    line.addAll(List.of(arguments));
    try {
      Path out = Files.createTempFile("mainstay-e2e", ".out");
      Path err = Files.createTempFile("mainstay-e2e", ".err");
      ProcessBuilder builder =
          new ProcessBuilder(line)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().putAll(environment);
      long start = System.nanoTime();
      return new Running(builder.start(), out, err, start);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  Result run(String... arguments) {
    Result result = start(arguments).await();
    System.out.printf(
        "e2e: mainstay %s: exit %d, %.1f s%n",
        String.join(" ", arguments), result.exit(), result.elapsed().toMillis() / 1000.0);
    return result;
  }

  /** What a local command prints; for tools that the tests need beside the program. */
  static String local(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exit = process.waitFor();
      if (exit != 0) {
        throw new AssertionError(String.join(" ", command) + ": exit " + exit + ": " + out);
      }
      return out;
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException interrupted) {
      throw new AssertionError("interrupted", interrupted);
    }
  }
}
