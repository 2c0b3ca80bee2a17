package dev.mainstay.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LineOutputTest {
  private final List<String> lines = new ArrayList<>();
  private final LineOutput output = new LineOutput(lines::add);

  private void print(String text) throws IOException {
    output.write(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void eachLineIsHandedOnOnceItIsWhole() throws IOException {
    print("one\ntw");
    assertThat(lines).containsExactly("one");
    print("\u00f6\n\nthree");
    assertThat(lines).containsExactly("one", "tw\u00f6", "");
  }

  @Test
  void aLineWithoutAnEndDoesNotFillTheMemory() throws IOException {
    print("x".repeat(100_000));
    print("\nnext\n");
    assertThat(lines).containsExactly("x".repeat(4096), "next");
  }
}
