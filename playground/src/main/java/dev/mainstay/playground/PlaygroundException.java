package dev.mainstay.playground;

/** A playground's operation failed. The message says where, what, and what to do. */
public class PlaygroundException extends RuntimeException {
  public PlaygroundException(String message) {
    super(message);
  }

  public PlaygroundException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Another process is at work on the same playground; trying again later can help. */
  public static final class Busy extends PlaygroundException {
    Busy(String message) {
      super(message);
    }
  }
}
