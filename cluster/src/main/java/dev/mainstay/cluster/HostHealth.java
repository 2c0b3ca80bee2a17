package dev.mainstay.cluster;

import dev.mainstay.cluster.ClusterStatus.BackendStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code health.sh} printed on one host.
 *
 * @param backends the local proxy's way to the API: the masters that it leads to, without the last
 *     resort
 */
record HostHealth(List<BackendStatus> backends) {
  static final HostHealth NONE = new HostHealth(List.of());

  HostHealth {
    backends = List.copyOf(backends);
  }

  static HostHealth parse(String text) {
    List<BackendStatus> backends = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      String[] words = line.strip().split(" ", -1);
      if (words[0].equals("backend")
          && words.length >= 4
          && words[1].equals("masters")
          && !words[2].startsWith("last-")) {
        // a server without checks says "no check" and takes traffic
        backends.add(
            new BackendStatus(words[2], words[3].startsWith("UP") || words[3].equals("no")));
      }
    }
    return new HostHealth(backends);
  }
}
