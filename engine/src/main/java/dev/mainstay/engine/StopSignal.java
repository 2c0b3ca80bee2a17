package dev.mainstay.engine;

/** Mutable: asks a run to stop after the steps that are running now. Safe for use by any thread. */
public final class StopSignal {
  private volatile boolean requested;

  public void request() {
    requested = true;
  }

  public boolean isRequested() {
    return requested;
  }
}
