package dev.mainstay.cli;

import dev.mainstay.cluster.ClusterStatus;
import dev.mainstay.cluster.ClusterStatus.BackendStatus;
import dev.mainstay.cluster.ClusterStatus.NodeStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Mutable: one status after the other as people watch them: how it is now on 80 columns and the
 * rows that there are, and below what changed, the newest last.
 */
final class StatusWatch {
  private static final int WIDTH = 80;
  private static final int EVENTS = 10;
  // during which connections are made: nobody is called silent before
  private static final int FIRST_LOOKS = 3;
  private static final int LEAST_ROWS = 10;
  private static final String ROW = "%-12s %-7s %-10s %9s  %s";
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

  private final ZoneId zone;
  private final Deque<String> events = new ArrayDeque<>();
  private Map<String, String> before = Map.of();
  private int looks;
  private boolean measured;

  StatusWatch(ZoneId zone) {
    this.zone = zone;
  }

  /**
   * Takes a look into account.
   *
   * @param latencies how long the endpoint took to answer, by node; without those that were silent
   * @return what changed since the look before, a line each; empty after the first one
   */
  List<String> look(ClusterStatus status, Map<String, Duration> latencies, Instant at) {
    measured = !latencies.isEmpty() || looks >= FIRST_LOOKS;
    looks++;
    Map<String, String> now = facts(status, latencies);
    List<String> changed = new ArrayList<>();
    if (!before.isEmpty()) {
      now.forEach((what, how) -> {
        String earlier = before.get(what);
        if (earlier != null && !how.equals(earlier)) {
          changed.add(cut(CLOCK.format(at.atZone(zone)) + "  " + what + how));
        }
      });
    }
    before = now;
    changed.forEach(line -> {
      events.addLast(line);
      if (events.size() > EVENTS) {
        events.removeFirst();
      }
    });
    return changed;
  }

  /** What is told when it changes, by what it is about. */
  private Map<String, String> facts(ClusterStatus status, Map<String, Duration> latencies) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(status.spec().name() + " is ", status.state().word());
    facts.put(
        "etcd: ",
        "%d of %d members healthy, %s"
            .formatted(status.etcd().healthy(), status.etcd().members(), leader(status)));
    for (NodeStatus node : status.nodes()) {
      facts.put(node.name() + " is ", state(node));
      if (measured) {
        facts.put(
            node.name() + ": the endpoint ",
            latencies.containsKey(node.name()) ? "answers" : "does not answer");
      }
      facts.put(node.name() + ": its proxy: ", sees(node));
    }
    return facts;
  }

  /**
   * The whole picture, in fewer lines than {@code rows} (a line feed in the last one would scroll).
   * Nodes that are well give way first, then problems and what changed, each to the other's part.
   */
  String screen(ClusterStatus status, Map<String, Duration> latencies, Instant at, int rows) {
    List<String> lines = head(status, at);
    int left = Math.max(LEAST_ROWS, rows) - 1 - lines.size();
    List<String> problems =
        status.problems().stream()
            .map(problem -> cut(problem.where() + ": " + problem.what().replace('\n', ' ')))
            .toList();
    int wanted = height(problems.size()) + height(events.size());
    List<String> nodes = nodes(status, latencies, left - Math.min(wanted, left / 2));
    lines.addAll(nodes);
    left -= nodes.size();
    int changes =
        Math.min(height(events.size()), Math.max((left + 1) / 2, left - height(problems.size())));
    List<String> told = first(problems, left - changes);
    lines.addAll(told);
    lines.addAll(newest(left - told.size()));
    return String.join("\n", lines) + "\n";
  }

  private List<String> head(ClusterStatus status, Instant at) {
    String title =
        "%s is %s   Kubernetes %s"
            .formatted(
                status.spec().name(), status.state().word(), status.spec().kubernetes().tag());
    String clock = CLOCK.format(at.atZone(zone));
    List<String> lines = new ArrayList<>();
    lines.add(title + " ".repeat(Math.max(2, WIDTH - title.length() - clock.length())) + clock);
    lines.add("etcd: " + status.etcd().text());
    lines.add("");
    lines.add(ROW.formatted("NODE", "ROLE", "STATE", "ENDPOINT", "ITS PROXY SEES"));
    return lines;
  }

  /** Lines of a part with an empty one before it; none for nothing. */
  private static int height(int lines) {
    return lines == 0 ? 0 : lines + 1;
  }

  /** All nodes where {@code most} lines are enough, else those that one should see. */
  private List<String> nodes(ClusterStatus status, Map<String, Duration> latencies, int most) {
    List<NodeStatus> all = status.nodes();
    if (all.size() <= most) {
      return all.stream().map(node -> line(node, latencies)).toList();
    }
    List<NodeStatus> unwell = all.stream().filter(node -> !isWell(node, latencies)).toList();
    List<NodeStatus> shown =
        Stream.concat(
                unwell.stream(),
                all.stream()
                    .filter(node -> node.role().equals("master") && isWell(node, latencies)))
            .limit(most - 1)
            .toList();
    List<String> lines = new ArrayList<>();
    all.stream().filter(shown::contains).forEach(node -> lines.add(line(node, latencies)));
    long ill = unwell.stream().filter(node -> !shown.contains(node)).count();
    lines.add(
        "and %d more nodes, %s"
            .formatted(
                all.size() - shown.size(),
                ill == 0 ? "which are well" : ill + " of them not well: mainstay status"));
    return lines;
  }

  private boolean isWell(NodeStatus node, Map<String, Duration> latencies) {
    return node.reachable()
        && node.ready()
        && (!measured || latencies.containsKey(node.name()))
        && node.backends().stream().allMatch(BackendStatus::up);
  }

  private String line(NodeStatus node, Map<String, Duration> latencies) {
    Duration latency = latencies.get(node.name());
    return cut(
        ROW.formatted(
            node.name(),
            node.role(),
            state(node),
            latency == null
                ? measured ? "silent" : "-"
                : String.format(Locale.ROOT, "%.1f ms", latency.toNanos() / 1e6),
            sees(node)));
  }

  private static List<String> first(List<String> problems, int most) {
    if (problems.isEmpty() || most < 2) {
      return List.of();
    }
    List<String> lines = new ArrayList<>(List.of(""));
    if (height(problems.size()) <= most) {
      lines.addAll(problems);
    } else {
      lines.addAll(problems.subList(0, most - 2));
      lines.add("and %d more: mainstay status".formatted(problems.size() - (most - 2)));
    }
    return lines;
  }

  private List<String> newest(int most) {
    if (events.isEmpty() || most < 2) {
      return List.of();
    }
    List<String> lines = new ArrayList<>(List.of(""));
    events.stream().skip(Math.max(0, events.size() - (most - 1))).forEach(lines::add);
    return lines;
  }

  private static String leader(ClusterStatus status) {
    return status.etcd().leader().isEmpty() ? "no leader" : status.etcd().leader() + " leads";
  }

  private static String state(NodeStatus node) {
    return !node.reachable() ? "no ssh" : node.ready() ? "ready" : "not ready";
  }

  private static String sees(NodeStatus node) {
    if (!node.reachable()) {
      return "-";
    }
    if (!node.proxyActive()) {
      return "stopped";
    }
    if (node.backends().size() == 1 && node.backends().getFirst().name().equals(node.name())) {
      return node.backends().getFirst().up() ? "itself" : "itself DOWN";
    }
    String up = names(node, true);
    String down = names(node, false);
    return down.isEmpty() ? up : (up.isEmpty() ? "" : up + ", ") + "DOWN " + down;
  }

  private static String names(NodeStatus node, boolean up) {
    return node.backends().stream()
        .filter(backend -> backend.up() == up)
        .map(BackendStatus::name)
        .sorted()
        .collect(Collectors.joining(" "));
  }

  private static String cut(String line) {
    return line.length() <= WIDTH ? line : line.substring(0, WIDTH - 3) + "...";
  }
}
