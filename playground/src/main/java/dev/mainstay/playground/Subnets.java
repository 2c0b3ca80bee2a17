package dev.mainstay.playground;

import dev.mainstay.model.Address;
import dev.mainstay.model.Cidr;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Which addresses playgrounds and their hosts get. Each playground has a /24 of its own. */
final class Subnets {
  static final int PREFIX = 24;

  private static final int FIRST_MASTER = 11;
  private static final int FIRST_WORKER = 21;
  private static final int FIRST_OTHER = 101;
  private static final int LAST = 254;

  /** 10.77.0.0/24 to 10.78.255.0/24. */
  private static final int COUNT = 512;

  private static final Pattern NUMBERED = Pattern.compile("[a-z]+([1-9]\\d?)");

  private Subnets() {}

  /**
   * The subnet for a new playground: 10.77.0.0/24 for {@code demo}, another one that follows from
   * the name for others, and the next free one where that is taken.
   */
  static Cidr choose(String playground, Collection<Cidr> taken) {
    int start =
        playground.equals("demo")
            ? 0
            : 1 + Integer.parseInt(MachineNames.digest(playground, 6), 16) % (COUNT - 1);
    return IntStream.range(0, COUNT)
        .mapToObj(n -> subnet((start + n) % COUNT))
        .filter(subnet -> taken.stream().noneMatch(subnet::overlaps))
        .findFirst()
        .orElseThrow(() ->
            new PlaygroundException(
                "no subnet in 10.77.0.0/16 and 10.78.0.0/16 is free on this machine;"
                    + " take down a playground"));
  }

  private static Cidr subnet(int n) {
    return new Cidr(new Address("10.%d.%d.0".formatted(77 + n / 256, n % 256)), PREFIX);
  }

  /** The /24 that {@code address} is in. */
  static Cidr of(Address address) {
    String value = address.value();
    return new Cidr(new Address(value.substring(0, value.lastIndexOf('.')) + ".0"), PREFIX);
  }

  /** The network of an interface with this address. */
  static Optional<Cidr> network(String address, int prefix) {
    int bits = 0;
    for (String octet : address.split("\\.", -1)) {
      bits = bits << 8 | Integer.parseInt(octet);
    }
    int network = prefix == 0 ? 0 : bits & (-1 << (32 - prefix));
    return Cidr.parse(
        "%d.%d.%d.%d/%d"
            .formatted(
                network >>> 24,
                (network >>> 16) & 0xff,
                (network >>> 8) & 0xff,
                network & 0xff,
                prefix));
  }

  /** This machine's own address in the subnet, which is the hosts' gateway. */
  static Address gateway(Cidr subnet) {
    return subnet.address(1);
  }

  /**
   * An address for a new host: m1 gets .11, w1 gets .21 and so on, as far as these are free and
   * masters stay below workers; then the first free one from .101.
   */
  static Address assign(Cidr subnet, Role role, NodeName host, Set<Address> taken) {
    Matcher numbered = NUMBERED.matcher(host.value());
    Optional<Address> usual = Optional.empty();
    if (numbered.matches()) {
      int number = Integer.parseInt(numbered.group(1));
      int last =
          switch (role) {
            case MASTER -> FIRST_MASTER + number - 1;
            case WORKER -> FIRST_WORKER + number - 1;
          };
      int end = role == Role.MASTER ? FIRST_WORKER : FIRST_OTHER;
      usual = Optional.of(last).filter(n -> n < end).map(subnet::address);
    }
    return usual
        .filter(address -> !taken.contains(address))
        .or(() ->
            IntStream.rangeClosed(FIRST_OTHER, LAST)
                .mapToObj(subnet::address)
                .filter(address -> !taken.contains(address))
                .findFirst())
        .orElseThrow(
            () -> new PlaygroundException("no address in " + subnet + " is left for " + host));
  }
}
