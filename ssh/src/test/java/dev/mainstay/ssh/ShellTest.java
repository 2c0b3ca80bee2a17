package dev.mainstay.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ShellTest {
  private static final String ALPHABET =
      "ab '\"\\$`!*?[]{}()<>|&;#~%=^,\n\t\r-"
          + "\u00e4\u20ac\u4f60"
          + new String(Character.toChars(0x1f980));

  @Test
  void quotesAreClosedAndOpenedAgain() {
    assertThat(Shell.quote("it's")).isEqualTo("'it'\\''s'");
    assertThat(Shell.quote("")).isEqualTo("''");
  }

  @Test
  void theScriptsArgumentsStartAtOne() throws Exception {
    assertThat(bash(Shell.bash("printf '%s' \"$1\"", List.of("first")))).isEqualTo("first");
  }

  @Test
  void whateverAWordHoldsArrivesUnchanged() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 10; round++) {
      List<String> words = words(random);
      String expected = String.join("\0", words) + "\0";
      assertThat(bash(Shell.bash("printf '%s\\0' \"$@\"", words)))
          .describedAs("seed %d, round %d", seed, round)
          .isEqualTo(expected);
    }
  }

  private static List<String> words(Random random) {
    int[] letters = ALPHABET.codePoints().toArray();
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      StringBuilder word = new StringBuilder();
      int length = random.nextInt(30);
      for (int j = 0; j < length; j++) {
        word.appendCodePoint(letters[random.nextInt(letters.length)]);
      }
      words.add(word.toString());
    }
    return words;
  }

  /** What bash prints when it reads {@code line} as a shell reads a command line. */
  private static String bash(String line) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("/bin/bash", "-s").redirectErrorStream(true).start();
    try (var in = process.getOutputStream()) {
      in.write(line.getBytes(StandardCharsets.UTF_8));
    }
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return printed;
  }
}
