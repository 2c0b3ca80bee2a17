package dev.mainstay.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Where results and talk go: results to standard output, talk to standard error.
 *
 * @param interactive whether a person sits there who can answer
 * @param colour whether escape sequences are welcome
 */
record Terminal(
    PrintStream out, PrintStream err, BufferedReader in, boolean interactive, boolean colour) {
  private static final int USUAL_ROWS = 24;

  /** Asks and returns the answer; empty at the end of input. */
  String ask(String question) {
    err.print(question + " ");
    err.flush();
    try {
      String answer = in.readLine();
      return answer == null ? "" : answer.strip();
    } catch (IOException closed) {
      return "";
    }
  }

  boolean confirm(String question) {
    return ask(question + " [yes/no]").equalsIgnoreCase("yes");
  }

  /** How many rows the person's screen has now; 24 where nobody can tell. */
  int rows() {
    if (!interactive) {
      return USUAL_ROWS;
    }
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (InputStream said = stty.getInputStream()) {
        String[] size =
            new String(said.readAllBytes(), StandardCharsets.US_ASCII).strip().split(" ", -1);
        int rows = Integer.parseInt(size[0]);
        return rows > 0 ? rows : USUAL_ROWS;
      }
    } catch (IOException | NumberFormatException unknown) {
      return USUAL_ROWS;
    }
  }
}
