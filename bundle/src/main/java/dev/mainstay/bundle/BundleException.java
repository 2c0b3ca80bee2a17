package dev.mainstay.bundle;

/**
 * A bundle could not be made or read. The message is whole by itself: where, what was tried and
 * what came back, what to do.
 */
public sealed class BundleException extends RuntimeException {
  private final String where;
  private final String what;
  private final String advice;

  /**
   * @param where the file, URL or part that it is about
   * @param what what was tried and what came back
   * @param advice what to do; empty where nothing can be advised
   */
  public BundleException(String where, String what, String advice) {
    super(
        where + ": " + what + (advice.isEmpty() ? "" : "\n    " + advice.replace("\n", "\n    ")));
    this.where = where;
    this.what = what;
    this.advice = advice;
  }

  BundleException(String where, String what, String advice, Throwable cause) {
    this(where, what, advice);
    initCause(cause);
  }

  /**
   * Upstream cannot be reached, or it or what answers in its place does not give the file out. The
   * bundle may still be had in another way, which is not so after other failures.
   */
  public static final class Unreachable extends BundleException {
    /** As {@link BundleException#BundleException(String, String, String)}. */
    public Unreachable(String where, String what, String advice) {
      super(where, what, advice);
    }

    Unreachable(String where, String what, String advice, Throwable cause) {
      super(where, what, advice, cause);
    }
  }

  public String where() {
    return where;
  }

  public String what() {
    return what;
  }

  public String advice() {
    return advice;
  }
}
