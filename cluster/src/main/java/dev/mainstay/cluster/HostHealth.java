package dev.mainstay.cluster;

import dev.mainstay.cluster.ClusterStatus.BackendStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code health.sh} printed on one host.
 *
 * @param backends the local proxy's way to the API: the masters that it leads to, without the last
 *     resort; on a master itself alone, as {@code self}, up while its apiserver is alive
 * @param lost those of them that no probe has reached for a while
 * @param serving whether the host is a master whose API its own proxy has found ready for a while
 * @param backup what came of the backups of etcd that it makes by itself, once it has tried
 */
record HostHealth(
    List<BackendStatus> backends, Set<String> lost, boolean serving, Optional<OwnBackup> backup) {
  /** A master, as its own proxy calls it. */
  static final String SELF = "self";

  static final HostHealth NONE = new HostHealth(List.of(), Set.of(), false, Optional.empty());
  // the others' proxies need three probes, a second apart, to see a master that came back
  private static final Duration A_WHILE = Duration.ofSeconds(10);

  /**
   * A master's own backups.
   *
   * @param lastTryWentWell whether the last try made a verified backup
   * @param age of the last verified one, by the host's clock; negative where that was ahead when it
   *     was taken; empty without one
   */
  record OwnBackup(boolean lastTryWentWell, Optional<Duration> age) {}

  HostHealth {
    backends = List.copyOf(backends);
    lost = Set.copyOf(lost);
  }

  static HostHealth parse(String text) {
    List<BackendStatus> backends = new ArrayList<>();
    Set<String> lost = new HashSet<>();
    boolean serving = false;
    Optional<OwnBackup> backup = Optional.empty();
    boolean alive = true; // also of a master that is not finished, whose proxy does not watch it
    for (String line : text.split("\n", -1)) {
      String[] words = line.strip().split(" ", -1);
      if (words[0].equals("backup") && words.length == 3) {
        backup = Optional.of(new OwnBackup(words[1].equals("1"), age(words[2])));
        continue;
      }
      if (!words[0].equals("backend") || words.length < 4) {
        continue;
      }
      String server = words[2];
      String state = words[3];
      boolean settled = isForAWhile(words[words.length - 1]);
      if (words[1].equals("masters") && !server.startsWith("last-")) {
        // the way to itself has no check ("no check"): whether it is alive is asked beside it
        backends.add(new BackendStatus(server, state.startsWith("UP") || state.equals("no")));
        // "DOWN 1/3" is one whose probes succeed again
        if (state.equals("DOWN") && words.length == 5 && settled) {
          lost.add(server);
        }
      } else if (words[1].equals("ready")) {
        serving = state.startsWith("UP") && settled;
      } else if (words[1].equals("alive")) {
        alive = state.startsWith("UP");
      }
    }
    if (!alive) {
      backends.replaceAll(one -> one.name().equals(SELF) ? new BackendStatus(SELF, false) : one);
    }
    return new HostHealth(backends, lost, serving, backup);
  }

  /** {@code seconds} are empty where HAProxy does not count them: for a server without checks. */
  private static boolean isForAWhile(String seconds) {
    return seconds(seconds).filter(since -> since.compareTo(A_WHILE) >= 0).isPresent();
  }

  private static Optional<Duration> age(String word) {
    return word.startsWith("-") ? seconds(word.substring(1)).map(Duration::negated) : seconds(word);
  }

  private static Optional<Duration> seconds(String word) {
    return word.matches("[0-9]{1,18}")
        ? Optional.of(Duration.ofSeconds(Long.parseLong(word)))
        : Optional.empty();
  }
}
