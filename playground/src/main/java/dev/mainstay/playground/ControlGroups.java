package dev.mainstay.playground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The control group of one host in each of this machine's hierarchies: version 1 has one a
 * controller, version 2 has one. Everything in them is the host's, so all of it may be ended.
 */
final class ControlGroups {
  private static final Path ROOT = Path.of("/sys/fs/cgroup");
  private static final Path SYSTEMD = Path.of("/run/systemd/system");
  private static final Duration DEATH = Duration.ofSeconds(20);
  private static final Duration FREEZING = Duration.ofSeconds(1);

  private final String name;
  private final List<Path> hierarchies;

  /** Those called {@code name} below {@code hierarchies}, the roots of this machine's trees. */
  ControlGroups(String name, List<Path> hierarchies) {
    this.name = name;
    this.hierarchies = hierarchies;
  }

  /** Those of the host that systemd-nspawn calls {@code machine}. */
  static ControlGroups of(String machine) {
    return new ControlGroups(MachineNames.controlGroup(machine), hierarchies());
  }

  /** Whether this machine has version 2 only. */
  static boolean isUnified() {
    return Files.exists(ROOT.resolve("cgroup.controllers"));
  }

  /** systemd owns the one tree of version 2: it wants to be asked for a place in it. */
  static boolean isOwnedBySystemd() {
    return isUnified() && Files.isDirectory(SYSTEMD);
  }

  /** The unit that systemd keeps the host in, where {@link #isOwnedBySystemd}. */
  String scope() {
    return name + ".scope";
  }

  private static List<Path> hierarchies() {
    if (isUnified()) {
      return List.of(ROOT);
    }
    try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
      return mounts
          .filter(line -> line.matches(".* - cgroup2? .*"))
          .map(line -> Path.of(line.split(" ", -1)[4]))
          .filter(path -> path.startsWith(ROOT))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The host's group in each hierarchy, whether it exists or not. */
  List<Path> directories() {
    return hierarchies.stream()
        .map(hierarchy ->
            isOwnedBySystemd()
                ? hierarchy.resolve("system.slice").resolve(scope())
                : hierarchy.resolve(name))
        .toList();
  }

  /**
   * Makes the groups, with a memory limit if {@code megabytes} is above 0, and returns the
   * directories for the host's first process to move into.
   */
  List<Path> make(int megabytes) {
    if (isOwnedBySystemd()) {
      return List.of();
    }
    try {
      if (isUnified()) {
        delegateControllers();
      }
      for (Path directory : directories()) {
        Files.createDirectories(directory);
        // Until these two are set, version 1 refuses every process.
        for (String each : List.of("cpuset.cpus", "cpuset.mems")) {
          if (!isUnified() && Files.exists(directory.resolve(each))) {
            Files.writeString(
                directory.resolve(each), Files.readString(directory.resolveSibling(each)));
          }
        }
        Path limit = directory.resolve(isUnified() ? "memory.max" : "memory.limit_in_bytes");
        if (megabytes > 0 && Files.exists(limit)) {
          Files.writeString(limit, Long.toString(megabytes * 1024L * 1024L));
        }
      }
      return directories();
    } catch (IOException e) {
      throw new PlaygroundException(
          "cannot make the control groups " + name + " under " + ROOT + ": " + e, e);
    }
  }

  private static void delegateControllers() throws IOException {
    Path subtree = ROOT.resolve("cgroup.subtree_control");
    for (String controller :
        Files.readString(ROOT.resolve("cgroup.controllers")).strip().split(" ", -1)) {
      if (!controller.isEmpty()) {
        Files.writeString(subtree, "+" + controller);
      }
    }
  }

  /** The directories of the groups that the process {@code pid} is in. */
  static List<Path> ofProcess(long pid) {
    List<Path> hierarchies = hierarchies();
    List<Path> directories = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/cgroup"))) {
        String[] parts = line.split(":", 3);
        // "0::/x" is version 2; "4:memory:/x" and "9:name=systemd:/x" are version 1
        String mount = parts[1].isEmpty() ? "unified" : parts[1].replaceFirst("^name=", "");
        Path hierarchy = isUnified() ? ROOT : ROOT.resolve(mount);
        if (hierarchies.contains(hierarchy)) {
          directories.add(hierarchy.resolve("." + parts[2]).normalize());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return directories;
  }

  /** The processes in the groups and below them. */
  Set<Long> processes() {
    Set<Long> processes = new TreeSet<>();
    for (Path directory : tree()) {
      try {
        Files.readAllLines(directory.resolve("cgroup.procs")).stream()
            .map(Long::valueOf)
            .filter(pid -> pid > 0)
            .forEach(processes::add);
      } catch (IOException goneOrThreaded) {
        // a group that went away has no processes
      }
    }
    return processes;
  }

  /** Ends every process in the groups and removes the groups; fails where one does not end. */
  void clear() {
    // the power goes for all at the same moment: no sshd may tell of the end of what it ran
    freeze();
    boolean empty =
        Await.until(
            DEATH,
            () -> {
              Set<Long> alive = processes();
              alive.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
              // after the signal, which then is the first that they meet; and each time, because a
              // runc that still lives may freeze again
              thaw();
              return alive.isEmpty();
            });
    if (!empty) {
      throw new PlaygroundException(
          "processes %s of %s do not end; look at their state in `ps`, then try again"
              .formatted(processes(), name));
    }
    if (!Await.until(DEATH, this::removed)) {
      throw new PlaygroundException("control groups of " + name + " stay busy: " + tree());
    }
  }

  private void freeze() {
    for (Path directory : directories()) {
      set(directory.resolve("freezer.state"), "FROZEN");
      set(directory.resolve("cgroup.freeze"), "1");
    }
    boolean _ = Await.until(FREEZING, this::isFrozen);
  }

  private boolean isFrozen() {
    for (Path directory : directories()) {
      try {
        Path state = directory.resolve("freezer.state");
        if (Files.exists(state) && !Files.readString(state).strip().equals("FROZEN")) {
          return false;
        }
        Path events = directory.resolve("cgroup.events");
        if (Files.exists(events) && Files.readString(events).contains("frozen 0")) {
          return false;
        }
      } catch (IOException gone) {
        // a group that went away has nothing that runs
      }
    }
    return true;
  }

  /**
   * Lets every group go on that is frozen: runc freezes a container that it changes or ends, and
   * leaves it so when it dies in between. Nothing ends a frozen process on version 1.
   */
  void thaw() {
    for (Path directory : tree()) {
      set(directory.resolve("freezer.state"), "THAWED");
      set(directory.resolve("cgroup.freeze"), "0");
    }
  }

  private static void set(Path file, String word) {
    try {
      if (Files.exists(file) && !Files.readString(file).strip().equals(word)) {
        // never made anew: the group may go away meanwhile
        Files.writeString(file, word, StandardOpenOption.WRITE);
      }
    } catch (IOException gone) {
      // a group that went away holds no process
    }
  }

  /** Deepest first: what a dead host leaves costs kubelet's cAdvisor 3 s a container. */
  private boolean removed() {
    List<Path> tree = tree();
    for (Path directory : tree) {
      try {
        Files.deleteIfExists(directory);
      } catch (FileSystemException busy) {
        // the next round tries again
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return tree().isEmpty();
  }

  /** The groups that exist, deepest first. */
  private List<Path> tree() {
    List<Path> all = new ArrayList<>();
    for (Path directory : directories()) {
      collect(directory, all);
    }
    all.sort(Comparator.comparingInt(Path::getNameCount).reversed());
    return all;
  }

  /** Not Files.walk: groups come and go while we look. */
  private static void collect(Path directory, List<Path> into) {
    if (!Files.isDirectory(directory)) {
      return;
    }
    into.add(directory);
    try (Stream<Path> children = Files.list(directory)) {
      children.filter(Files::isDirectory).forEach(child -> collect(child, into));
    } catch (NoSuchFileException gone) {
      // fine
    } catch (IOException | UncheckedIOException gone) {
      // fine as well: the listing broke off because the group went away
    }
  }
}
