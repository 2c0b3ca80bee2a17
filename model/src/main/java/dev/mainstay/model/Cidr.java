package dev.mainstay.model;

import java.util.Optional;

/** An IPv4 network in CIDR notation whose host bits are zero: {@code 10.244.0.0/16}. */
public record Cidr(Address network, int prefix) {
  public Cidr {
    if (prefix < 0 || prefix > 32) {
      throw new IllegalArgumentException("prefix length out of 0..32: " + prefix);
    }
    if ((network.bits() & ~mask(prefix)) != 0) {
      throw new IllegalArgumentException("host bits set: " + network + "/" + prefix);
    }
  }

  /** The network that {@code text} spells, or empty where it is none or has host bits set. */
  public static Optional<Cidr> parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !text.substring(slash + 1).matches("\\d|[12]\\d|3[0-2]")) {
      return Optional.empty();
    }
    int prefix = Integer.parseInt(text.substring(slash + 1));
    return Address.parse(text.substring(0, slash))
        .filter(address -> (address.bits() & ~mask(prefix)) == 0)
        .map(address -> new Cidr(address, prefix));
  }

  /** Whether any address is in both networks. */
  public boolean overlaps(Cidr other) {
    int common = mask(Math.min(prefix, other.prefix));
    return (network.bits() & common) == (other.network.bits() & common);
  }

  public boolean contains(Address address) {
    return (address.bits() & mask(prefix)) == network.bits();
  }

  /** The {@code n}th address of the network, counted from its base address. */
  public Address address(int n) {
    return Address.ofBits(network.bits() + n);
  }

  private static int mask(int prefix) {
    return prefix == 0 ? 0 : -1 << (32 - prefix);
  }

  @Override
  public String toString() {
    return network + "/" + prefix;
  }
}
