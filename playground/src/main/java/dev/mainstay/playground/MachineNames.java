package dev.mainstay.playground;

import dev.mainstay.model.NodeName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a playground's parts are called on this machine, where all playgrounds share one space:
 * readable where that is short and unmistakable, else ending in a digest.
 */
final class MachineNames {
  /** IFNAMSIZ without its final zero is 15; each prefix takes 3. */
  private static final int LONGEST = 12;

  private static final int DIGEST = 6;

  private MachineNames() {}

  /** The bridge: {@code ms-demo}. */
  static String bridge(String playground) {
    return "ms-" + (playground.length() <= LONGEST ? playground : shortened(playground));
  }

  /**
   * systemd-nspawn's name for the host: {@code demo-m1}. With a hyphen in either half another pair
   * could read the same.
   */
  static String machine(String playground, NodeName host) {
    String readable = playground + "-" + host;
    return readable.length() <= LONGEST && readable.indexOf('-') == readable.lastIndexOf('-')
        ? readable
        : shortened(playground + "/" + host);
  }

  /** This machine's end of the host's cable, as systemd-nspawn names it: {@code vb-demo-m1}. */
  static String cable(String machine) {
    return "vb-" + machine;
  }

  /** The control group of a host's processes: {@code mainstay-demo-m1}. */
  static String controlGroup(String machine) {
    return "mainstay-" + machine;
  }

  /** The first {@code length} hexadecimal digits of SHA-256. */
  static String digest(String text, int length) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, length);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Five characters and a digest; no hyphen but the one, so no readable name looks like it. */
  private static String shortened(String text) {
    String start = text.replaceAll("[^a-z0-9]", "");
    return start.substring(0, Math.min(start.length(), LONGEST - DIGEST - 1))
        + "-"
        + digest(text, DIGEST);
  }
}
