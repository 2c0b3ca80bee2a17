package dev.mainstay.cluster;

import java.nio.charset.Charset;
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
 * @param charset of {@code content} on the host
 */
record HostFile(String path, String mode, String content, Charset charset) {
  /** Of /etc/hosts, most of which is the owner's: a character is a byte, whatever it means. */
  static final Charset BYTES = StandardCharsets.ISO_8859_1;

  private static final String ABSENT = "absent";

  HostFile(String path, String mode, String content) {
    this(path, mode, content, StandardCharsets.UTF_8);
  }

  /** The file /etc/hosts. */
  static HostFile hosts(String content) {
    return new HostFile("/etc/hosts", "644", content, BYTES);
  }

  /** That there is no file at {@code path}. */
  static HostFile absent(String path) {
    return new HostFile(path, ABSENT, "");
  }

  boolean isAbsent() {
    return mode.equals(ABSENT);
  }

  /**
   * Whether a host is as wanted whose file at this path was seen so.
   *
   * @param seen its sha256; null without a file
   * @param seenMode its octal digits; null where they are not known, which is no difference
   */
  boolean isWhatIsThere(@Nullable String seen, @Nullable String seenMode) {
    return isAbsent()
        ? seen == null
        : sha256().equals(seen) && (seenMode == null || seenMode.equals(mode));
  }

  /** Lower-case hexadecimal. */
  String sha256() {
    return sha256(bytes());
  }

  byte[] bytes() {
    return content.getBytes(charset);
  }

  /** The line by which the scripts take a file: {@code MODE PATH BASE64}, the last may be empty. */
  String line() {
    return mode + " " + path + " " + Base64.getEncoder().encodeToString(bytes()) + "\n";
  }

  static String sha256(String text) {
    return sha256(text.getBytes(StandardCharsets.UTF_8));
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException never) {
      throw new IllegalStateException(never);
    }
  }
}
