package dev.mainstay.engine;

import dev.mainstay.model.Failure;
import java.util.Optional;

/**
 * Mutable: stops a run after the steps that are running now: somebody asks for it, or a guard
 * forbids to go on. Safe for use by any thread.
 */
public final class StopSignal {
  /** Watches over what a run needs all the time, and cannot bring about itself. */
  @FunctionalInterface
  public interface Guard {
    /** Why no further step may begin; empty where it may. */
    Optional<Failure> forbids() throws InterruptedException;
  }

  private final Guard guard;
  private volatile boolean requested;
  private volatile boolean guarded = true;

  /** A signal that only a request gives. */
  public StopSignal() {
    this(Optional::empty);
  }

  /**
   * A signal that a request gives, or a guard.
   *
   * @param guard asked before each step begins, by several threads at once
   */
  public StopSignal(Guard guard) {
    this.guard = guard;
  }

  public void request() {
    requested = true;
  }

  public boolean isRequested() {
    return requested;
  }

  /**
   * Whether to wait on for what somebody else must bring about is in vain: a stop was asked for,
   * and the run is not where it must go on.
   */
  public boolean endsWaits() {
    return requested && guarded;
  }

  /** From now on the guard is not asked: the run is where to stand still is worse than to go on. */
  public void dismissGuard() {
    guarded = false;
  }

  /** What the guard says, dismissed or not. */
  public Optional<Failure> guardSays() throws InterruptedException {
    return guard.forbids();
  }

  /** Why, as the guard says, nothing more may be begun now; empty where it may. */
  public Optional<Failure> forbids() throws InterruptedException {
    return guarded ? guard.forbids() : Optional.empty();
  }
}
