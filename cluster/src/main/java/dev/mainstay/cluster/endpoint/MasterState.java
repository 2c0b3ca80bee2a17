package dev.mainstay.cluster.endpoint;

/** What a new connection may hope for at a master; in the order in which they are tried. */
public enum MasterState {
  /** Its API is alive and says that it is ready. */
  READY,
  /** Alive, and not ready: those that are connected stay, new ones go elsewhere. */
  DRAINING,
  /** It does not answer. */
  DOWN;

  /** {@code ready}, {@code draining}, {@code down}. */
  public String word() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
