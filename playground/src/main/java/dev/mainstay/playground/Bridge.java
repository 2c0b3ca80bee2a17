package dev.mainstay.playground;

import dev.mainstay.model.Cidr;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The wire that a playground's hosts and this machine share. No way leads out: no address
 * translation, and this machine forwards nothing.
 */
final class Bridge {
  private static final Path FILTERED = Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables");

  private final String name;
  private final Path owner;

  /**
   * The bridge.
   *
   * @param owner the folder of the playground that it is for
   */
  Bridge(String name, Path owner) {
    this.name = name;
    this.owner = owner;
  }

  String name() {
    return name;
  }

  /** Makes the bridge where it is not there yet and gives this machine an address per subnet. */
  void make(Set<Cidr> subnets) {
    if (!Cable.exists(name)) {
      // A fixed address of its own: else the bridge takes that of its lowest port, which changes.
      Command.must(
          "ip",
          "link",
          "add",
          name,
          "address",
          hardwareAddress(),
          "type",
          "bridge",
          "stp_state",
          "0",
          "forward_delay",
          "0");
    }
    requireOwn();
    Command.must("ip", "link", "set", name, "alias", alias(), "up");
    addresses(subnets);
    letThrough();
  }

  /** Gives this machine exactly one address in each subnet. */
  void addresses(Set<Cidr> subnets) {
    Set<String> wanted =
        subnets.stream()
            .map(subnet -> Subnets.gateway(subnet) + "/" + subnet.prefix())
            .collect(Collectors.toSet());
    Set<String> present =
        Command.must("ip", "-4", "-o", "address", "show", "dev", name)
            .lines()
            .map(line -> line.replaceFirst(".* inet (\\S+).*", "$1"))
            .collect(Collectors.toSet());
    for (String address : wanted) {
      if (!present.contains(address)) {
        Command.must("ip", "address", "add", address, "dev", name);
      }
    }
    for (String address : present) {
      if (!wanted.contains(address)) {
        Command.must("ip", "address", "delete", address, "dev", name);
      }
    }
  }

  /** Forgets which hardware address had which address. */
  void forgetNeighbours() {
    Command.run("ip", "neigh", "flush", "dev", name);
  }

  /** The hosts that are plugged in, by systemd-nspawn's names for them. */
  List<String> machines() {
    if (!Cable.exists(name)) {
      return List.of();
    }
    requireOwn();
    String prefix = MachineNames.cable("");
    try (Stream<Path> ports = Files.list(Path.of("/sys/class/net", name, "brif"))) {
      return ports
          .map(port -> String.valueOf(port.getFileName()))
          .filter(port -> port.startsWith(prefix))
          .map(port -> port.substring(prefix.length()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes it away, if it is there and this playground's. */
  void delete() {
    if (Cable.exists(name)) {
      requireOwn();
      Cable.delete(name);
    }
    while (filtering() && Command.run(rule("-C")).exit() == 0) {
      Command.must(rule("-D"));
    }
  }

  /**
   * Where bridged traffic passes through this machine's own packet filter, which may drop what it
   * does not know, hosts must still reach each other.
   */
  private void letThrough() {
    if (filtering() && Command.run(rule("-C")).exit() != 0) {
      Command.must(rule("-I"));
    }
  }

  private boolean filtering() {
    try {
      return Files.exists(FILTERED)
          && Files.readString(FILTERED).strip().equals("1")
          && Tools.find("iptables").isPresent();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> rule(String verb) {
    return List.of(
        "iptables",
        "-w",
        verb,
        "FORWARD",
        "-i",
        name,
        "-o",
        name,
        "-j",
        "ACCEPT",
        "-m",
        "comment",
        "--comment",
        "mainstay playground");
  }

  /**
   * Fails where the bridge is there and another playground's: then so are the hosts and cables of
   * that name, be it in another user's folder.
   */
  void requireOwn() {
    if (!Cable.exists(name)) {
      return;
    }
    try {
      String present = Files.readString(Path.of("/sys/class/net", name, "ifalias")).strip();
      if (!present.isEmpty() && !present.equals(alias())) {
        throw new PlaygroundException(
            "the bridge %s is in use: %s; take that down, or choose another --name"
                .formatted(name, present));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The kernel keeps at most 255 bytes. */
  private String alias() {
    String alias = "mainstay playground " + owner;
    return alias.length() < 256 ? alias : alias.substring(0, 255);
  }

  private String hardwareAddress() {
    String digits = MachineNames.digest(name, 10);
    List<String> bytes = new ArrayList<>(List.of("02"));
    for (int at = 0; at < digits.length(); at += 2) {
      bytes.add(digits.substring(at, at + 2));
    }
    return String.join(":", bytes);
  }

  /** The IPv4 networks of this machine's interfaces, without those of {@code besides}. */
  static List<Cidr> networksOfThisMachine(String besides) {
    try {
      return Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
          .filter(each -> !each.getName().equals(besides))
          .flatMap(each -> each.getInterfaceAddresses().stream())
          .filter(each -> each.getAddress() instanceof Inet4Address)
          .map(each ->
              Subnets.network(each.getAddress().getHostAddress(), each.getNetworkPrefixLength()))
          .flatMap(Optional::stream)
          .toList();
    } catch (SocketException e) {
      throw new UncheckedIOException(e);
    }
  }
}
