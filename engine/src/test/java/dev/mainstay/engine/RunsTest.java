package dev.mainstay.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.engine.ApplyTest.Because;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunsTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-23T07:00:00.123Z"), ZoneOffset.UTC);
  private static final Step<String> FIRST =
      new Step<>("one", "m1", Because.TEST, "do one", Disruption.NONE, Set.of(), "");
  private static final Step<String> SECOND =
      new Step<>("two", "m2", Because.TEST, "do two", Disruption.NODE, Set.of("one"), "");
  private static final Plan<String> PLAN =
      new Plan<>(List.of(new Phase<>("p", "p", List.of(FIRST, SECOND))));

  @TempDir Path folder;

  private Journal<String> begin() {
    Journal<String> journal =
        new Runs(folder).start(Map.of("command", "apply", "owner", "ada"), CLOCK);
    journal.planned(PLAN);
    journal.started(FIRST);
    journal.ended(FIRST, new StepResult(StepResult.Outcome.CHANGED, "", Duration.ofMillis(1500)));
    journal.started(SECOND);
    return journal;
  }

  @Test
  void aRunWithoutAnEndWasKilledAndItsRunningStepIsKnown() {
    begin().close();
    Runs.Run run = new Runs(folder).find("last").orElseThrow();
    assertThat(run.id()).isEqualTo("20261123-070000-123");
    assertThat(run.result()).isEqualTo("killed");
    assertThat(run.isUnfinished()).isTrue();
    assertThat(run.facts()).containsEntry("owner", "ada").containsEntry("command", "apply");
    assertThat(run.steps()).extracting(Runs.RunStep::result).containsExactly("changed", "running");
    assertThat(run.steps().getFirst().seconds()).isEqualTo(1.5);
  }

  @Test
  void howLongAKindOfStepTookIsTheMedianOfThoseThatChangedSomething() {
    for (int seconds : new int[] {9, 1, 4}) {
      Journal<String> journal =
          new Runs(folder).start(Map.of(), Clock.offset(CLOCK, Duration.ofMinutes(seconds)));
      for (String node : List.of("m1", "m2")) {
        Step<String> step =
            new Step<>(
                "masters/move/" + node, node, Because.TEST, "move", Disruption.NODE, Set.of(), "");
        journal.planned(new Plan<>(List.of(new Phase<>("p", "p", List.of(step)))));
        journal.ended(
            step,
            new StepResult(
                node.equals("m1") ? StepResult.Outcome.CHANGED : StepResult.Outcome.FAILED,
                "",
                Duration.ofSeconds(seconds)));
      }
      journal.close();
    }
    assertThat(new Runs(folder).usualDurations())
        .containsExactly(Map.entry("masters/move", Duration.ofSeconds(4)));
    assertThat(
            new Step<>("a/m1/finish", "m1", Because.TEST, "", Disruption.NONE, Set.of(), "").kind())
        .isEqualTo("a/finish");
  }

  @Test
  void aRunThatEndedSaysHow() {
    Journal<String> journal = begin();
    journal.ended(
        SECOND, new StepResult(StepResult.Outcome.FAILED, "m2: no", Duration.ofSeconds(2)));
    journal.end("failed");
    journal.close();
    Runs.Run run = new Runs(folder).list().getFirst();
    assertThat(run.result()).isEqualTo("failed");
    assertThat(run.steps().getLast().detail()).isEqualTo("m2: no");
  }

  @Test
  void aLineTornByACrashIsLeftOut() throws Exception {
    begin().close();
    Path journal = folder.resolve("20261123-070000-123").resolve("journal.jsonl");
    Files.writeString(journal, "{\"at\":\"2026", StandardOpenOption.APPEND);
    assertThat(new Runs(folder).find("last").orElseThrow().steps()).hasSize(2);
  }

  @Test
  void onlyItsOwnerReadsAJournal() throws Exception {
    begin().close();
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("20261123-070000-123"))))
        .isEqualTo("rwx------");
  }

  @Test
  void thereAreNoRunsBeforeTheFirst() {
    assertThat(new Runs(folder.resolve("none")).list()).isEmpty();
    assertThat(new Runs(folder.resolve("none")).find("last")).isEmpty();
  }
}
