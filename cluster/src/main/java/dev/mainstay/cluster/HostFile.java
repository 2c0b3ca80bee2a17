package dev.mainstay.cluster;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A file as it should lie on a host.
 *
 * @param mode octal digits, {@code 644}
 */
record HostFile(String path, String mode, String content) {
  /** Lower-case hexadecimal. */
  String sha256() {
    return sha256(content);
  }

  /** The line by which the scripts take a file: {@code MODE PATH BASE64}. */
  String line() {
    return mode
        + " "
        + path
        + " "
        + Base64.getEncoder().encodeToString(content.getBytes(StandardCharsets.UTF_8))
        + "\n";
  }

  static String sha256(String content) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(content.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException never) {
      throw new IllegalStateException(never);
    }
  }
}
