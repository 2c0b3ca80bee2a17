package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.NodeName;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MachineNamesTest {
  @Test
  void shortNamesAreReadable() {
    assertThat(MachineNames.bridge("demo")).isEqualTo("ms-demo");
    assertThat(MachineNames.machine("selftest", new NodeName("w10"))).isEqualTo("selftest-w10");
    assertThat(MachineNames.cable("demo-m1")).isEqualTo("vb-demo-m1");
    assertThat(MachineNames.controlGroup("demo-m1")).isEqualTo("mainstay-demo-m1");
  }

  @Test
  void everyInterfaceNameFitsTheKernelAndBelongsToOneHost() {
    List<String> playgrounds =
        List.of("a", "a-b", "demo", "demo-m1", "a-very-long-playground-name", "x".repeat(63));
    List<String> hosts =
        List.of("c", "b-c", "m1", "m1-m1", "a-very-long-host-name", "y".repeat(63));
    Set<String> seen = new HashSet<>();
    for (String playground : playgrounds) {
      assertThat(MachineNames.bridge(playground)).hasSizeLessThanOrEqualTo(15);
      assertThat(seen.add(MachineNames.bridge(playground))).isTrue();
      for (String host : hosts) {
        String machine = MachineNames.machine(playground, new NodeName(host));
        assertThat(MachineNames.cable(machine)).hasSizeLessThanOrEqualTo(15);
        assertThat(NodeName.isValid(machine)).isTrue();
        assertThat(seen.add(machine)).isTrue();
      }
    }
  }
}
