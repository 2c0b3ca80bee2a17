package dev.mainstay.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.engine.StepResult.Outcome;
import dev.mainstay.model.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class ApplyTest {
  /** Why the steps of these tests are there. */
  enum Because implements Reason {
    TEST
  }

  private static Step<String> step(String id, String... after) {
    return new Step<>(id, id, Because.TEST, "do " + id, Disruption.NONE, Set.of(after), id);
  }

  @SafeVarargs
  @SuppressWarnings("varargs") // List.of only reads them
  private static Plan<String> plan(Step<String>... steps) {
    return new Plan<>(List.of(new Phase<>("phase", "a phase", List.of(steps))));
  }

  private static Map<String, StepResult> run(
      Plan<String> plan, Apply.StepRunner<String> runner, StopSignal stop)
      throws InterruptedException {
    Map<String, StepResult> byId = new TreeMap<>();
    new Apply<>(runner, List.of(), stop, 64, System::nanoTime)
        .run(plan)
        .forEach((step, result) -> byId.put(step.id(), result));
    return byId;
  }

  private static StepResult of(Map<String, StepResult> results, String id) {
    StepResult result = results.get(id);
    assertThat(result).as(id).isNotNull();
    return java.util.Objects.requireNonNull(result);
  }

  @Test
  void aStepRunsAfterTheStepsThatItWaitsFor() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<Step<String>> steps = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      List<String> after = new ArrayList<>();
      for (int j = 0; j < i; j++) {
        if (random.nextInt(8) == 0) {
          after.add("s" + j);
        }
      }
      steps.add(step("s" + i, after.toArray(String[]::new)));
    }
    List<String> done = new CopyOnWriteArrayList<>();
    Map<Step<String>, StepResult> results =
        new Apply<String>(
                (step, progress) -> {
                  assertThat(done).as("seed %d: %s", seed, step.id()).containsAll(step.after());
                  done.add(step.id());
                  return true;
                },
                List.of(),
                new StopSignal(),
                8,
                System::nanoTime)
            .run(new Plan<>(List.of(new Phase<>("p", "p", steps))));
    assertThat(results.values()).allMatch(StepResult::isDone);
    assertThat(done).hasSize(60);
  }

  @Test
  void stepsThatDoNotWaitForEachOtherRunSideBySide() throws Exception {
    CyclicBarrier meeting = new CyclicBarrier(3);
    Map<String, StepResult> results =
        run(
            plan(step("a"), step("b"), step("c")),
            (step, progress) -> {
              try {
                meeting.await(10, TimeUnit.SECONDS);
              } catch (Exception late) {
                throw new Failure.Failed("nobody came: " + late, "");
              }
              return true;
            },
            new StopSignal());
    assertThat(results.values()).allMatch(StepResult::isDone);
  }

  @Test
  void aFailureStopsOnlyTheStepsThatWaitForIt() throws Exception {
    Map<String, StepResult> results =
        run(
            plan(
                step("a"),
                step("b", "a"),
                step("c", "b"),
                step("other"),
                step("after-other", "other")),
            (step, progress) -> {
              if (step.id().equals("a")) {
                throw new Failure.Failed("a is broken", "mend a");
              }
              return step.id().equals("other");
            },
            new StopSignal());
    assertThat(of(results, "a"))
        .satisfies(result -> {
          assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
          assertThat(result.detail()).isEqualTo("a is broken\n    mend a");
        });
    assertThat(of(results, "b").outcome()).isEqualTo(Outcome.SKIPPED);
    assertThat(of(results, "b").detail()).contains("waits for a");
    assertThat(of(results, "c").outcome()).isEqualTo(Outcome.SKIPPED);
    assertThat(of(results, "other").outcome()).isEqualTo(Outcome.CHANGED);
    assertThat(of(results, "after-other").outcome()).isEqualTo(Outcome.UNCHANGED);
  }

  @Test
  void aBugInOneStepIsThatStepsFailureAndNoMore() throws Exception {
    Map<String, StepResult> results =
        run(
            plan(step("a"), step("b")),
            (step, progress) -> {
              if (step.id().equals("a")) {
                throw new IllegalStateException("impossible");
              }
              return true;
            },
            new StopSignal());
    assertThat(of(results, "a").outcome()).isEqualTo(Outcome.FAILED);
    assertThat(of(results, "a").detail()).contains("IllegalStateException: impossible");
    assertThat(of(results, "b").isDone()).isTrue();
  }

  @Test
  void aStopLetsTheRunningStepFinishAndStartsNoOther() throws Exception {
    StopSignal stop = new StopSignal();
    CountDownLatch running = new CountDownLatch(1);
    Map<String, StepResult> results =
        run(
            plan(step("a"), step("b", "a")),
            (step, progress) -> {
              running.countDown();
              stop.request();
              return true;
            },
            stop);
    assertThat(running.getCount()).isZero();
    assertThat(of(results, "a").outcome()).isEqualTo(Outcome.CHANGED);
    assertThat(of(results, "b").outcome()).isEqualTo(Outcome.SKIPPED);
  }

  @Test
  void whatIsForbiddenDuringAStepStartsNoOther() throws Exception {
    Failure gone = new Failure.Locked("the lock is gone", "again");
    AtomicReference<Optional<Failure>> says = new AtomicReference<>(Optional.empty());
    Map<String, StepResult> results =
        run(
            plan(step("a"), step("b", "a"), step("c", "b")),
            (step, progress) -> {
              says.set(Optional.of(gone));
              return true;
            },
            new StopSignal(says::get));
    assertThat(of(results, "a").outcome()).isEqualTo(Outcome.CHANGED);
    assertThat(of(results, "b"))
        .isEqualTo(
            new StepResult(Outcome.SKIPPED, "the lock is gone", Duration.ZERO, Optional.of(gone)));
    assertThat(of(results, "c").detail()).isEqualTo("waits for b");
  }

  @Test
  void aGuardThatIsDismissedForbidsNothingAndARequestStillStops() throws Exception {
    StopSignal stop =
        new StopSignal(() -> Optional.of(new Failure.Locked("the lock is gone", "again")));
    stop.dismissGuard();
    Map<String, StepResult> results =
        run(
            plan(step("a"), step("b", "a")),
            (step, progress) -> {
              stop.request();
              return true;
            },
            stop);
    assertThat(of(results, "a").outcome()).isEqualTo(Outcome.CHANGED);
    assertThat(of(results, "b").outcome()).isEqualTo(Outcome.SKIPPED);
  }

  private static RunListener<String> listener(Consumer<Step<String>> ended) {
    return new RunListener<>() {
      @Override
      public void started(Step<String> step) {}

      @Override
      public void ended(Step<String> step, StepResult result) {
        ended.accept(step);
      }
    };
  }

  @Test
  void aListenerThatFailsLetsTheRunningStepsEndAndNoOtherBegin() throws Exception {
    Failure full = new Failure.Failed("no space left", "make room");
    List<String> heard = new CopyOnWriteArrayList<>();
    List<String> done = new CopyOnWriteArrayList<>();
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch failed = new CountDownLatch(1);
    RunListener<String> fails =
        listener(step -> {
          failed.countDown();
          throw full;
        });
    RunListener<String> hears = listener(step -> heard.add(step.id()));
    Map<String, StepResult> results = new TreeMap<>();
    new Apply<String>(
            (step, progress) -> {
              if (step.id().equals("slow")) {
                running.countDown();
                assertThat(failed.await(10, TimeUnit.SECONDS)).isTrue();
              }
              assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
              done.add(step.id());
              return true;
            },
            List.of(fails, hears),
            new StopSignal(),
            64,
            System::nanoTime)
        .run(plan(step("a"), step("slow"), step("b", "a"), step("c", "slow")))
        .forEach((step, result) -> results.put(step.id(), result));
    assertThat(done).containsExactlyInAnyOrder("a", "slow");
    assertThat(heard).containsExactlyInAnyOrder("a", "slow", "b", "c");
    assertThat(of(results, "b").failure()).contains(full);
    assertThat(of(results, "c").failure()).contains(full);
    assertThat(of(results, "slow").outcome()).isEqualTo(Outcome.CHANGED);
  }

  @Test
  void aPlanHasNoCyclesAndNoTwins() {
    assertThatThrownBy(() -> plan(step("a", "b"), step("b")))
        .hasMessageContaining("a waits for a step not before it");
    assertThatThrownBy(() -> plan(step("a"), step("a")))
        .hasMessageContaining("two steps are called a");
  }
}
