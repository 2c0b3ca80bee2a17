package dev.mainstay.cluster;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A file as it should lie on a host.
 *
 * @param mode octal digits, {@code 644}; {@code absent} where it must not lie there
 */
record HostFile(String path, String mode, String content) {
  private static final String ABSENT = "absent";

  /** That there is no file at {@code path}. */
  static HostFile absent(String path) {
    return new HostFile(path, ABSENT, "");
  }

  boolean isAbsent() {
    return mode.equals(ABSENT);
  }

  /** Whether a host whose file at this path has the sha256 {@code seen}, or none, is as wanted. */
  boolean isWhatIsThere(@Nullable String seen) {
    return isAbsent() ? seen == null : sha256().equals(seen);
  }

  /** Lower-case hexadecimal. */
  String sha256() {
    return sha256(content);
  }

  /** The line by which the scripts take a file: {@code MODE PATH BASE64}, the last may be empty. */
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
