package dev.mainstay.playground;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The cache of root file systems that hosts stand on, each under a key that follows from its whole
 * recipe. One is there complete or not at all, and never changes: hosts are overlays over it.
 */
final class RootFileSystems {
  /** What a plain server has. HAProxy, containerd and the like are Mainstay's to install. */
  private static final List<String> PACKAGES =
      List.of(
          "systemd",
          "systemd-sysv",
          "dbus",
          "openssh-server",
          "iproute2",
          "iptables",
          "nftables",
          "kmod",
          "procps",
          "ca-certificates",
          "sudo");

  private static final Duration OTHER_BUILDER = Duration.ofMinutes(20);
  private static final String LEFTOVER = ".building-";
  private static final long ROOM = 2L << 30;

  private final Path cache;

  RootFileSystems(Path cache) {
    this.cache = cache;
  }

  /** The key for hosts with {@code options}. */
  static String key(HostOptions options) {
    String recipe =
        String.join("\n", String.join(",", packages(options)), Resources.text("customize.sh"));
    return "debian-%d-%s".formatted(options.debian(), MachineNames.digest(recipe, 12));
  }

  private static List<String> packages(HostOptions options) {
    List<String> packages = new ArrayList<>(PACKAGES);
    options.packages().stream().sorted().distinct().forEach(packages::add);
    return packages;
  }

  /** Where that of {@code key} is, once it is there. */
  Path path(String key) {
    return cache.resolve(key);
  }

  /** Builds that for {@code options} unless it is there, and returns where it is. */
  Path provide(HostOptions options, PlaygroundProgress progress) {
    String key = key(options);
    Path target = path(key);
    if (Files.isDirectory(target)) {
      return target;
    }
    try (PlaygroundLock _ = PlaygroundLock.take("-" + key, "building " + target, OTHER_BUILDER)) {
      if (!Files.isDirectory(target)) {
        Files.createDirectories(cache);
        build(options, key, target, progress);
      }
      return target;
    } catch (IOException e) {
      throw new PlaygroundException("cannot write the cache " + cache + ": " + e, e);
    }
  }

  private void build(HostOptions options, String key, Path target, PlaygroundProgress progress)
      throws IOException {
    long start = System.nanoTime();
    if (cache.toFile().getUsableSpace() < ROOM) {
      throw new PlaygroundException(
          "a root file system needs 2 GB in " + cache + ", which has less free");
    }
    progress.note(
        "building the root file system of Debian %d, once, in about a minute"
            .formatted(options.debian()));
    removeLeftovers();
    Path work =
        Files.createDirectories(
            cache.resolve(LEFTOVER + ProcessStamp.ofThisProcess().toString().replace(' ', '_')));
    Path building = work.resolve("root");
    Path log = cache.resolve(key + ".log");
    Path customize =
        Files.writeString(work.resolve("customize.sh"), Resources.text("customize.sh"));
    Files.setPosixFilePermissions(customize, PosixFilePermissions.fromString("rwxr-xr-x"));
    ProcessBuilder builder = new ProcessBuilder(command(options, building, customize));
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.environment().put("LC_ALL", "C.UTF-8");
    int exit = Command.await(builder.start());
    if (exit != 0) {
      List<String> lines = Files.readAllLines(log);
      throw new PlaygroundException(
          "building the root file system failed: mmdebstrap exited %d; the end of %s:%n%s"
              .formatted(
                  exit,
                  log,
                  String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()))));
    }
    Files.move(building, target, StandardCopyOption.ATOMIC_MOVE);
    Mounts.deleteTree(work);
    removeLeftovers();
    Files.delete(log);
    progress.done(
        "root file system of Debian " + options.debian(),
        Duration.ofNanos(System.nanoTime() - start));
  }

  /**
   * What builders left that were killed. Their mmdebstrap may still be at work in there: what
   * cannot be removed now is for the next builder.
   */
  private void removeLeftovers() throws IOException {
    List<Path> dead;
    try (Stream<Path> all = Files.list(cache)) {
      dead =
          all.filter(path -> path.getFileName().toString().startsWith(LEFTOVER))
              .filter(path ->
                  ProcessStamp.parse(
                          path.getFileName()
                              .toString()
                              .substring(LEFTOVER.length())
                              .replace('_', ' '))
                      .filter(ProcessStamp::isAlive)
                      .isEmpty())
              .toList();
    }
    for (Path path : dead) {
      Mounts.under(path).reversed().forEach(mount -> Command.run("umount", mount.toString()));
      if (Mounts.under(path).isEmpty()) {
        Command.run("rm", "-rf", "--one-file-system", path.toString());
      }
    }
  }

  private static List<String> command(HostOptions options, Path building, Path customize) {
    String codename = options.debian() == 12 ? "bookworm" : "trixie";
    List<String> command =
        new ArrayList<>(
            List.of(
                "mmdebstrap",
                "--mode=root",
                "--variant=important",
                "--components=main",
                "--format=directory",
                "--include=" + String.join(",", packages(options)),
                "--customize-hook=" + customize));
    proxy().ifPresent(proxy -> command.add("--aptopt=Acquire::http::Proxy \"" + proxy + "\""));
    command.add(codename);
    command.add(building.toString());
    command.addAll(DebianMirror.ofThisMachine().lines(codename));
    return command;
  }

  /** The proxy that this machine's apt is set to, which mmdebstrap does not look at. */
  private static Optional<String> proxy() {
    return Command.run("apt-config", "dump", "--format=%v%n", "Acquire::http::Proxy")
        .stdout()
        .lines()
        .filter(line -> !line.isBlank())
        .findFirst();
  }
}
