package dev.mainstay.engine;

import dev.mainstay.model.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.ObjectMapper;

/**
 * Mutable: the record of one run on the control machine's disk, one JSON object a line, each on
 * disk before the call returns. A journal without an {@code end} line is that of a run that was
 * killed. Secrets never reach it: steps carry none.
 */
public final class Journal<A> implements RunListener<A>, AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FileChannel channel;
  private final Clock clock;

  private Journal(FileChannel channel, Clock clock) {
    this.channel = channel;
    this.clock = clock;
  }

  /**
   * Starts the journal of a new run in {@code folder}, which is made, readable by its owner alone.
   *
   * @param run what the run is about: command, file, who started it; string values only
   */
  public static <A> Journal<A> start(Path folder, Map<String, String> run, Clock clock) {
    try {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Journal<A> journal =
          new Journal<>(
              FileChannel.open(
                  folder.resolve(Runs.JOURNAL),
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.WRITE),
              clock);
      journal.write("run", run);
      return journal;
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Writes the plan, so that the journal says what was meant to happen. */
  public void planned(Plan<A> plan) {
    for (Step<A> step : plan.steps()) {
      write(
          "planned",
          Map.of(
              "step",
              step.id(),
              "node",
              step.node(),
              "reason",
              step.reason().name(),
              "what",
              step.what()));
    }
  }

  @Override
  public void started(Step<A> step) {
    write("started", Map.of("step", step.id()));
  }

  @Override
  public void ended(Step<A> step, StepResult result) {
    write(
        "ended",
        Map.of(
            "step",
            step.id(),
            "result",
            result.outcome().word(),
            "detail",
            result.detail(),
            "seconds",
            result.elapsed().toMillis() / 1000.0));
  }

  /** Writes how the run ended: {@code done}, {@code failed} or {@code interrupted}. */
  public void end(String how) {
    write("end", Map.of("result", how));
  }

  private synchronized void write(String event, Map<String, ?> fields) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("at", clock.instant().toString());
    line.put("event", event);
    new java.util.TreeMap<>(fields).forEach(line::put);
    try {
      ByteBuffer bytes =
          ByteBuffer.wrap((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes); // a disk that is almost full takes a part
      }
      channel.force(false);
    } catch (IOException broken) {
      throw new Failure.Failed(
          "cannot write the journal of this run: " + broken.getMessage(),
          "is there room on this machine? Then run the same command again: what is done stays");
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
