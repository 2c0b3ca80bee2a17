package dev.mainstay.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class AddressesTest {
  @Test
  void networksOverlapExactlyWhereTheyShareAnAddress() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      Cidr a = network(random);
      Cidr b = network(random);
      boolean shares = a.contains(b.network()) || b.contains(a.network());
      assertThat(a.overlaps(b)).as("seed %d: %s and %s", seed, a, b).isEqualTo(shares);
      assertThat(a.overlaps(a)).isTrue();
      assertThat(Cidr.parse(a.toString())).contains(a);
    }
  }

  private static Cidr network(Random random) {
    int prefix = 4 + random.nextInt(29);
    int bits = random.nextInt(8) << 29 | random.nextInt(1 << 20);
    return new Cidr(Address.ofBits(bits & (-1 << (32 - prefix))), prefix);
  }

  @Test
  void refusesWhatIsNoAddressOrNetwork() {
    for (String text :
        new String[] {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4 ", "::1"}) {
      assertThat(Address.parse(text)).as(text).isEmpty();
    }
    for (String text : new String[] {"1.2.3.4", "1.2.3.4/33", "1.2.3.4/16", "1.2.0.0/", "/16"}) {
      assertThat(Cidr.parse(text)).as(text).isEmpty();
    }
    assertThatThrownBy(() -> new Address("localhost")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void addressesSortAsNumbers() {
    assertThat(new Address("10.0.0.9")).isLessThan(new Address("10.0.0.10"));
    assertThat(new Address("9.0.0.0")).isLessThan(new Address("200.0.0.0"));
    assertThat(Cidr.parse("10.96.0.0/12").orElseThrow().address(10))
        .isEqualTo(new Address("10.96.0.10"));
  }

  @Test
  void suggestsTheNearestWordAndNoFarOne() {
    var known = java.util.List.of("address", "masters", "workers");
    assertThat(Spelling.nearest("adress", known)).contains("address");
    assertThat(Spelling.nearest("mastres", known)).contains("masters");
    assertThat(Spelling.nearest("banana", known)).isEmpty();
  }
}
