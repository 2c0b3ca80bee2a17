package dev.mainstay.bundle;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One program run on this machine.
 *
 * @param line the program and its arguments; no shell is between
 * @param directory where it runs
 * @param environment all of its environment
 */
record Command(List<String> line, Path directory, Map<String, String> environment) {
  private static final int TAIL = 20;

  /**
   * How a program ended.
   *
   * @param status its exit status
   * @param tail the last lines of its output and errors
   */
  record Ended(int status, String tail) {
    boolean isGood() {
      return status == 0;
    }
  }

  Command {
    line = List.copyOf(line);
    environment = Map.copyOf(environment);
  }

  /**
   * Runs to the end, and gives each line of its output, errors among them, to {@code reader}. The
   * program is ended with this thread's interruption.
   */
  Ended run(Consumer<String> reader) throws IOException, InterruptedException {
    Process process = start();
    // Reading blocks without regard to interruption, so another thread reads and this one waits.
    Deque<String> tail = new ArrayDeque<>();
    Thread pump =
        Thread.ofVirtual()
            .start(() -> {
              try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                  synchronized (tail) {
                    if (tail.size() == TAIL) {
                      tail.removeFirst();
                    }
                    tail.addLast(text);
                  }
                  reader.accept(text);
                }
              } catch (IOException e) {
                synchronized (tail) {
                  tail.addLast("(its output cannot be read: " + e.getMessage() + ")");
                }
              }
            });
    try {
      int status = process.waitFor();
      pump.join();
      synchronized (tail) {
        return new Ended(status, String.join("\n", tail));
      }
    } finally {
      end(process);
    }
  }

  /** Runs to the end and returns its output's lines. */
  List<String> lines(String advice) throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    Ended ended =
        run(text -> {
          synchronized (lines) {
            lines.add(text);
          }
        });
    require(ended, advice);
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  void require(Ended ended, String advice) {
    if (!ended.isGood()) {
      throw new BundleException(name(), "exited " + ended.status() + ":\n" + ended.tail(), advice);
    }
  }

  /** The program's name and the words that say what it is to do. */
  private String name() {
    return Path.of(line.getFirst()).getFileName() + (line.size() > 1 ? " " + line.get(1) : "");
  }

  Process start() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(line).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  /** Ends a program that still runs, and what it started: {@code go build} starts compilers. */
  static void end(Process process) {
    if (process.isAlive()) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /** Where {@code program} is on {@code PATH}, or else in one of the directories {@code others}. */
  static Optional<Path> find(String program, Map<String, String> environment, String... others) {
    return Stream.concat(
            Stream.of(environment.getOrDefault("PATH", "").split(":")), Stream.of(others))
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, program))
        .filter(path -> Files.isRegularFile(path) && Files.isExecutable(path))
        .findFirst();
  }
}
