package dev.mainstay.bundle;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The programs that kube-proxy and flannel call, taken file by file out of Debian's packages: whole
 * Debian layers would make 4 GB a host. The two images share these layers.
 */
final class ImageTools {
  /** The packages that have to be downloaded, with what they depend on. */
  static final List<String> PACKAGES = List.of("iptables", "busybox-static");

  /** Of the C library, what iptables and its extensions link against. */
  private static final Pattern C_LIBRARY =
      Pattern.compile(
          "lib64/ld-linux-x86-64\\.so\\.2"
              + "|lib/x86_64-linux-gnu/(ld-linux-x86-64\\.so\\.2|libc\\.so\\.6|libm\\.so\\.6)");

  private static final Pattern LIBRARY = Pattern.compile("(usr/)?lib/x86_64-linux-gnu/.*\\.so.*");

  private static final Pattern IPTABLES =
      Pattern.compile("usr/sbin/.*|usr/lib/x86_64-linux-gnu/xtables/.*\\.so");

  /** Package by package, the files that are taken. */
  private static final Map<String, Pattern> FILES =
      Map.of(
          "iptables", IPTABLES,
          "libc6", C_LIBRARY,
          "libip4tc2", LIBRARY,
          "libip6tc2", LIBRARY,
          "libmnl0", LIBRARY,
          "libnetfilter-conntrack3", LIBRARY,
          "libnfnetlink0", LIBRARY,
          "libnftnl11", LIBRARY,
          "libxtables12", LIBRARY);

  /**
   * The names under which programs look for iptables. Debian makes these links when it installs
   * (update-alternatives), and prefers nftables as its hosts do: kubelet and kube-proxy of one host
   * must use the same tables.
   */
  private static final List<String> IPTABLES_NAMES =
      List.of(
          "iptables",
          "iptables-save",
          "iptables-restore",
          "ip6tables",
          "ip6tables-save",
          "ip6tables-restore");

  private static final int EXECUTABLE = 0755;

  private final DebianPackages.Downloaded debian;
  private final Path work;

  /**
   * @param work keeps the files until the layers are written
   */
  ImageTools(DebianPackages.Downloaded debian, Path work) {
    this.debian = debian;
    this.work = work;
  }

  /** iptables for nftables and for the old tables, with its extensions and libraries. */
  Layer iptables() throws IOException, InterruptedException {
    // iptables locks a file in /run, which pods mount from the host.
    Layer layer = new Layer().directory("run", 0755);
    for (String name : new TreeSet<>(FILES.keySet())) {
      take(debian.get(name), FILES.getOrDefault(name, LIBRARY), layer);
    }
    for (String name : IPTABLES_NAMES) {
      layer.link("usr/sbin/" + name, "xtables-nft-multi");
    }
    return layer;
  }

  /** {@code cp} and {@code sh}: flannel's init container copies its configuration with cp. */
  Layer busybox() throws IOException, InterruptedException {
    Layer layer = new Layer();
    take(debian.get("busybox-static"), Pattern.compile("bin/busybox"), layer);
    return layer.link("bin/cp", "busybox").link("bin/sh", "busybox");
  }

  private void take(DebianPackages.Deb from, Pattern wanted, Layer layer)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectories(work.resolve(from.name()));
    Path tar = folder.resolve("data.tar");
    Process process =
        new ProcessBuilder("dpkg-deb", "--fsys-tarfile", from.file().toString())
            .redirectOutput(tar.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (process.waitFor() != 0) {
        throw new BundleException(from.file().toString(), "dpkg-deb cannot unpack it", "");
      }
    } finally {
      Command.end(process);
    }
    int taken = 0;
    try (InputStream file = new BufferedInputStream(Files.newInputStream(tar));
        TarArchiveInputStream entries = new TarArchiveInputStream(file)) {
      for (TarArchiveEntry entry = entries.getNextEntry();
          entry != null;
          entry = entries.getNextEntry()) {
        String path = entry.getName().replaceFirst("^\\./", "");
        if (entry.isDirectory() || !wanted.matcher(path).matches()) {
          continue;
        }
        if (entry.isSymbolicLink()) {
          layer.link(path, entry.getLinkName());
        } else if (entry.isLink()) {
          layer.link(path, entry.getLinkName().replaceFirst("^\\.?/?", "/"));
        } else {
          Path content = folder.resolve("file" + taken);
          Files.copy(entries, content);
          layer.file(path, content, EXECUTABLE);
        }
        taken++;
      }
    }
    Files.delete(tar);
    if (taken == 0) {
      throw new BundleException(
          "Debian's package " + from.name() + " " + from.version(),
          "it does not have the files that images need: " + wanted,
          "report it: Mainstay's list of files has to be changed for this version");
    }
  }
}
