package dev.mainstay.playground;

import java.util.Locale;

/** Whether a host has power and network. */
public enum HostState {
  RUNNING,
  /** Powered off, its disk kept. */
  STOPPED,
  /** Running, with no network. */
  CUT;

  /** {@code running}, {@code stopped} or {@code cut}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
