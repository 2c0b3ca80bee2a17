package dev.mainstay.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The runs of one cluster that the control machine remembers, each in a folder of its own. */
public final class Runs {
  static final String JOURNAL = "journal.jsonl";
  private static final DateTimeFormatter ID =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;

  public Runs(Path folder) {
    this.folder = folder;
  }

  /**
   * A run as its journal tells it.
   *
   * @param id sorts by time
   * @param facts what {@link Journal#start} was given
   * @param result {@code done}, {@code failed}, {@code interrupted}, or {@code killed} where the
   *     journal has no end
   * @param steps in the plan's order
   */
  public record Run(
      String id, String startedAt, Map<String, String> facts, String result, List<RunStep> steps) {
    public boolean isUnfinished() {
      return !result.equals("done");
    }
  }

  /**
   * A step of a remembered run.
   *
   * @param node the short name of the node that it was about; empty for the cluster as a whole
   * @param result {@code planned} (never started), {@code running} (started, no end written), or
   *     the outcome's word
   */
  public record RunStep(
      String id,
      String node,
      String reason,
      String what,
      String result,
      double seconds,
      String detail) {}

  /** Starts the journal of a new run. */
  public <A> Journal<A> start(Map<String, String> facts, Clock clock) {
    return Journal.start(folder.resolve(ID.format(clock.instant())), facts, clock);
  }

  /** All runs, the oldest first. */
  public List<Run> list() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(folder)) {
      return folders
          .filter(run -> Files.isRegularFile(run.resolve(JOURNAL)))
          .sorted()
          .map(Runs::read)
          .toList();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** The run called {@code id}, or the last one for {@code "last"}. */
  public Optional<Run> find(String id) {
    List<Run> runs = list();
    return id.equals("last")
        ? runs.isEmpty() ? Optional.empty() : Optional.of(runs.getLast())
        : runs.stream().filter(run -> run.id().equals(id)).findFirst();
  }

  /** How long steps that changed something took in the runs so far: medians, by kind of step. */
  public Map<String, Duration> usualDurations() {
    Map<String, List<Double>> seconds = new HashMap<>();
    for (Run run : list()) {
      for (RunStep step : run.steps()) {
        if (step.result().equals(StepResult.Outcome.CHANGED.word())) {
          seconds
              .computeIfAbsent(Step.kind(step.id(), step.node()), kind -> new ArrayList<>())
              .add(step.seconds());
        }
      }
    }
    Map<String, Duration> usual = new HashMap<>();
    seconds.forEach((kind, all) -> {
      all.sort(null);
      usual.put(kind, Duration.ofMillis(Math.round(all.get(all.size() / 2) * 1000)));
    });
    return Map.copyOf(usual);
  }

  private static Run read(Path folder) {
    Map<String, String> facts = new LinkedHashMap<>();
    Map<String, RunStep> steps = new LinkedHashMap<>();
    String startedAt = "";
    String result = "killed";
    for (JsonNode line : lines(folder.resolve(JOURNAL))) {
      String step = line.path("step").asString("");
      switch (line.path("event").asString("")) {
        case "run" -> {
          startedAt = line.path("at").asString("");
          line.properties()
              .forEach(field -> facts.put(field.getKey(), field.getValue().asString("")));
        }
        case "planned" ->
            steps.put(
                step,
                new RunStep(
                    step,
                    line.path("node").asString(""),
                    line.path("reason").asString(""),
                    line.path("what").asString(""),
                    "planned",
                    0,
                    ""));
        case "started" -> steps.computeIfPresent(step, (id, was) -> with(was, "running", 0, ""));
        case "ended" ->
            steps.computeIfPresent(
                step,
                (id, was) ->
                    with(
                        was,
                        line.path("result").asString(""),
                        line.path("seconds").asDouble(0),
                        line.path("detail").asString("")));
        case "end" -> result = line.path("result").asString("");
        default -> {
          // a line of a newer Mainstay: nothing that this one shows
        }
      }
    }
    facts.remove("at");
    facts.remove("event");
    return new Run(
        String.valueOf(folder.getFileName()),
        startedAt,
        facts,
        result,
        List.copyOf(steps.values()));
  }

  private static RunStep with(RunStep was, String result, double seconds, String detail) {
    return new RunStep(was.id(), was.node(), was.reason(), was.what(), result, seconds, detail);
  }

  /** The journal's whole lines; a last line torn by a crash is left out. */
  private static List<JsonNode> lines(Path journal) {
    List<JsonNode> lines = new ArrayList<>();
    try {
      // torn within a letter, too
      for (String line :
          new String(Files.readAllBytes(journal), StandardCharsets.UTF_8).lines().toList()) {
        try {
          lines.add(JSON.readTree(line));
        } catch (JacksonException torn) {
          break;
        }
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    return lines;
  }
}
