package dev.mainstay.playground;

import dev.mainstay.model.Address;
import dev.mainstay.model.Cidr;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import dev.mainstay.model.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a playground consists of, kept in {@code playground.json} and written before the parts are
 * made, so that whatever exists is known.
 *
 * @param subnet where new hosts get their addresses
 * @param hosts masters first, each kind in the order of its names
 */
record PlaygroundRecord(Cidr subnet, List<Host> hosts) {

  /**
   * One host.
   *
   * @param rootFileSystem the key of its root file system in the cache
   */
  record Host(
      NodeName name, Role role, Address address, HostOptions options, String rootFileSystem) {
    Host movedTo(Address other) {
      return new Host(name, role, other, options, rootFileSystem);
    }
  }

  private static final Comparator<NodeName> NATURAL =
      Comparator.<NodeName>comparingInt(name -> name.value().length()).thenComparing(name -> name);
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  PlaygroundRecord {
    hosts =
        hosts.stream()
            .sorted(Comparator.comparing(Host::role).thenComparing(Host::name, NATURAL))
            .toList();
  }

  PlaygroundRecord with(Host more) {
    return new PlaygroundRecord(subnet, Stream.concat(hosts.stream(), Stream.of(more)).toList());
  }

  PlaygroundRecord without(NodeName host) {
    return new PlaygroundRecord(
        subnet, hosts.stream().filter(each -> !each.name().equals(host)).toList());
  }

  PlaygroundRecord moved(Map<NodeName, Address> to) {
    return new PlaygroundRecord(
        subnet,
        hosts.stream()
            .map(host -> host.movedTo(to.getOrDefault(host.name(), host.address())))
            .toList());
  }

  Optional<Host> host(NodeName name) {
    return hosts.stream().filter(host -> host.name().equals(name)).findFirst();
  }

  Set<Address> addresses() {
    return hosts.stream().map(Host::address).collect(Collectors.toSet());
  }

  /** The subnets with a host in them, and that of the playground. */
  Set<Cidr> subnets() {
    return Stream.concat(Stream.of(subnet), hosts.stream().map(host -> Subnets.of(host.address())))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** As JSON has it. */
  private record Written(String subnet, Map<String, WrittenHost> hosts) {}

  private record WrittenHost(
      Role role, String address, HostOptions options, String rootFileSystem) {}

  /** The record in {@code file}, or empty where there is none. */
  static Optional<PlaygroundRecord> read(Path file) {
    try {
      Written written = JSON.readValue(Files.readString(file), Written.class);
      return Optional.of(
          new PlaygroundRecord(
              Cidr.parse(written.subnet()).orElseThrow(),
              written.hosts().entrySet().stream()
                  .map(entry ->
                      new Host(
                          new NodeName(entry.getKey()),
                          entry.getValue().role(),
                          new Address(entry.getValue().address()),
                          entry.getValue().options(),
                          entry.getValue().rootFileSystem()))
                  .toList()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JacksonException | IllegalArgumentException | NoSuchElementException e) {
      throw new PlaygroundException(file + " is damaged; take the playground down and up again", e);
    }
  }

  /** Replaces {@code file} in one step. */
  void write(Path file) {
    Map<String, WrittenHost> written = new LinkedHashMap<>();
    for (Host host : hosts) {
      written.put(
          host.name().value(),
          new WrittenHost(
              host.role(), host.address().value(), host.options(), host.rootFileSystem()));
    }
    try {
      WholeFile.write(
          file, JSON.writeValueAsString(new Written(subnet.toString(), written)), "rw-r--r--");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
