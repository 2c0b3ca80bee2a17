package dev.mainstay.model;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An IPv4 address at which a host is reached, in dotted decimal with no leading zeros. */
public record Address(String value) implements Comparable<Address> {
  private static final Pattern DOTTED =
      Pattern.compile(
          "(0|[1-9]\\d{0,2})\\.(0|[1-9]\\d{0,2})\\.(0|[1-9]\\d{0,2})\\.(0|[1-9]\\d{0,2})");

  public Address {
    if (bits(value).isEmpty()) {
      throw new IllegalArgumentException("not an IPv4 address: " + value);
    }
  }

  /** The address that {@code text} spells, or empty where it is none. */
  public static Optional<Address> parse(String text) {
    return bits(text).map(bits -> new Address(text));
  }

  /** The address with these 32 bits. */
  static Address ofBits(int bits) {
    return new Address(
        "%d.%d.%d.%d"
            .formatted(bits >>> 24, (bits >>> 16) & 0xff, (bits >>> 8) & 0xff, bits & 0xff));
  }

  /**
   * Whether one host can have it: not "this network" (0/8), multicast (224/4), reserved or
   * broadcast (240/4; all RFC 6890 and RFC 5771).
   */
  boolean isOfAHost() {
    int first = bits() >>> 24;
    return first != 0 && first < 224;
  }

  /** Whether it is in 127/8, where every machine finds itself. */
  boolean isLoopback() {
    return bits() >>> 24 == 127;
  }

  /** The 32 bits, most significant byte first. */
  int bits() {
    return bits(value).orElseThrow();
  }

  static Optional<Integer> bits(String text) {
    Matcher matcher = DOTTED.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int bits = 0;
    for (int group = 1; group <= 4; group++) {
      int octet = Integer.parseInt(matcher.group(group));
      if (octet > 255) {
        return Optional.empty();
      }
      bits = bits << 8 | octet;
    }
    return Optional.of(bits);
  }

  @Override
  public int compareTo(Address other) {
    return Integer.compareUnsigned(bits(), other.bits());
  }

  @Override
  public String toString() {
    return value;
  }
}
