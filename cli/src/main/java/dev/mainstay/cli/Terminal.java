package dev.mainstay.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;

/**
 * Where results and talk go: results to standard output, talk to standard error.
 *
 * @param interactive whether a person sits there who can answer
 * @param colour whether escape sequences are welcome
 */
record Terminal(
    PrintStream out, PrintStream err, BufferedReader in, boolean interactive, boolean colour) {

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
}
