package dev.mainstay.ssh;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** What a remote command reads on its standard input, written as it is read. */
@FunctionalInterface
public interface Stdin {
  /** An input that is at its end at once. */
  Stdin EMPTY = out -> {};

  /**
   * Writes all of the input to {@code out}, which the caller closes.
   *
   * @throws IOException what {@code out} threw; any other, and any {@code Failure}, fails the run
   */
  void writeTo(OutputStream out) throws IOException;

  static Stdin of(String text) {
    return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  static Stdin of(Secret secret) {
    return out -> out.write(secret.reveal());
  }
}
