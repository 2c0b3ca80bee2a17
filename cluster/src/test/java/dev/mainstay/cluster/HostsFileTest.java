package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.ComponentSettings;
import dev.mainstay.model.Role;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class HostsFileTest {
  /** A character a byte, of which one is 0x85. */
  private static final String CYRILLIC =
      new String(
          "127.0.1.1 m1 # \u0445\u043e\u0441\u0442".getBytes(StandardCharsets.UTF_8),
          HostFile.BYTES);

  private static final ClusterSpec SPEC = Fixture.spec(1, 1);
  private static final String BLOCK =
      """
      # BEGIN mainstay demo generation 3
      127.0.0.1 api.demo.internal
      10.77.0.11 m1.demo.internal m1
      10.77.0.21 w1.demo.internal w1
      # END mainstay demo
      """;

  private static String with(String text) {
    return new HostsFile(text).withBlock(HostsBlock.of(SPEC), 3).text();
  }

  private static String without(String text) {
    return new HostsFile(text).withoutBlock().text();
  }

  @Test
  void itsDomainIsThatOfTheBlock() {
    assertThat(new HostsFile("127.0.0.1 api.mine.internal\n").domain()).isEmpty();
    HostsFile ours = new HostsFile("127.0.0.1 api.mine.internal\n");
    assertThat(ours.withBlock(HostsBlock.of(Fixture.spec(1, 1)), 3).domain())
        .contains("demo.internal");
  }

  @Test
  void theBlockIsAppended() {
    assertThat(with("127.0.0.1 localhost\n")).isEqualTo("127.0.0.1 localhost\n" + BLOCK);
    assertThat(with("")).isEqualTo(BLOCK);
  }

  @Test
  void theBlockTakesThePlaceOfTheOldOne() {
    ClusterSpec old =
        Fixture.spec(List.of(Fixture.node("m1", Role.MASTER, "10.0.0.9")), ComponentSettings.NONE);
    String before = new HostsFile("127.0.0.1 localhost\n").withBlock(HostsBlock.of(old), 2).text();
    assertThat(with(before + "10.1.1.1 other\n"))
        .isEqualTo("127.0.0.1 localhost\n" + BLOCK + "10.1.1.1 other\n");
  }

  @Test
  void theSecondApplicationChangesNothing() {
    String once = with("127.0.0.1 localhost\n127.0.1.1 m1\n\n# mine\n");
    assertThat(with(once)).isEqualTo(once);
    assertThat(new HostsFile(once).isCurrent(HostsBlock.of(SPEC))).isTrue();
    assertThat(new HostsFile(once).generation()).isEqualTo(3);
  }

  @Test
  void anotherNodeMakesTheBlockOld() {
    HostsFile hosts = new HostsFile(with("127.0.0.1 localhost\n"));
    assertThat(hosts.isCurrent(HostsBlock.of(Fixture.spec(1, 2)))).isFalse();
    assertThat(new HostsFile("127.0.0.1 localhost\n").isCurrent(HostsBlock.of(SPEC))).isFalse();
    assertThat(new HostsFile("127.0.0.1 localhost\n").generation()).isZero();
  }

  @Test
  void aLoopbackLineWithANodesNameIsMutedAndComesBack() {
    String debian = "127.0.0.1 localhost\n127.0.1.1 m1.demo.internal m1\n";
    assertThat(with(debian))
        .isEqualTo("127.0.0.1 localhost\n#mainstay# 127.0.1.1 m1.demo.internal m1\n" + BLOCK);
    assertThat(without(with(debian))).isEqualTo(debian);
  }

  @Test
  void aLoopbackLineIsMutedHoweverItIsWritten() {
    // glibc skips leading blanks and compares names without case
    for (String line :
        List.of("  127.0.1.1 m1", "127.0.1.1\tM1", "::1 x W1.Demo.Internal # y", CYRILLIC)) {
      assertThat(with(line + "\n")).isEqualTo("#mainstay# " + line + "\n" + BLOCK);
      assertThat(without(with(line + "\n"))).isEqualTo(line + "\n");
    }
  }

  @Test
  void aNameInACommentMutesNothing() {
    String foreign = "127.0.0.1 localhost # m1 is elsewhere\n127.0.0.1 m11\n10.0.0.1 m1\n";
    assertThat(with(foreign)).isEqualTo(foreign + BLOCK);
  }

  @Test
  void twoBlocksBecomeOne() {
    assertThat(with(BLOCK + "10.1.1.1 other\n" + BLOCK)).isEqualTo(BLOCK + "10.1.1.1 other\n");
    assertThat(new HostsFile(BLOCK + BLOCK).isCurrent(HostsBlock.of(SPEC))).isFalse();
  }

  @Test
  void aLostEndOfTheBlockCostsNoForeignLine() {
    String torn =
        """
        127.0.0.1 localhost
        # BEGIN mainstay demo generation 2
        127.0.0.1 api.demo.internal
        10.77.0.11 m1.demo.internal m1
        10.1.1.1 other
        fe80::1 gateway
        """;
    assertThat(with(torn))
        .isEqualTo("127.0.0.1 localhost\n" + BLOCK + "10.1.1.1 other\nfe80::1 gateway\n");
    assertThat(without(torn)).isEqualTo("127.0.0.1 localhost\n10.1.1.1 other\nfe80::1 gateway\n");
  }

  @Test
  void aBlockCutOffInTheMiddleIsWrittenAnew() {
    String cut = "127.0.0.1 localhost\n# BEGIN mainstay demo generation 2\n127.0.0.1 api.demo.in";
    assertThat(with(cut)).isEqualTo("127.0.0.1 localhost\n" + BLOCK);
    assertThat(without(cut)).isEqualTo("127.0.0.1 localhost\n");
  }

  @Test
  void aMissingLastLineEndIsAdded() {
    assertThat(with("127.0.0.1 localhost")).isEqualTo("127.0.0.1 localhost\n" + BLOCK);
    assertThat(without(with("127.0.0.1 localhost"))).isEqualTo("127.0.0.1 localhost\n");
  }

  @Test
  void anAbsurdGenerationIsNotOurs() {
    String absurd = "# BEGIN mainstay demo generation 99999999999999999999\n";
    assertThat(new HostsFile(absurd).generation()).isZero();
  }

  @Test
  void withoutTheBlockTheTextIsAsItWas() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<String> kinds =
        List.of(
            "127.0.0.1 localhost",
            "127.0.1.1 m1",
            "::1 localhost ip6-localhost w1.demo.internal",
            "10.9.9.9 m1.demo.internal",
            "",
            "# a comment",
            "\t10.1.1.1\tother  # tail",
            "garbage",
            "# END of the file");
    for (int round = 0; round < 500; round++) {
      StringBuilder text = new StringBuilder();
      int lines = random.nextInt(8);
      for (int i = 0; i < lines; i++) {
        text.append(kinds.get(random.nextInt(kinds.size()))).append('\n');
      }
      String before = text.toString();
      assertThat(without(with(before))).describedAs("seed %d", seed).isEqualTo(before);
      assertThat(with(with(before))).describedAs("seed %d", seed).isEqualTo(with(before));
    }
  }
}
