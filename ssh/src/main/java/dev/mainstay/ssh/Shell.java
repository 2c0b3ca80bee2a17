package dev.mainstay.ssh;

import java.util.List;

/** The one place where words are quoted for a POSIX shell. */
public final class Shell {
  private Shell() {}

  /** {@code word} as one word of a shell's command line, whatever it holds. */
  public static String quote(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  /** The command line that runs {@code script} in bash with {@code arguments}. */
  public static String bash(String script, List<String> arguments) {
    StringBuilder line = new StringBuilder("bash -c ").append(quote(script)).append(" mainstay");
    arguments.forEach(argument -> line.append(' ').append(quote(argument)));
    return line.toString();
  }
}
