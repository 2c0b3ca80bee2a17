package dev.mainstay.cluster;

import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which of etcd's members reach each other, as they themselves say: pure. A follower is healthy as
 * long as the leader reaches it; whether the followers could go on among themselves only they
 * themselves can tell.
 *
 * @param misses the short names of the masters that miss somebody, and those of them that each says
 *     that it does not reach
 */
record Peers(Map<String, Set<String>> misses) {
  Peers {
    misses = Map.copyOf(misses);
  }

  /**
   * What one member says, with ids as etcd prints them, hexadecimal.
   *
   * @param member its own
   * @param misses the members that it does not reach, dead ones among them
   */
  record Voice(String member, Set<String> misses) {
    private static final String KEY = "cut-off ";

    Voice {
      misses = Set.copyOf(misses);
    }

    /** Reads the line {@code cut-off} of all that a script printed; empty where there is none. */
    static Optional<Voice> find(String text) {
      return text.lines()
          .filter(line -> line.startsWith(KEY))
          .map(line -> List.of(line.substring(KEY.length()).strip().split(" +", -1)))
          .filter(ids -> !ids.getFirst().isEmpty())
          .map(ids -> new Voice(ids.getFirst(), new HashSet<>(ids.subList(1, ids.size()))))
          .findFirst();
    }
  }

  /** What these masters' members say of each other. */
  static Peers of(Map<NodeName, Voice> voices) {
    Map<String, String> names = new HashMap<>();
    voices.forEach((name, voice) -> names.put(voice.member(), name.value()));
    Map<String, Set<String>> misses = new HashMap<>();
    voices.forEach((name, voice) ->
        misses.put(
            name.value(),
            voice.misses().stream()
                .filter(names::containsKey)
                .map(id -> names.getOrDefault(id, ""))
                .collect(Collectors.toSet())));
    return new Peers(misses);
  }

  /** The same of those of {@code masters} that say anything. */
  static <T> Peers of(Map<NodeName, T> masters, Function<T, Optional<Voice>> voice) {
    Map<NodeName, Voice> voices = new HashMap<>();
    masters.forEach((name, its) -> voice.apply(its).ifPresent(said -> voices.put(name, said)));
    return of(voices);
  }

  /** The same of the masters that were looked at. */
  static Peers of(ClusterFacts facts) {
    return of(facts.hosts(), HostFacts::peers);
  }

  /** The short names of the voters that live. */
  static Set<String> living(Quorum quorum) {
    return quorum.voters().stream()
        .filter(ClusterApi.Member::healthy)
        .map(member -> member.name().replaceFirst("[.].*", ""))
        .collect(Collectors.toSet());
  }

  /** Two masters whose members do not reach each other, in order. */
  record Pair(String one, String other) {
    @Override
    public String toString() {
      return one + " and " + other;
    }
  }

  /**
   * Those of {@code living} that do not reach each other: of whom both say so. A way in one
   * direction is enough for etcd.
   */
  List<Pair> severed(Set<String> living) {
    List<Pair> severed = new ArrayList<>();
    for (String one : new TreeSet<>(living)) {
      for (String other : new TreeSet<>(living)) {
        if (one.compareTo(other) < 0 && areSevered(one, other)) {
          severed.add(new Pair(one, other));
        }
      }
    }
    return severed;
  }

  private boolean areSevered(String one, String other) {
    return misses.getOrDefault(one, Set.of()).contains(other)
        && misses.getOrDefault(other, Set.of()).contains(one);
  }

  /**
   * How many more voters may be lost, whichever they are, before nobody can lead a majority;
   * negative where nobody can now.
   *
   * @param living the voters that live
   * @param quorum how many a leader has to reach, itself among them
   */
  int canLose(Set<String> living, int quorum) {
    if (severed(living).isEmpty()) {
      return living.size() - quorum;
    }
    if (living.stream().noneMatch(leader -> reach(leader, living) >= quorum)) {
      return -1;
    }
    int fewest = living.size();
    for (String lost : living) {
      Set<String> rest = new HashSet<>(living);
      rest.remove(lost);
      fewest = Math.min(fewest, Math.max(-1, canLose(rest, quorum)));
    }
    return fewest + 1;
  }

  private long reach(String leader, Set<String> living) {
    return living.stream().filter(one -> !areSevered(leader, one)).count();
  }

  /** {@link #canLose(Set, int)} of these voters. */
  int canLose(Quorum voters) {
    return canLose(living(voters), Quorum.of(voters.voters().size()));
  }

  /** {@link #problems(Set, int)} of these voters. */
  List<Problem> problems(Quorum voters) {
    return problems(living(voters), Quorum.of(voters.voters().size()));
  }

  /**
   * What is wrong, a problem for each pair: an error where fewer may be lost for it.
   *
   * @param living the voters that live
   * @param quorum as in {@link #canLose}
   */
  List<Problem> problems(Set<String> living, int quorum) {
    int canLose = canLose(living, quorum);
    boolean costs = canLose < living.size() - quorum;
    String until =
        !costs
            ? ""
            : canLose < 0
                ? "; until then nobody leads a majority"
                : "; until then the loss of another can take the majority";
    return severed(living).stream()
        .map(pair -> {
          Problem problem =
              Problem.error(
                  pair.one(),
                  "its etcd and that of " + pair.other() + " do not reach each other",
                  "let "
                      + pair
                      + " reach each other by name at TCP port 2380, both ways (etcd's log there"
                      + " says what fails)"
                      + until);
          return costs ? problem : problem.asWarning();
        })
        .toList();
  }
}
