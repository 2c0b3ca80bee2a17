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

  /** Whether {@code part} is its path, or the first part of it: {@code masters}. */
  public boolean isIn(String part) {
    return isIn(path, part);
  }

  /** The same of a phase that is known by its path alone. */
  public static boolean isIn(String path, String part) {
    return path.equals(part) || path.startsWith(part + "/");
  }
}
