package dev.mainstay.cli;

import dev.mainstay.bundle.BundleProgress;
import dev.mainstay.bundle.PartTime;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Prints a line for each part of a bundle that is done, and a table of times at the end. */
final class BundleTalk implements BundleProgress {
  private final Terminal terminal;

  BundleTalk(Terminal terminal, Clock clock) {
    this.terminal = terminal;
    terminal.err().println("making the bundle (" + clock.instant() + ")");
  }

  @Override
  public void part(String part, long done, long total, Duration elapsed) {
    if (done == 0 && elapsed.isZero()) {
      terminal.err().println("  " + part + " ...");
    }
  }

  @Override
  public void finished(List<PartTime> parts) {
    terminal.err().println("bundle ready; time by part:");
    for (PartTime part : parts) {
      terminal
          .err()
          .println(
              String.format(
                  Locale.ROOT,
                  "  %8.1f s  %8.1f MB  %s",
                  part.time().toMillis() / 1000.0,
                  part.bytes() / 1e6,
                  part.name()));
    }
  }
}
