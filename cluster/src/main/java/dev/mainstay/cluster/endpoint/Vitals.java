package dev.mainstay.cluster.endpoint;

/**
 * What is held of a master after all that was seen of it. Whether it is alive (it answers a TLS
 * handshake) and whether it is ready (its {@code /readyz}) are held apart: the first answers within
 * milliseconds whatever the load, so that a frozen master is told from a slow one. Two looks in a
 * row that say otherwise change either; the first one of all decides at once.
 *
 * @param asked whether its readiness was seen since it is alive; until then it counts as not ready
 */
record Vitals(Level alive, Level ready, boolean asked) {
  private static final int FALL = 2;
  private static final int RISE = 2;

  /** As long as nothing was seen. */
  private static final Level UNSEEN = new Level(false, RISE - 1);

  static final Vitals NONE = new Vitals(UNSEEN, UNSEEN, false);

  /**
   * What is held, and how many looks in a row have said otherwise.
   *
   * @param otherwise at least 0, less than what changes it
   */
  record Level(boolean holds, int otherwise) {
    Level after(boolean seen) {
      if (seen == holds) {
        return new Level(holds, 0);
      }
      return otherwise + 1 < (holds ? FALL : RISE)
          ? new Level(holds, otherwise + 1)
          : new Level(seen, 0);
    }
  }

  Vitals afterAlive(boolean seen) {
    Level next = alive.after(seen);
    boolean isBack = next.holds() && !alive.holds();
    return new Vitals(next, isBack ? UNSEEN : ready, asked && !isBack);
  }

  Vitals afterReady(boolean seen) {
    return new Vitals(alive, ready.after(seen), true);
  }

  /** Whether it answered the last look. */
  boolean isAnswering() {
    return alive.holds() == (alive.otherwise() == 0);
  }

  MasterState state() {
    return !alive.holds()
        ? MasterState.DOWN
        : ready.holds() ? MasterState.READY : MasterState.DRAINING;
  }

  /** Whether it is ready, and the last look said nothing else. */
  boolean isSteady() {
    return state() == MasterState.READY && alive.otherwise() == 0 && ready.otherwise() == 0;
  }

  /** Whether the state is more than a first guess. */
  boolean isCertain() {
    return !alive.holds() || asked;
  }
}
