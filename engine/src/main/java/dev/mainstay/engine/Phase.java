package dev.mainstay.engine;

import java.util.List;

/**
 * Steps that belong together in the eyes of a reader; their order of execution follows from {@link
 * Step#after} alone.
 *
 * @param path {@code masters/join}
 * @param title what the phase is about, in a few words
 */
public record Phase<A>(String path, String title, List<Step<A>> steps) {
  public Phase {
    steps = List.copyOf(steps);
  }

  /** Whether {@code path} is its path, or the first part of it: {@code masters}. */
  public boolean isIn(String path) {
    return this.path.equals(path) || this.path.startsWith(path + "/");
  }
}
