package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.Address;
import dev.mainstay.model.Cidr;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SubnetsTest {
  private static final Cidr DEMO = cidr("10.77.0.0/24");

  @Test
  void demoHasTheFirstSubnet() {
    assertThat(Subnets.choose("demo", List.of())).isEqualTo(DEMO);
  }

  @Test
  void otherNamesHaveTheSameSubnetEachTimeAndNeverDemos() {
    for (int n = 0; n < 2000; n++) {
      String name = "play" + n;
      Cidr subnet = Subnets.choose(name, List.of());
      assertThat(subnet).isEqualTo(Subnets.choose(name, List.of())).isNotEqualTo(DEMO);
      assertThat(subnet.network().value()).matches("10\\.7[78]\\.\\d+\\.0");
    }
  }

  @Test
  void takesTheNextFreeSubnetWhereItsOwnIsTaken() {
    assertThat(Subnets.choose("demo", List.of(DEMO))).isEqualTo(cidr("10.77.1.0/24"));
    assertThat(Subnets.choose("demo", List.of(cidr("10.77.0.0/16"))))
        .isEqualTo(cidr("10.78.0.0/24"));
  }

  @Test
  void saysSoWhereNoSubnetIsLeft() {
    assertThatThrownBy(() -> Subnets.choose("demo", List.of(cidr("10.0.0.0/8"))))
        .isInstanceOf(PlaygroundException.class)
        .hasMessageContaining("take down a playground");
  }

  @Test
  void hostsHaveTheirUsualAddresses() {
    assertThat(assign(Role.MASTER, "m1")).isEqualTo("10.77.0.11");
    assertThat(assign(Role.MASTER, "m10")).isEqualTo("10.77.0.20");
    assertThat(assign(Role.WORKER, "w1")).isEqualTo("10.77.0.21");
    assertThat(assign(Role.WORKER, "w80")).isEqualTo("10.77.0.100");
  }

  @Test
  void hostsWithoutAUsualAddressHaveTheNextFreeOne() {
    assertThat(assign(Role.MASTER, "m11")).isEqualTo("10.77.0.101");
    assertThat(assign(Role.WORKER, "w81")).isEqualTo("10.77.0.101");
    assertThat(assign(Role.WORKER, "gpu-a", "10.77.0.101")).isEqualTo("10.77.0.102");
    assertThat(assign(Role.MASTER, "m1", "10.77.0.11")).isEqualTo("10.77.0.101");
  }

  @Test
  void noTwoHostsShareAnAddress() {
    Set<Address> taken = new HashSet<>();
    IntStream.rangeClosed(1, 99)
        .mapToObj(n -> Subnets.assign(DEMO, Role.MASTER, new NodeName("m" + n), taken))
        .forEach(address -> assertThat(taken.add(address)).isTrue());
    IntStream.rangeClosed(1, 90)
        .mapToObj(n -> Subnets.assign(DEMO, Role.WORKER, new NodeName("w" + n), taken))
        .forEach(address -> assertThat(taken.add(address)).isTrue());
  }

  @Test
  void knowsTheNetworkOfAnInterface() {
    assertThat(Subnets.network("192.168.77.130", 25)).contains(cidr("192.168.77.128/25"));
    assertThat(Subnets.network("10.1.2.3", 0)).contains(cidr("0.0.0.0/0"));
  }

  private static String assign(Role role, String name, String... taken) {
    Set<Address> addresses = new HashSet<>();
    for (String each : taken) {
      addresses.add(new Address(each));
    }
    return Subnets.assign(DEMO, role, new NodeName(name), addresses).value();
  }

  private static Cidr cidr(String text) {
    return Cidr.parse(text).orElseThrow();
  }
}
