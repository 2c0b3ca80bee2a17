package dev.mainstay.bundle;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Upstream's released programs: where each is published, with its checksum, and how it is packed.
 */
final class Releases {
  private final Upstream upstream;
  private final Pins pins;
  private final String arch;

  Releases(Upstream upstream, Pins pins, String arch) {
    this.upstream = upstream;
    this.pins = pins;
    this.arch = arch;
  }

  /**
   * One published archive.
   *
   * @param component the component that it is of
   * @param archive a gzipped tar
   * @param checksum the file that has its checksum
   * @param entries the programs' names in the archive, by their names on a host
   */
  record Release(String component, URI archive, URI checksum, Map<String, String> entries) {
    Release {
      entries = Map.copyOf(entries);
    }
  }

  /** Where Kubernetes publishes one of its programs, as it is. */
  URI kubernetes(String program) {
    return URI.create(
        upstream.kubernetes()
            + "/"
            + pins.kubernetes().tag()
            + "/bin/linux/"
            + arch
            + "/"
            + program);
  }

  /** All archives with programs for hosts. */
  List<Release> archives() {
    String containerd = pins.release("containerd");
    String crictl = "v" + pins.release("crictl");
    String plugins = "v" + pins.release("cni-plugins");
    String etcd = "v" + pins.release("etcd");
    // Its files are named after the plugins' version that it goes with, v1.9.1 for v1.9.1-flannel1.
    String flannel = "v" + pins.release("cni-flannel");
    String flannelFile = flannel.replaceFirst("-flannel\\d+$", "");
    Map<String, String> cni = new HashMap<>();
    Contents.CNI_PLUGINS.forEach(name -> cni.put(name, name));
    return List.of(
        release(
            "containerd",
            "containerd/containerd",
            "v" + containerd,
            "containerd-" + containerd + "-linux-" + arch + ".tar.gz",
            ".sha256sum",
            Map.of(
                "containerd", "bin/containerd",
                "containerd-shim-runc-v2", "bin/containerd-shim-runc-v2",
                "ctr", "bin/ctr")),
        release(
            "crictl",
            "kubernetes-sigs/cri-tools",
            crictl,
            "crictl-" + crictl + "-linux-" + arch + ".tar.gz",
            ".sha256",
            Map.of("crictl", "crictl")),
        release(
            "cni-plugins",
            "containernetworking/plugins",
            plugins,
            "cni-plugins-linux-" + arch + "-" + plugins + ".tgz",
            ".sha256",
            cni),
        release(
            "cni-flannel",
            "flannel-io/cni-plugin",
            flannel,
            "cni-plugin-flannel-linux-" + arch + "-" + flannelFile + ".tgz",
            ".sha512",
            Map.of("flannel", "flannel-" + arch)),
        etcd(etcd));
  }

  private Release etcd(String version) {
    String folder = "etcd-" + version + "-linux-" + arch;
    URI base = base("etcd-io/etcd", version);
    return new Release(
        "etcd",
        base.resolve(folder + ".tar.gz"),
        base.resolve("SHA256SUMS"),
        Map.of("etcdctl", folder + "/etcdctl", "etcdutl", folder + "/etcdutl"));
  }

  private Release release(
      String component,
      String repository,
      String tag,
      String file,
      String checksum,
      Map<String, String> entries) {
    URI base = base(repository, tag);
    return new Release(component, base.resolve(file), base.resolve(file + checksum), entries);
  }

  private URI base(String repository, String tag) {
    return URI.create(upstream.releases() + "/" + repository + "/releases/download/" + tag + "/");
  }

  /** The checksum that is published at {@code address} of the file at {@code uri}. */
  static Checksum checksum(Downloads downloads, URI uri, URI address)
      throws IOException, InterruptedException {
    String path = uri.getPath();
    String file = path.substring(path.lastIndexOf('/') + 1);
    byte[] bytes = downloads.bytes(address, Map.of(), "the checksum of " + file);
    return Checksum.published(new String(bytes, StandardCharsets.UTF_8), file)
        .orElseThrow(() ->
            new BundleException.Unreachable(
                address.toString(),
                "it has no checksum of " + file,
                "a proxy's page may stand between; check it in a browser"));
  }

  /**
   * Unpacks the programs of {@code release} from {@code archive}.
   *
   * @param folder where each is written under its name on a host
   */
  static void unpack(Release release, Path archive, Path folder) throws IOException {
    Map<String, String> wanted = new HashMap<>();
    release.entries().forEach((name, entry) -> wanted.put(entry, name));
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
        TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(file))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String name = wanted.remove(entry.getName().replaceFirst("^\\./", ""));
        if (name != null) {
          Files.copy(tar, folder.resolve(name));
        }
      }
    }
    if (!wanted.isEmpty()) {
      throw new BundleException(
          release.archive().toString(),
          "the archive has no " + String.join(", ", new TreeSet<>(wanted.keySet())),
          "report it: upstream packs this release in another way");
    }
  }
}
