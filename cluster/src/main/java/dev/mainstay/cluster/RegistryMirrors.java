package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files by which containerd asks mirrors, one a registry. observe.sh and reset.sh know ours by
 * their first line: which registries had a mirror before is in no other place.
 *
 * @see <a href="https://github.com/containerd/containerd/blob/main/docs/hosts.md">hosts.toml</a>
 */
final class RegistryMirrors {
  static final String FOLDER = "/etc/containerd/certs.d";
  private static final String MARK =
      "# Written by Mainstay; changes are undone by the next apply.\n";

  private RegistryMirrors() {}

  /** Where the mirrors of {@code registry} stand. */
  static String path(String registry) {
    return FOLDER + "/" + registry + "/hosts.toml";
  }

  /**
   * The files as they should be.
   *
   * @param seen paths of files on the host; of those of registries, the wanted ones and all of ours
   */
  static List<HostFile> of(ClusterSpec spec, Set<String> seen) {
    Map<String, List<String>> wanted = spec.settings().containerd().registryMirrors();
    List<HostFile> files = new ArrayList<>();
    wanted.forEach((registry, mirrors) -> files.add(file(path(registry), mirrors)));
    seen.stream()
        .filter(path -> path.startsWith(FOLDER + "/"))
        .filter(path -> wanted.keySet().stream().noneMatch(one -> path(one).equals(path)))
        .forEach(path -> files.add(HostFile.absent(path)));
    return files;
  }

  private static HostFile file(String path, List<String> mirrors) {
    StringBuilder toml = new StringBuilder(MARK);
    for (String url : mirrors) {
      toml.append("[host.\"").append(url).append("\"]\n  capabilities = [\"pull\", \"resolve\"]\n");
    }
    return new HostFile(path, "644", toml.toString());
  }
}
