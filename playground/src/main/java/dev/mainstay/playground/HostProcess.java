package dev.mainstay.playground;

import dev.mainstay.model.NodeName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The running half of a host: systemd-nspawn under a small supervisor, and all below it. It
 * outlives the Java process that starts it and is found again by process id, start time and boot,
 * never by name.
 */
final class HostProcess {
  private static final Duration BOOT = Duration.ofSeconds(30);
  private static final Duration CABLE = Duration.ofSeconds(5);
  private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final NodeName host;
  private final String machine;
  private final HostDisk disk;
  private final ControlGroups groups;

  HostProcess(NodeName host, String machine, HostDisk disk) {
    this.host = host;
    this.machine = machine;
    this.disk = disk;
    this.groups = ControlGroups.of(machine);
  }

  /** The id of the process that runs systemd-nspawn, or empty where the host has no power. */
  Optional<Long> supervisor() {
    try {
      return ProcessStamp.parse(Files.readString(disk.processRecord()))
          .filter(ProcessStamp::isAlive)
          .map(ProcessStamp::pid);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The id, as this machine counts, of the host's own process 1. */
  Optional<Long> init() {
    return supervisor()
        .flatMap(ProcessHandle::of)
        .flatMap(supervisor ->
            supervisor
                .descendants()
                .map(ProcessHandle::pid)
                .filter(HostProcess::isInit)
                .findFirst());
  }

  /** What the host's unit last read and put in force; empty while it boots. */
  String appliedNetwork() {
    try {
      return Files.readString(
          Path.of("/proc/" + init().orElseThrow() + "/root/run/playground-network"));
    } catch (IOException | NoSuchElementException none) {
      return "";
    }
  }

  /** Turns power on; the disk is mounted already. Returns when the host's cable is there. */
  void start(String bridge, HostOptions options) {
    clear();
    String cable = MachineNames.cable(machine);
    List<String> command = new ArrayList<>();
    command.addAll(List.of("setsid", "sh", "-c", Resources.text("join.sh"), "join"));
    command.add(disk.processRecord().toString());
    int memory = options.memoryMegabytes().orElse(0);
    command.add(lines(groups.make(memory)));
    if (ControlGroups.isOwnedBySystemd()) {
      command.addAll(
          List.of("systemd-run", "--quiet", "--scope", "--collect", "--slice=system.slice"));
      command.addAll(List.of("--unit=" + groups.scope(), "--property=Delegate=yes"));
      if (memory > 0) {
        command.add("--property=MemoryMax=" + memory + "M");
      }
    }
    command.addAll(List.of("sh", "-c", Resources.text("supervise.sh"), "supervise"));
    command.addAll(List.of(cable, disk.cut().toString(), lines(groups.directories())));
    command.addAll(nspawn(bridge, options));
    try {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder
          .environment()
          .putAll(
              Map.of(
                  "SYSTEMD_NSPAWN_API_VFS_WRITABLE",
                  "1",
                  "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY",
                  ControlGroups.isUnified() ? "1" : "0"));
      builder
          .redirectInput(Path.of("/dev/null").toFile())
          .redirectErrorStream(true)
          .redirectOutput(disk.console().toFile());
      Process process = builder.start();
      boolean up =
          Await.until(
              BOOT, () -> !process.isAlive() || (Cable.exists(cable) && init().isPresent()));
      if (!up || !process.isAlive()) {
        throw new PlaygroundException(
            "%s did not start: systemd-nspawn %s; its console ends with:%n%s"
                .formatted(
                    host,
                    process.isAlive() ? "is stuck" : "exited " + process.exitValue(),
                    disk.consoleTail()));
      }
    } catch (IOException e) {
      throw new PlaygroundException("cannot start " + host + ": " + e.getMessage(), e);
    }
  }

  private List<String> nspawn(String bridge, HostOptions options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "systemd-nspawn",
                "--boot",
                "--directory=" + disk.root(),
                "--machine=" + machine,
                "--hostname=" + host,
                "--register=no",
                "--keep-unit",
                "--capability=all",
                // containerd needs keyrings, flannel and kube-proxy's nftables bpf
                "--system-call-filter=add_key keyctl bpf",
                "--network-bridge=" + bridge,
                "--resolv-conf=off",
                "--timezone=off",
                "--link-journal=no",
                "--bind=/dev/kmsg"));
    disk.realDirectories()
        .forEach((inside, outside) -> command.add("--bind=" + outside + ":" + inside));
    if (options.debian() >= 13 && !ControlGroups.isUnified()) {
      // From 256 on systemd wants to be told twice before it uses version 1. nspawn hands these to
      // the host's process 1, whose command line counts as the kernel's.
      command.add("systemd.unified_cgroup_hierarchy=0");
      command.add("SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1");
    }
    return command;
  }

  /** Takes power away at once: no process of the host gets to say goodbye. */
  void stop() {
    supervisor().flatMap(ProcessHandle::of).ifPresent(ProcessHandle::destroyForcibly);
    clear();
  }

  private void clear() {
    groups.clear();
    // The kernel takes it away with the host's network, a moment after the last process.
    String cable = MachineNames.cable(machine);
    if (!Await.until(CABLE, () -> !Cable.exists(cable))) {
      Cable.delete(cable);
    }
    try {
      Files.deleteIfExists(disk.processRecord());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A command line that runs {@code command} on the host as root. */
  List<String> inside(List<String> command) {
    long init =
        init()
            .orElseThrow(() ->
                new PlaygroundException(
                    host
                        + " does not run; `mainstay playground start "
                        + host
                        + "` first (with --name, unless the playground is demo)"));
    List<String> line = new ArrayList<>();
    line.addAll(List.of("sh", "-c", Resources.text("join.sh"), "join", "-"));
    line.add(lines(ControlGroups.ofProcess(init)));
    line.addAll(List.of("nsenter", "--target=" + init, "--all"));
    line.add("--wd=/proc/" + init + "/root/root");
    line.addAll(List.of("env", "-i", "HOME=/root", "USER=root", "LOGNAME=root"));
    line.addAll(List.of("SHELL=/bin/bash", "LANG=C.UTF-8", "PATH=" + PATH));
    line.add("TERM=" + System.getenv().getOrDefault("TERM", "dumb"));
    line.addAll(command);
    return line;
  }

  private static String lines(List<Path> paths) {
    return paths.stream().map(Path::toString).collect(Collectors.joining("\n"));
  }

  /** Whether the process is number 1 in a namespace one below ours. */
  private static boolean isInit(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .anyMatch(line -> line.matches("NSpid:\\s+\\d+\\s+1"));
    } catch (IOException gone) {
      return false;
    }
  }
}
