package dev.mainstay.bundle;

import java.util.Locale;

/** How a bundle came to be. Both ways give the same artifacts in the same layout. */
public enum Source {
  /** Compiled from pinned Go modules. */
  BUILD,
  /** Downloaded from upstream's official release locations. */
  FETCH;

  /** The word that the manifest uses: {@code build} or {@code fetch}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
