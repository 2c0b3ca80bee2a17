package dev.mainstay.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a file must be.
 *
 * @param algorithm {@code SHA-256} or {@code SHA-512}
 * @param hex in lower case
 */
record Checksum(String algorithm, String hex) {
  private static final int BUFFER = 1 << 16;
  private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]+");

  /** Between digits and name: spaces, and a star for a binary file. */
  private static final Pattern BETWEEN = Pattern.compile("[\\s*]+");

  Checksum {
    hex = hex.toLowerCase(Locale.ROOT);
    int digits = algorithm.equals("SHA-512") ? 128 : 64;
    if (!hex.matches("[0-9a-f]{" + digits + "}")) {
      throw new IllegalArgumentException("not a " + algorithm + ": " + hex);
    }
  }

  static Checksum sha256(String hex) {
    return new Checksum("SHA-256", hex);
  }

  /**
   * The checksum of {@code file} in {@code text} as upstreams publish them: the bare digits, or
   * lines of digits and a name.
   */
  static Optional<Checksum> published(String text, String file) {
    for (String line : text.lines().toList()) {
      List<String> words = List.of(BETWEEN.split(line.strip()));
      boolean about = words.size() == 1 || isName(words.getLast(), file);
      String hex = words.getFirst();
      if (about && HEX.matcher(hex).matches() && (hex.length() == 64 || hex.length() == 128)) {
        return Optional.of(new Checksum(hex.length() == 64 ? "SHA-256" : "SHA-512", hex));
      }
    }
    return Optional.empty();
  }

  /** Some publish the path on the machine that built the file. */
  private static boolean isName(String word, String file) {
    return word.equals(file) || word.endsWith("/" + file);
  }

  /** The digits that {@code file} has. */
  String actual(Path file) throws IOException {
    MessageDigest digest = Digests.digest(algorithm);
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return Digests.hex(digest);
  }

  /** A file's name that says which content it has. */
  String fileName() {
    return algorithm.toLowerCase(Locale.ROOT).replace("-", "") + "-" + hex;
  }

  @Override
  public String toString() {
    return algorithm.toLowerCase(Locale.ROOT).replace("-", "") + ":" + hex;
  }
}
