package dev.mainstay.model;

/**
 * Something wrong that the user can mend, found in a file or on a host.
 *
 * @param where {@code cluster.yaml:7:13} or {@code m2 (10.77.0.12)}
 * @param what what is wrong, with the path of the key first where it is about a file
 * @param advice what to do; empty where {@code what} already says so
 */
public record Problem(Severity severity, String where, String what, String advice) {
  /** Whether the problem stops the work. */
  public enum Severity {
    ERROR,
    WARNING;

    public String word() {
      return this == ERROR ? "error" : "warning";
    }
  }

  public static Problem error(String where, String what, String advice) {
    return new Problem(Severity.ERROR, where, what, advice);
  }

  public static Problem warning(String where, String what, String advice) {
    return new Problem(Severity.WARNING, where, what, advice);
  }

  public boolean isError() {
    return severity == Severity.ERROR;
  }

  /** The same where it does not stop the work. */
  public Problem asWarning() {
    return warning(where, what, advice);
  }

  @Override
  public String toString() {
    String text = where + "  " + (isError() ? "" : "warning: ") + what;
    return advice.isEmpty() ? text : text + "\n    " + advice;
  }
}
