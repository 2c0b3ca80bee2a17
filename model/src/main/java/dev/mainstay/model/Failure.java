package dev.mainstay.model;

/**
 * Work that could not be done, as one sentence that says where, what was tried and what came back,
 * and advice on what to do next. Each kind has the exit code that people script against.
 */
public sealed class Failure extends RuntimeException {
  private final String advice;
  private final int exitCode;
  private final boolean retryable;

  private Failure(String message, String advice, int exitCode, boolean retryable) {
    super(message);
    this.advice = advice;
    this.exitCode = exitCode;
    this.retryable = retryable;
  }

  /** What to do next; may be empty. */
  public String advice() {
    return advice;
  }

  public int exitCode() {
    return exitCode;
  }

  /** Whether the same attempt, made again with nothing changed, may succeed. */
  public boolean isRetryable() {
    return retryable;
  }

  /** Whether what answered proved to be another machine than the one that was looked for. */
  public boolean isOtherMachine() {
    return false;
  }

  /** The message, and the advice on a line of its own, as a person reads it. */
  public String text() {
    String message = String.valueOf(getMessage());
    return advice.isEmpty() ? message : message + "\n    " + advice.replace("\n", "\n    ");
  }

  /** Something was tried and did not succeed; exit code 1. */
  public static final class Failed extends Failure {
    public Failed(String message, String advice) {
      super(message, advice, 1, false);
    }
  }

  /** The command line makes no sense; exit code 2. */
  public static final class Usage extends Failure {
    public Usage(String message, String advice) {
      super(message, advice, 2, false);
    }
  }

  /** The cluster file has errors; exit code 3. */
  public static final class InvalidFile extends Failure {
    public InvalidFile(String message, String advice) {
      super(message, advice, 3, false);
    }
  }

  /** A host cannot be reached, does not let us in, or is not the host it was; exit code 4. */
  public static final class Unreachable extends Failure {
    private final boolean isOtherMachine;

    public Unreachable(String message, String advice, boolean retryable) {
      this(message, advice, retryable, false);
    }

    private Unreachable(String message, String advice, boolean retryable, boolean isOtherMachine) {
      super(message, advice, 4, retryable);
      this.isOtherMachine = isOtherMachine;
    }

    /** A machine that proves, by its host key, that it is not the one that was looked for. */
    public static Unreachable provenOther(String message, String advice) {
      return new Unreachable(message, advice, false, true);
    }

    @Override
    public boolean isOtherMachine() {
      return isOtherMachine;
    }
  }

  /** A host cannot carry a node as it is; exit code 5. */
  public static final class PreflightFailed extends Failure {
    public PreflightFailed(String message, String advice) {
      super(message, advice, 5, false);
    }
  }

  /** Refused because quorum or data would be lost; exit code 6. */
  public static final class Refused extends Failure {
    public Refused(String message, String advice) {
      super(message, advice, 6, false);
    }
  }

  /** Another run holds the lock; exit code 7. */
  public static final class Locked extends Failure {
    public Locked(String message, String advice) {
      super(message, advice, 7, true);
    }
  }
}
