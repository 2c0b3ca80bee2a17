package dev.mainstay.ssh;

/**
 * What came back from a remote command that ran to its end.
 *
 * @param exit the exit status; 128 and more where a signal ended it
 */
public record Output(int exit, String stdout, String stderr) {
  public boolean isSuccess() {
    return exit == 0;
  }

  /** The last few lines of the error output, or of the output where there is none, trimmed. */
  public String tail(int lines) {
    String text = (stderr.isBlank() ? stdout : stderr).strip();
    String[] all = text.split("\n", -1);
    StringBuilder tail = new StringBuilder();
    for (int i = Math.max(0, all.length - lines); i < all.length; i++) {
      tail.append(tail.isEmpty() ? "" : "\n").append(all[i]);
    }
    return tail.toString();
  }
}
