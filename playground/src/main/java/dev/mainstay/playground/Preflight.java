package dev.mainstay.playground;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes sure that this machine can have hosts at all, and installs the programs it lacks. */
final class Preflight {
  /** Programs and the Debian and Ubuntu packages that they are in. */
  private static final Map<String, String> PROGRAMS = new LinkedHashMap<>();

  static {
    PROGRAMS.put("systemd-nspawn", "systemd-container");
    PROGRAMS.put("mmdebstrap", "mmdebstrap");
    PROGRAMS.put("ip", "iproute2");
    PROGRAMS.put("ssh-keygen", "openssh-client");
    PROGRAMS.put("setsid", "util-linux");
    PROGRAMS.put("nsenter", "util-linux");
    PROGRAMS.put("mount", "mount");
    PROGRAMS.put("mkfs.ext4", "e2fsprogs");
  }

  private static final Path KEYRING = Path.of("/usr/share/keyrings/debian-archive-keyring.gpg");

  private Preflight() {}

  /** Anything but looking needs root. */
  static void requireRoot() {
    if (!System.getProperty("os.name").equals("Linux")) {
      throw new PlaygroundException(
          "playground hosts need Linux; on %s run this in a Linux virtual machine"
              .formatted(System.getProperty("os.name")));
    }
    Captured id = Command.run("id", "-u");
    if (!id.stdout().strip().equals("0")) {
      throw new PlaygroundException(
          "playground hosts need root for namespaces and mounts: run this with `sudo -E`");
    }
  }

  /** Installs what is missing, having said so. */
  static void tools(PlaygroundProgress progress) {
    Set<String> packages = new LinkedHashSet<>();
    PROGRAMS.forEach((program, of) -> {
      if (Tools.find(program).isEmpty()) {
        packages.add(of);
      }
    });
    if (!Files.exists(KEYRING)) {
      packages.add("debian-archive-keyring");
    }
    if (packages.isEmpty()) {
      return;
    }
    String names = String.join(" ", packages);
    if (Tools.find("apt-get").isEmpty()) {
      throw new PlaygroundException(
          "this machine lacks what playground hosts need; install what Debian calls: " + names);
    }
    progress.note("installing with apt-get: " + names);
    long start = System.nanoTime();
    // One unreachable third-party source fails the update and does not matter to the install.
    Command.run("apt-get", "update", "-qq");
    List<String> install =
        new ArrayList<>(
            List.of("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq"));
    install.add("--no-install-recommends");
    install.addAll(packages);
    Captured captured = Command.run(install);
    if (captured.exit() != 0) {
      throw new PlaygroundException(
          "`apt-get install %s` exited %d: %s"
              .formatted(names, captured.exit(), captured.stderr().strip()));
    }
    progress.done("installed " + names, Duration.ofNanos(System.nanoTime() - start));
  }

  /** systemd-nspawn derives hardware addresses from it; machines made from images may lack it. */
  static void machineId(PlaygroundProgress progress) {
    Path file = Path.of("/etc/machine-id");
    try {
      if (!Files.exists(file) || Files.readString(file).isBlank()) {
        progress.note("this machine has no id yet: writing " + file);
        Command.must("systemd-machine-id-setup");
      }
    } catch (IOException e) {
      throw new PlaygroundException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** Hosts and their Kubernetes take 2 GB each. */
  static void room(Path directory, int hosts, PlaygroundProgress progress) {
    long free = directory.toFile().getUsableSpace();
    if (free < hosts * (256L << 20)) {
      throw new PlaygroundException(
          "%s has %d MB free; %d hosts need 256 MB each to start, and 2 GB each with Kubernetes"
              .formatted(directory, free >> 20, hosts));
    }
    if (free < hosts * (2L << 30)) {
      progress.note(
          "%s has %d MB free: with Kubernetes count 2 GB a host".formatted(directory, free >> 20));
    }
  }

  /** Raises limits that all hosts share with this machine; never lowers one. */
  static void raiseLimits() {
    raise("fs/inotify/max_user_instances", 8192);
    raise("fs/inotify/max_user_watches", 1048576);
    raise("kernel/keys/maxkeys", 20_000);
    raise("kernel/keys/maxbytes", 2_000_000);
    raise("kernel/keys/root_maxkeys", 1_000_000);
    raise("kernel/keys/root_maxbytes", 25_000_000);
  }

  private static void raise(String name, long least) {
    Path file = Path.of("/proc/sys", name);
    try {
      if (Files.exists(file) && Long.parseLong(Files.readString(file).strip()) < least) {
        Files.writeString(file, Long.toString(least));
      }
    } catch (IOException e) {
      throw new PlaygroundException("cannot raise " + file + ": " + e.getMessage(), e);
    }
  }
}
