package dev.mainstay.playground;

import dev.mainstay.model.Address;
import dev.mainstay.model.Cidr;
import dev.mainstay.model.ClusterHome;
import dev.mainstay.model.ClusterName;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import dev.mainstay.model.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Hosts on this machine under one name, on a bridge of their own.
 *
 * <p>The record in {@code playground.json} is written before what it tells of is made, and every
 * step makes only what is not there yet: after a crash the next {@link #up} or {@link #down} goes
 * on from whatever there is. Operations that change something take the playground's lock; those
 * that look do not.
 */
public final class Playground {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration BOOT = Duration.ofMinutes(2);

  private final PlaygroundHome home;
  private final String name;
  private final Path directory;

  private Playground(PlaygroundHome home, String name) {
    this.home = home;
    this.name = name;
    this.directory = home.playground(name);
  }

  /** The playground of that name, whether it exists or not; {@code name} is one DNS label. */
  public static Playground of(PlaygroundHome home, String name) {
    if (!NodeName.isValid(name)) {
      throw new PlaygroundException(
          "\"%s\" cannot name a playground: use a-z, 0-9 and hyphens".formatted(name));
    }
    return new Playground(home, name);
  }

  /** The cluster file that {@link #up} writes where there is none. */
  public Path clusterFile() {
    return directory.resolve("cluster.yaml");
  }

  /** The private key that every account of every host lets in. */
  public Path keyFile() {
    return directory.resolve("id_ed25519");
  }

  /** Whether there is anything of it, be it half made. */
  public boolean exists() {
    return Files.exists(recordFile());
  }

  private Path recordFile() {
    return directory.resolve("playground.json");
  }

  /** Its hosts, masters first, each kind in the order of their names; empty if there are none. */
  public List<PlaygroundHost> hosts() {
    return PlaygroundRecord.read(recordFile()).stream()
        .flatMap(record -> record.hosts().stream())
        .map(this::now)
        .toList();
  }

  private PlaygroundHost now(PlaygroundRecord.Host host) {
    HostState state =
        process(host.name()).supervisor().isEmpty()
            ? HostState.STOPPED
            : Files.exists(disk(host.name()).cut()) ? HostState.CUT : HostState.RUNNING;
    return new PlaygroundHost(host.name(), host.role(), host.address(), state);
  }

  /**
   * Makes the hosts of {@code spec} and waits until ssh answers on all of them. On a playground
   * that exists, starts the hosts that are stopped and changes nothing else.
   *
   * @throws PlaygroundException.Busy where another process is at work on it
   */
  public void up(PlaygroundSpec spec, PlaygroundProgress progress) {
    Preflight.requireRoot();
    PlaygroundProgress one = oneAtATime(progress);
    Preflight.tools(one);
    Preflight.machineId(one);
    try (PlaygroundLock _ = lock()) {
      bridge().requireOwn();
      PlaygroundRecord record = record(spec, one);
      Preflight.room(directory, record.hosts().size(), one);
      for (PlaygroundRecord.Host host : record.hosts()) {
        provideRootFileSystem(host, one);
      }
      Preflight.raiseLimits();
      bridge().make(record.subnets());
      writeClusterFile(record, spec);
      onAll(record.hosts(), host -> powerOn(record, host, one));
    }
  }

  private PlaygroundRecord record(PlaygroundSpec spec, PlaygroundProgress progress) {
    Optional<PlaygroundRecord> present = PlaygroundRecord.read(recordFile());
    if (present.isPresent()) {
      Set<NodeName> names =
          present.get().hosts().stream()
              .map(PlaygroundRecord.Host::name)
              .collect(Collectors.toSet());
      boolean asked = !spec.hosts().equals(PlaygroundSpec.DEFAULT.hosts());
      if (asked && !names.containsAll(spec.hosts().keySet())) {
        progress.note(
            "the playground %s exists and keeps its %d hosts; `mainstay playground add` makes more"
                .formatted(name, names.size()));
      }
      return present.get();
    }
    try {
      Files.createDirectories(home.state());
      Files.createDirectories(directory);
      // it holds a private key
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new PlaygroundException("cannot make " + directory + ": " + e, e);
    }
    // Two new playgrounds must not choose the same subnet.
    try (PlaygroundLock _ = PlaygroundLock.take("-subnets", "choosing a subnet", PATIENCE)) {
      Cidr subnet = Subnets.choose(name, takenSubnets());
      PlaygroundRecord record = new PlaygroundRecord(subnet, List.of());
      for (Map.Entry<NodeName, Role> host : spec.hosts().entrySet()) {
        record =
            record.with(
                newHost(record, host.getValue(), host.getKey(), spec.options(host.getKey())));
      }
      record.write(recordFile());
      return record;
    }
  }

  private static PlaygroundRecord.Host newHost(
      PlaygroundRecord record, Role role, NodeName host, HostOptions options) {
    return new PlaygroundRecord.Host(
        host,
        role,
        Subnets.assign(record.subnet(), role, host, record.addresses()),
        options,
        RootFileSystems.key(options));
  }

  private List<Cidr> takenSubnets() {
    List<Cidr> taken = new ArrayList<>(Bridge.networksOfThisMachine(bridge().name()));
    try (Stream<Path> siblings = Files.list(home.state())) {
      siblings
          .filter(sibling -> !sibling.equals(directory))
          .map(sibling -> PlaygroundRecord.read(sibling.resolve("playground.json")))
          .flatMap(Optional::stream)
          .forEach(record -> taken.addAll(record.subnets()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return taken;
  }

  private Path provideRootFileSystem(PlaygroundRecord.Host host, PlaygroundProgress progress) {
    RootFileSystems cache = new RootFileSystems(home.rootFileSystems());
    Path path = cache.path(host.rootFileSystem());
    if (Files.isDirectory(path)) {
      return path;
    }
    if (!host.rootFileSystem().equals(RootFileSystems.key(host.options()))) {
      throw new PlaygroundException(
          "%s stands on %s, which is gone and which this version of Mainstay does not build;"
                  .formatted(host.name(), path)
              + " take the playground down and up again");
    }
    return cache.provide(host.options(), progress);
  }

  private void writeClusterFile(PlaygroundRecord record, PlaygroundSpec spec) {
    loginKey();
    record.hosts().forEach(host -> pin(host.name()));
    if (Files.exists(clusterFile())) {
      return;
    }
    try {
      Files.writeString(
          clusterFile(),
          ClusterFile.text(name, spec.kubernetes(), keyFile().toAbsolutePath(), record.hosts()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private KeyPair loginKey() {
    return KeyPair.provide(keyFile(), "mainstay playground " + name);
  }

  /** Known before the host boots, so that its first contact can be checked. */
  private KeyPair hostKey(NodeName host) {
    return KeyPair.provide(directory.resolve("keys").resolve(host.value()), host.value());
  }

  private void pin(NodeName host) {
    ClusterHome home = ClusterHome.beside(clusterFile(), new ClusterName(name));
    home.keepOutOfGit();
    new PinnedKeys(home.knownHosts()).pin(host, hostKey(host).withoutComment());
  }

  private void powerOn(
      PlaygroundRecord record, PlaygroundRecord.Host host, PlaygroundProgress progress) {
    long start = System.nanoTime();
    HostProcess process = process(host.name());
    if (process.supervisor().isPresent()) {
      applyNetwork(record, host);
      awaitSsh(host, process);
      return;
    }
    HostDisk disk = disk(host.name());
    mount(host, disk);
    writeNetwork(record, host);
    process.start(bridge().name(), host.options());
    String cable = cable(host.name());
    if (Files.exists(disk.cut())) {
      Cable.down(cable);
    } else {
      Cable.up(cable);
    }
    awaitSsh(host, process);
    progress.done(
        host.name() + " at " + host.address() + " answers",
        Duration.ofNanos(System.nanoTime() - start));
  }

  private void mount(PlaygroundRecord.Host host, HostDisk disk) {
    try {
      Files.createDirectories(disk.directory());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    KeyPair hostKey = hostKey(host.name());
    disk.mount(
        provideRootFileSystem(host, PlaygroundProgress.SILENT),
        host.options(),
        new HostDisk.Identity(
            host.name(), hostKey.privateKey(), hostKey.publicKey(), loginKey().publicKey()));
  }

  /** What the host's unit reads at its start. */
  private static String network(PlaygroundRecord record, PlaygroundRecord.Host host) {
    Cidr own = Subnets.of(host.address());
    String neighbours =
        record.subnets().stream()
            .filter(subnet -> !subnet.equals(own))
            .map(Cidr::toString)
            .collect(Collectors.joining(" "));
    return "ADDRESS=%s\nPREFIX=%d\nGATEWAY=%s\nNEIGHBOURS=\"%s\"\n"
        .formatted(host.address(), own.prefix(), Subnets.gateway(own), neighbours);
  }

  private void writeNetwork(PlaygroundRecord record, PlaygroundRecord.Host host) {
    disk(host.name()).write("etc/playground/network", network(record, host), "rw-r--r--");
  }

  /** Gives a running host the address and the ways that it should have, unless it has them. */
  private void applyNetwork(PlaygroundRecord record, PlaygroundRecord.Host host) {
    HostProcess process = process(host.name());
    String wanted = network(record, host);
    // A host that boots right now reads the file at one moment or the other: wait for that.
    boolean running =
        process.supervisor().isPresent()
            && Await.until(
                BOOT, () -> process.supervisor().isEmpty() || !process.appliedNetwork().isEmpty());
    if (!running || process.appliedNetwork().equals(wanted)) {
      return;
    }
    disk(host.name()).writeScript();
    writeNetwork(record, host);
    Captured captured =
        Command.run(process.inside(List.of("systemctl", "restart", "playground-host.service")));
    if (captured.exit() != 0) {
      throw new PlaygroundException(
          "%s does not take the address %s: %s"
              .formatted(host.name(), host.address(), captured.stderr().strip()));
    }
  }

  /** A host whose cable is out is up when its process 1 is. */
  private void awaitSsh(PlaygroundRecord.Host host, HostProcess process) {
    HostDisk disk = disk(host.name());
    if (Files.exists(disk.cut())) {
      return;
    }
    SshPort port = new SshPort(host.address(), host.options().sshPort());
    boolean up =
        Await.until(
            BOOT, () -> process.supervisor().isEmpty() || (port.answers() && letsUsersIn(process)));
    if (!up || process.supervisor().isEmpty()) {
      throw new PlaygroundException(
          "%s (%s): %s; its console ends with:%n%s"
              .formatted(
                  host.name(),
                  host.address(),
                  up
                      ? "went off while booting"
                      : "ssh does not answer in " + BOOT.toSeconds() + " s",
                  disk.consoleTail()));
    }
  }

  /** While a host boots, this file keeps everyone but root out. */
  private static boolean letsUsersIn(HostProcess process) {
    return process
        .init()
        .filter(init -> !Files.exists(Path.of("/proc/" + init + "/root/run/nologin")))
        .isPresent();
  }

  /**
   * Removes everything that {@link #up} made, also after a crash in the middle or a reboot.
   *
   * @return whether there was anything
   */
  public boolean down(PlaygroundProgress progress) {
    Preflight.requireRoot();
    PlaygroundProgress one = oneAtATime(progress);
    long start = System.nanoTime();
    try (PlaygroundLock _ = lock()) {
      bridge().requireOwn();
      List<NodeName> hosts = hostsOnDisk();
      onAll(
          hosts,
          host -> {
            process(host).stop();
            disk(host).delete();
          });
      // Hosts whose folders were lost are still plugged in.
      List<String> plugged = bridge().machines();
      for (String machine : plugged) {
        ControlGroups.of(machine).clear();
        Cable.delete(MachineNames.cable(machine));
      }
      bridge().delete();
      boolean there = Files.exists(directory);
      Mounts.deleteTree(directory);
      if (there) {
        one.done(
            "playground %s with %d hosts removed".formatted(name, hosts.size()),
            Duration.ofNanos(System.nanoTime() - start));
      }
      return there || !plugged.isEmpty();
    }
  }

  /** By their folders, which are there even where the record is damaged. */
  private List<NodeName> hostsOnDisk() {
    Path folder = directory.resolve("hosts");
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> hosts = Files.list(folder)) {
      return hosts
          .filter(Files::isDirectory)
          .map(host -> host.getFileName().toString())
          .filter(NodeName::isValid)
          .map(NodeName::new)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Powers the host off at once; its disk is kept. */
  public void stop(NodeName host) {
    change(record -> {
      known(record, host);
      process(host).stop();
    });
  }

  /** Powers the host on and waits until ssh answers, unless its cable is cut. */
  public void start(NodeName host) {
    change(record -> {
      PlaygroundRecord.Host known = known(record, host);
      Preflight.raiseLimits();
      bridge().make(record.subnets());
      powerOn(record, known, PlaygroundProgress.SILENT);
    });
  }

  /**
   * Makes the host's network go black: what is sent to it or by it is lost. It stays so over {@link
   * #stop} and {@link #start}, as a pulled cable does.
   */
  public void cut(NodeName host) {
    change(record -> {
      known(record, host);
      HostDisk disk = disk(host);
      try {
        if (!Files.exists(disk.cut())) {
          Files.createFile(disk.cut());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (Cable.exists(cable(host))) {
        Cable.down(cable(host));
      }
    });
  }

  /** Undoes {@link #cut}. */
  public void heal(NodeName host) {
    change(record -> {
      known(record, host);
      try {
        Files.deleteIfExists(disk(host).cut());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (Cable.exists(cable(host))) {
        Cable.up(cable(host));
      }
    });
  }

  /**
   * Gives hosts new addresses at the same moment; {@code edit} rewrites cluster.yaml as well,
   * keeping all else in it. A host may take the address of another one that moves away from it, and
   * hosts may move to another /24, in which {@code .1} is this machine's.
   */
  public void move(Map<NodeName, Address> to, boolean edit) {
    change(before -> {
      to.keySet().forEach(host -> known(before, host));
      PlaygroundRecord after = before.moved(to);
      checkAddresses(after);
      after.write(recordFile());
      Bridge bridge = bridge();
      Set<Cidr> both = new HashSet<>(before.subnets());
      both.addAll(after.subnets());
      bridge.make(both);
      // Hosts that stay get a way to new subnets too.
      onAll(after.hosts(), host -> applyNetwork(after, host));
      bridge.addresses(after.subnets());
      bridge.forgetNeighbours();
      if (edit) {
        rewriteClusterFile(to);
      }
    });
  }

  private void checkAddresses(PlaygroundRecord after) {
    List<Cidr> taken = takenSubnets();
    Map<Address, NodeName> seen = new LinkedHashMap<>();
    for (PlaygroundRecord.Host host : after.hosts()) {
      Address address = host.address();
      Cidr subnet = Subnets.of(address);
      NodeName other = seen.putIfAbsent(address, host.name());
      if (other != null) {
        throw new PlaygroundException(
            "%s and %s cannot both have %s".formatted(other, host.name(), address));
      }
      if (address.equals(Subnets.gateway(subnet))
          || address.equals(subnet.network())
          || address.equals(subnet.address(255))) {
        throw new PlaygroundException(
            "%s cannot have %s: .0, .1 and .255 are not for hosts".formatted(host.name(), address));
      }
      if (taken.stream().anyMatch(subnet::overlaps)) {
        throw new PlaygroundException(
            "%s cannot have %s: this machine or another playground uses %s"
                .formatted(host.name(), address, subnet));
      }
    }
  }

  private void rewriteClusterFile(Map<NodeName, Address> to) {
    try {
      WholeFile.write(
          clusterFile(), ClusterFile.moved(Files.readString(clusterFile()), to), "rw-r--r--");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes one more empty host and waits until ssh answers; cluster.yaml stays as it is. */
  public PlaygroundHost add(Role role, NodeName host, HostOptions options) {
    return add(role, host, options, PlaygroundProgress.SILENT);
  }

  /** Like the other one, telling how far it is: another Debian or other packages take a minute. */
  public PlaygroundHost add(
      Role role, NodeName host, HostOptions options, PlaygroundProgress progress) {
    change(before -> {
      if (before.host(host).isPresent()) {
        throw new PlaygroundException("the playground " + name + " has a host " + host);
      }
      PlaygroundRecord.Host more = newHost(before, role, host, options);
      Preflight.room(directory, 1, progress);
      provideRootFileSystem(more, progress);
      PlaygroundRecord after = before.with(more);
      after.write(recordFile());
      Preflight.raiseLimits();
      bridge().make(after.subnets());
      pin(host);
      powerOn(after, more, progress);
    });
    return now(known(record(), host));
  }

  /** The host's line for cluster.yaml: {@code m4: 10.77.0.14}. */
  public String line(NodeName host) {
    return ClusterFile.line(known(record(), host));
  }

  /**
   * Takes a host away for good, its disk with it; cluster.yaml and the pinned host key stay as they
   * are. A host that is added under its name is another machine.
   */
  public void remove(NodeName host) {
    change(record -> {
      known(record, host);
      process(host).stop();
      disk(host).delete();
      try {
        hostKey(host).delete();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      record.without(host).write(recordFile());
    });
  }

  /**
   * Runs a command on the host as root, with this process's own standard streams, also where the
   * host has no network; returns its exit status.
   */
  public int exec(NodeName host, List<String> command) {
    Preflight.requireRoot();
    known(record(), host);
    try {
      return Command.await(new ProcessBuilder(process(host).inside(command)).inheritIO().start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Like {@link #exec}, with the output returned and no standard input. */
  public Captured capture(NodeName host, List<String> command) {
    Preflight.requireRoot();
    known(record(), host);
    return Command.run(process(host).inside(command));
  }

  private PlaygroundRecord record() {
    return PlaygroundRecord.read(recordFile())
        .orElseThrow(() ->
            new PlaygroundException(
                "there is no playground %s; `mainstay playground up` makes one".formatted(name)));
  }

  private PlaygroundRecord.Host known(PlaygroundRecord record, NodeName host) {
    return record
        .host(host)
        .orElseThrow(() ->
            new PlaygroundException(
                "the playground %s has no host %s; it has %s"
                    .formatted(
                        name,
                        host,
                        record.hosts().stream()
                            .map(each -> each.name().value())
                            .collect(Collectors.joining(", ")))));
  }

  private void change(Consumer<PlaygroundRecord> change) {
    Preflight.requireRoot();
    record();
    try (PlaygroundLock _ = lock()) {
      bridge().requireOwn();
      change.accept(record());
    }
  }

  private PlaygroundLock lock() {
    return PlaygroundLock.take(name, "the playground " + name, PATIENCE);
  }

  private Bridge bridge() {
    return new Bridge(MachineNames.bridge(name), directory);
  }

  private HostDisk disk(NodeName host) {
    return new HostDisk(directory.resolve("hosts").resolve(host.value()));
  }

  private HostProcess process(NodeName host) {
    return new HostProcess(host, MachineNames.machine(name, host), disk(host));
  }

  private String cable(NodeName host) {
    return MachineNames.cable(MachineNames.machine(name, host));
  }

  /** Works on all at once and fails with the first failure after all came to an end. */
  private static <T> void onAll(List<T> items, Consumer<T> work) {
    List<Future<?>> futures = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      items.forEach(item -> futures.add(executor.submit(() -> work.accept(item))));
    }
    for (Future<?> future : futures) {
      try {
        future.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof PlaygroundException failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new PlaygroundException("interrupted", e);
      }
    }
  }

  private static PlaygroundProgress oneAtATime(PlaygroundProgress progress) {
    return new PlaygroundProgress() {
      @Override
      public synchronized void note(String line) {
        progress.note(line);
      }

      @Override
      public synchronized void done(String part, Duration elapsed) {
        progress.done(part, elapsed);
      }
    };
  }
}
