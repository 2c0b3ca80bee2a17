package dev.mainstay.engine;

/**
 * Hears what a run does, from many threads at once; {@link Apply} calls one method at a time. An
 * implementation must not fail and must not wait.
 */
public interface RunListener<A> {
  void started(Step<A> step);

  void ended(Step<A> step, StepResult result);

  /** A running step says how far it is: {@code "312 of 640 MB"}. */
  default void progressed(Step<A> step, String progress) {}
}
