package dev.mainstay.engine;

import dev.mainstay.engine.StepResult.Outcome;
import dev.mainstay.model.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Walks a plan: every step starts as soon as the steps that it waits for have succeeded, at most
 * {@code window} at a time. A step that fails stops only those that wait for it, so that one bad
 * worker holds up nobody else. A stop signal lets the running steps finish and starts no other,
 * whoever gives it.
 */
public final class Apply<A> {

  /** Carries out one step: checks whether its effect already holds, does it, verifies it. */
  public interface StepRunner<A> {
    /**
     * Brings about the step's effect.
     *
     * @param progress says how far the step is, in a few words
     * @return whether anything had to be changed
     * @throws Failure if the effect could not be brought about
     */
    boolean run(Step<A> step, Progress progress) throws InterruptedException;
  }

  /** Where a running step says how far it is. */
  public interface Progress {
    void at(String progress);
  }

  private final StepRunner<A> runner;
  private final List<RunListener<A>> listeners;
  private final StopSignal stop;
  private final Semaphore window;
  private final LongSupplier nanoTime;
  private final ReentrantLock telling = new ReentrantLock();
  private volatile Optional<Failure> unheard = Optional.empty();

  /**
   * Makes a walk that has not begun.
   *
   * @param listeners told in this order
   * @param window how many steps may run at once
   * @param nanoTime a clock that only goes forward, as {@link System#nanoTime}
   */
  public Apply(
      StepRunner<A> runner,
      List<RunListener<A>> listeners,
      StopSignal stop,
      int window,
      LongSupplier nanoTime) {
    this.runner = runner;
    this.listeners = List.copyOf(listeners);
    this.stop = stop;
    this.window = new Semaphore(window);
    this.nanoTime = nanoTime;
  }

  /**
   * Runs all of {@code plan} that can be run; one result a step, in the plan's order. A listener
   * that fails lets the running steps finish and no other begin.
   */
  public Map<Step<A>, StepResult> run(Plan<A> plan) throws InterruptedException {
    Map<String, CompletableFuture<StepResult>> results = new LinkedHashMap<>();
    for (Step<A> step : plan.steps()) {
      results.put(step.id(), new CompletableFuture<>());
    }
    for (Step<A> step : plan.steps()) {
      Map<String, CompletableFuture<StepResult>> before = new LinkedHashMap<>();
      step.after().stream().sorted().forEach(id -> before.put(id, future(results, id)));
      CompletableFuture<StepResult> result = future(results, step.id());
      Thread.ofVirtual()
          .name(step.id())
          .start(() -> {
            try {
              result.complete(runAfter(step, before));
            } catch (Throwable broken) {
              result.completeExceptionally(broken);
            }
          });
    }
    Map<Step<A>, StepResult> ended = new LinkedHashMap<>();
    List<CompletionException> broken = new ArrayList<>();
    for (Step<A> step : plan.steps()) {
      try {
        ended.put(step, future(results, step.id()).join());
      } catch (CompletionException bug) {
        broken.add(bug); // thrown once no step runs any more
      }
    }
    if (!broken.isEmpty()) {
      throw broken.getFirst();
    }
    return ended;
  }

  private StepResult runAfter(Step<A> step, Map<String, CompletableFuture<StepResult>> before) {
    for (Map.Entry<String, CompletableFuture<StepResult>> earlier : before.entrySet()) {
      if (!earlier.getValue().join().isDone()) {
        return ended(step, skipped("waits for " + earlier.getKey()));
      }
    }
    window.acquireUninterruptibly();
    try {
      if (unheard.isPresent()) {
        return ended(step, forbidden(unheard.get()));
      }
      if (stop.isRequested()) {
        return ended(step, skipped("interrupted before it began"));
      }
      long start = nanoTime.getAsLong();
      try {
        Optional<Failure> forbidden = stop.forbids();
        if (forbidden.isPresent()) {
          return ended(step, forbidden(forbidden.get()));
        }
        start = nanoTime.getAsLong();
        tell(listener -> listener.started(step));
        if (unheard.isPresent()) {
          return ended(step, forbidden(unheard.get()));
        }
        boolean changed =
            runner.run(step, text -> tell(listener -> listener.progressed(step, text)));
        return ended(step, result(changed ? Outcome.CHANGED : Outcome.UNCHANGED, "", start));
      } catch (Failure failure) {
        return ended(
            step,
            new StepResult(Outcome.FAILED, failure.text(), elapsed(start), Optional.of(failure)));
      } catch (RuntimeException bug) {
        return ended(
            step, result(Outcome.FAILED, "a bug in Mainstay, please report it: " + bug, start));
      } catch (InterruptedException interrupted) {
        return ended(step, result(Outcome.FAILED, "interrupted", start));
      }
    } finally {
      window.release();
    }
  }

  private StepResult result(Outcome outcome, String detail, long start) {
    return new StepResult(outcome, detail, elapsed(start));
  }

  private Duration elapsed(long start) {
    return Duration.ofNanos(nanoTime.getAsLong() - start);
  }

  private static StepResult skipped(String why) {
    return new StepResult(Outcome.SKIPPED, why, Duration.ZERO);
  }

  private static StepResult forbidden(Failure why) {
    return new StepResult(
        Outcome.SKIPPED, String.valueOf(why.getMessage()), Duration.ZERO, Optional.of(why));
  }

  private StepResult ended(Step<A> step, StepResult result) {
    tell(listener -> listener.ended(step, result));
    return result;
  }

  /**
   * A listener that fails, as a journal on a full disk does, ends no step and keeps no other
   * listener from the news; but nothing more is begun that it could not be told of.
   */
  private void tell(Consumer<RunListener<A>> news) {
    telling.lock();
    try {
      for (RunListener<A> listener : listeners) {
        try {
          news.accept(listener);
        } catch (RuntimeException failed) {
          if (unheard.isEmpty()) {
            unheard =
                Optional.of(
                    failed instanceof Failure failure
                        ? failure
                        : new Failure.Failed(
                            "what happens could not be told: " + failed,
                            "run the same command again"));
          }
        }
      }
    } finally {
      telling.unlock();
    }
  }

  private static CompletableFuture<StepResult> future(
      Map<String, CompletableFuture<StepResult>> results, String id) {
    CompletableFuture<StepResult> future = results.get(id);
    if (future == null) {
      throw new IllegalArgumentException("no step is called " + id);
    }
    return future;
  }
}
