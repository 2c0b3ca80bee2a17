package dev.mainstay.cli;

/** The exit codes that people script against; {@link dev.mainstay.model.Failure} has the others. */
final class ExitCode {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int CHANGES_PENDING = 10;
  static final int DEGRADED = 11;
  static final int DOWN = 12;
  static final int INTERRUPTED = 130;

  private ExitCode() {}
}
