package dev.mainstay.engine;

import java.util.Locale;

/** What a step may disturb while it runs. */
public enum Disruption {
  NONE,
  NODE,
  CONTROL_PLANE;

  /** {@code none}, {@code node} or {@code control-plane}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
