package dev.mainstay.ssh.mina;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Mutable: lets through what a script prints, and drops what a login shell's own files print before
 * it. Bash reads {@code ~/.bashrc} also where sshd starts it for a command (bash(1), INVOCATION),
 * and greets there whoever its owner wished to greet.
 */
final class OwnOutput extends FilterOutputStream {
  /** Its first byte occurs in it once, so that a mismatch never hides the beginning of another. */
  private static final String MARK = "@mainstay-output\n";

  /** What a script does first, so that its output is known from then on. */
  static final String BEGIN = "echo " + MARK.strip() + "; ";

  private int matched;

  OwnOutput(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    int at = from;
    while (matched < MARK.length() && at < from + length) {
      byte next = bytes[at++];
      matched = next == MARK.charAt(matched) ? matched + 1 : next == MARK.charAt(0) ? 1 : 0;
    }
    out.write(bytes, at, from + length - at);
  }
}
