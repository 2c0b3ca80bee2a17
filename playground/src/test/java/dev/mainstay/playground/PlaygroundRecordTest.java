package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.Address;
import dev.mainstay.model.Cidr;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaygroundRecordTest {
  @TempDir Path folder;

  @Test
  void readsWhatItWrote() {
    PlaygroundRecord record =
        new PlaygroundRecord(
            Cidr.parse("10.77.0.0/24").orElseThrow(),
            List.of(
                host("w1", Role.WORKER, "10.77.0.21", HostOptions.DEFAULT),
                host(
                    "m1",
                    Role.MASTER,
                    "10.77.0.11",
                    HostOptions.DEFAULT
                        .withDebian(13)
                        .withSshPort(2222)
                        .withSudoer("ada")
                        .withSudoer("bob", "secret")
                        .withoutRootLogin()
                        .withPackages("haproxy")
                        .withMemoryMegabytes(512)
                        .withDiskMegabytes(900))));
    Path file = folder.resolve("playground.json");
    record.write(file);
    assertThat(PlaygroundRecord.read(file)).contains(record);
  }

  @Test
  void isEmptyWhereThereIsNoFile() {
    assertThat(PlaygroundRecord.read(folder.resolve("none"))).isEmpty();
  }

  @Test
  void saysWhatToDoAboutADamagedFile() throws IOException {
    Path file = Files.writeString(folder.resolve("playground.json"), "{\"subnet\":");
    assertThatThrownBy(() -> PlaygroundRecord.read(file))
        .isInstanceOf(PlaygroundException.class)
        .hasMessageContaining("down and up again");
  }

  @Test
  void listsMastersFirstAndCountsAsPeopleDo() {
    assertThat(
            new PlaygroundRecord(
                    Cidr.parse("10.77.0.0/24").orElseThrow(),
                    List.of(
                        host("w2", Role.WORKER, "10.77.0.22", HostOptions.DEFAULT),
                        host("m10", Role.MASTER, "10.77.0.20", HostOptions.DEFAULT),
                        host("m2", Role.MASTER, "10.77.0.12", HostOptions.DEFAULT)))
                .hosts())
        .extracting(host -> host.name().value())
        .containsExactly("m2", "m10", "w2");
  }

  @Test
  void knowsEverySubnetAfterAMove() {
    PlaygroundRecord record =
        new PlaygroundRecord(
                Cidr.parse("10.77.0.0/24").orElseThrow(),
                List.of(host("m1", Role.MASTER, "10.77.0.11", HostOptions.DEFAULT)))
            .moved(Map.of(new NodeName("m1"), new Address("10.78.9.5")));
    assertThat(record.subnets())
        .extracting(Cidr::toString)
        .containsExactly("10.77.0.0/24", "10.78.9.0/24");
  }

  private static PlaygroundRecord.Host host(
      String name, Role role, String address, HostOptions options) {
    return new PlaygroundRecord.Host(
        new NodeName(name), role, new Address(address), options, RootFileSystems.key(options));
  }
}
