package dev.mainstay.playground;

import dev.mainstay.model.NodeName;
import dev.mainstay.model.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What a host keeps while it has no power: its own layer over the shared root file system, and its
 * identity in it. All of it is under one folder:
 *
 * <pre>
 *   disk/          what the host wrote; a file system of its own where its size is limited
 *     layer, work  the overlay's upper half
 *     containerd, kubelet, etcd   real directories, as overlay on overlay does not work
 *   disk.img       that file system
 *   root/          the overlay, mounted
 *   process, console.log, cut, ready
 * </pre>
 */
final class HostDisk {
  private static final Duration RELEASE = Duration.ofSeconds(20);
  private static final List<String> REAL = List.of("containerd", "kubelet", "etcd");

  private final Path directory;

  HostDisk(Path directory) {
    this.directory = directory;
  }

  Path directory() {
    return directory;
  }

  Path root() {
    return directory.resolve("root");
  }

  /** Holds the id, start time and boot of systemd-nspawn. */
  Path processRecord() {
    return directory.resolve("process");
  }

  Path console() {
    return directory.resolve("console.log");
  }

  /** Exists while the host's cable is to be unplugged. */
  Path cut() {
    return directory.resolve("cut");
  }

  /** Exists once the disk is complete. */
  private Path ready() {
    return directory.resolve("ready");
  }

  private Path disk() {
    return directory.resolve("disk");
  }

  /** Directories of this machine to mount on the host's, by the host's path. */
  Map<String, Path> realDirectories() {
    Map<String, Path> directories = new LinkedHashMap<>();
    REAL.forEach(name -> directories.put("/var/lib/" + name, disk().resolve(name)));
    return directories;
  }

  /** The console's last lines. */
  String consoleTail() {
    try {
      List<String> lines = Files.readAllLines(console(), StandardCharsets.ISO_8859_1);
      return lines.subList(Math.max(0, lines.size() - 15), lines.size()).stream()
          .map(line -> "    " + line)
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      return "    (no console: " + e.getMessage() + ")";
    }
  }

  /** Makes the disk where it is not complete, mounts it, and leaves it ready to boot. */
  void mount(Path rootFileSystem, HostOptions options, Identity identity) {
    try {
      if (!Files.exists(ready())) {
        delete();
        Files.createDirectories(root());
        Files.createDirectories(disk());
        if (options.diskMegabytes().isPresent()) {
          makeImage(options.diskMegabytes().getAsInt());
        }
      }
      mountImage();
      mountOverlay(rootFileSystem);
      furnish();
      if (!Files.exists(ready())) {
        identify(options, identity);
        Files.createFile(ready());
      }
    } catch (IOException e) {
      throw new PlaygroundException("cannot make the disk " + directory + ": " + e, e);
    }
  }

  private Path image() {
    return directory.resolve("disk.img");
  }

  private void makeImage(int megabytes) {
    Command.must("truncate", "--size=" + megabytes + "M", image().toString());
    Command.must("mkfs.ext4", "-q", "-m", "0", image().toString());
  }

  private void mountImage() {
    if (Files.exists(image()) && !Mounts.isMounted(disk())) {
      Command.must("mount", "-o", "loop", image().toString(), disk().toString());
    }
  }

  private void mountOverlay(Path rootFileSystem) throws IOException {
    if (Mounts.isMounted(root())) {
      return;
    }
    Path layer = Files.createDirectories(disk().resolve("layer"));
    Path work = Files.createDirectories(disk().resolve("work"));
    // The root of an overlay has the mode of its upper half.
    Files.setPosixFilePermissions(layer, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (Path real : realDirectories().values()) {
      Files.createDirectories(real);
    }
    Command.must(
        "mount",
        "-t",
        "overlay",
        "overlay",
        "-o",
        "lowerdir=%s,upperdir=%s,workdir=%s".formatted(rootFileSystem, layer, work),
        root().toString());
  }

  /**
   * Who the host is.
   *
   * @param key the private host key of its sshd, in OpenSSH's format
   * @param publicKey its public half
   * @param authorized the public key that may log in
   */
  record Identity(NodeName name, String key, String publicKey, String authorized) {}

  /** What stands in for the hypervisor, in this version's form at every start. */
  private void furnish() throws IOException {
    String unit = "playground-host.service";
    writeScript();
    write("etc/systemd/system/" + unit, Resources.text(unit), "rw-r--r--");
    Path wanted = root().resolve("etc/systemd/system/sysinit.target.wants").resolve(unit);
    Files.createDirectories(Objects.requireNonNull(wanted.getParent()));
    if (!Files.isSymbolicLink(wanted)) {
      Files.createSymbolicLink(wanted, Path.of("..", unit));
    }
  }

  /** The host's script in this version's form; its unit runs it from the start when restarted. */
  void writeScript() {
    write("usr/local/sbin/playground-host", Resources.text("playground-host.sh"), "rwxr-xr-x");
  }

  private void identify(HostOptions options, Identity identity) throws IOException {
    write("etc/hostname", identity.name() + "\n", "rw-r--r--");
    // As Debian's installer leaves it: the host's own name is a loopback address.
    write(
        "etc/hosts",
        """
        127.0.0.1\tlocalhost
        127.0.1.1\t%s

        # The following lines are desirable for IPv6 capable hosts
        ::1     localhost ip6-localhost ip6-loopback
        ff02::1 ip6-allnodes
        ff02::2 ip6-allrouters
        """
            .formatted(identity.name()),
        "rw-r--r--");
    write("etc/machine-id", UUID.randomUUID().toString().replace("-", "") + "\n", "r--r--r--");
    write("etc/ssh/ssh_host_ed25519_key", identity.key(), "rw-------");
    write("etc/ssh/ssh_host_ed25519_key.pub", identity.publicKey() + "\n", "rw-r--r--");
    write(
        "etc/ssh/sshd_config.d/playground.conf",
        "Port %d%nPermitRootLogin %s%n"
            .formatted(options.sshPort(), options.rootLogin() ? "prohibit-password" : "no"),
        "rw-r--r--");
    authorize("root", identity.authorized());
    for (HostOptions.Account account : options.accounts()) {
      make(account);
      authorize("home/" + account.name(), identity.authorized());
      chroot("", "chown", "-R", account.name() + ":", "/home/" + account.name() + "/.ssh");
    }
  }

  private void make(HostOptions.Account account) throws IOException {
    chroot("", "useradd", "--create-home", "--shell", "/bin/bash", account.name());
    if (!account.password().isEmpty()) {
      chroot(account.name() + ":" + account.password() + "\n", "chpasswd");
    }
    switch (account.sudo()) {
      case NONE -> {}
      case WITHOUT_PASSWORD -> sudo(account.name(), "NOPASSWD: ALL");
      case WITH_PASSWORD -> sudo(account.name(), "ALL");
    }
  }

  private void sudo(String account, String commands) throws IOException {
    write("etc/sudoers.d/" + account, account + " ALL=(ALL:ALL) " + commands + "\n", "r--r-----");
  }

  private void authorize(String home, String key) throws IOException {
    Path folder = Files.createDirectories(root().resolve(home).resolve(".ssh"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    write(home + "/.ssh/authorized_keys", key + "\n", "rw-------");
  }

  private void chroot(String input, String... command) {
    List<String> line = new ArrayList<>(List.of("chroot", root().toString()));
    line.addAll(List.of(command));
    Captured captured = Command.run(line, input);
    if (captured.exit() != 0) {
      throw new PlaygroundException(
          "`%s` exited %d: %s"
              .formatted(String.join(" ", line), captured.exit(), captured.stderr().strip()));
    }
  }

  /** Writes a file of the host in one step, whether it runs or not; the disk must be mounted. */
  void write(String path, String content, String permissions) {
    Path file = root().resolve(path);
    try {
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      WholeFile.write(file, content, permissions);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes the mounts away; the host has no power. */
  void unmount() {
    for (Path path : List.of(root(), disk())) {
      Await.until(
          RELEASE,
          () -> !Mounts.isMounted(path) || Command.run("umount", path.toString()).exit() == 0);
      if (Mounts.isMounted(path)) {
        throw new PlaygroundException(
            path + " is in use and cannot be unmounted; leave that folder, then try again");
      }
    }
  }

  /** Unmounts, and removes all of it. */
  void delete() {
    unmount();
    Mounts.deleteTree(directory);
  }
}
