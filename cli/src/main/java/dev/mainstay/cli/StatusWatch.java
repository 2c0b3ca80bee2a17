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

/**
 * Mutable: one status after the other as people watch them: how it is now on 80 columns, and below
 * what changed, the newest last.
 */
final class StatusWatch {
  private static final int WIDTH = 80;
  private static final int EVENTS = 10;
  private static final int NODES = 30;
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

  private final ZoneId zone;
  private final Deque<String> events = new ArrayDeque<>();
  private Map<String, String> before = Map.of();

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
    Map<String, String> now = facts(status, latencies);
    List<String> changed = new ArrayList<>();
    if (!before.isEmpty()) {
      now.forEach((what, how) -> {
        if (!how.equals(before.get(what))) {
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
  private static Map<String, String> facts(ClusterStatus status, Map<String, Duration> latencies) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(status.spec().name() + " is ", status.state().word());
    facts.put(
        "etcd: ",
        "%d of %d members healthy, %s"
            .formatted(status.etcd().healthy(), status.etcd().members(), leader(status)));
    for (NodeStatus node : status.nodes()) {
      facts.put(node.name() + " is ", state(node));
      facts.put(
          node.name() + ": the endpoint ",
          latencies.containsKey(node.name()) ? "answers" : "does not answer");
      facts.put(node.name() + ": its proxy: ", sees(node));
    }
    return facts;
  }

  /** The whole picture. */
  String screen(ClusterStatus status, Map<String, Duration> latencies, Instant at) {
    StringBuilder text = new StringBuilder();
    String title =
        "%s is %s   Kubernetes %s"
            .formatted(
                status.spec().name(), status.state().word(), status.spec().kubernetes().tag());
    String clock = CLOCK.format(at.atZone(zone));
    text.append(title)
        .append(" ".repeat(Math.max(2, WIDTH - title.length() - clock.length())))
        .append(clock)
        .append('\n');
    text.append(
        "etcd: %d of %d members healthy, %s, can lose %d\n\n"
            .formatted(
                status.etcd().healthy(),
                status.etcd().members(),
                leader(status),
                status.etcd().canLose()));
    String row = "%-12s %-7s %-10s %9s  %s";
    text.append(row.formatted("NODE", "ROLE", "STATE", "ENDPOINT", "ITS PROXY SEES")).append('\n');
    List<NodeStatus> shown = shown(status, latencies);
    for (NodeStatus node : shown) {
      Duration latency = latencies.get(node.name());
      text.append(
              cut(
                  row.formatted(
                      node.name(),
                      node.role(),
                      state(node),
                      latency == null
                          ? "silent"
                          : String.format(Locale.ROOT, "%.1f ms", latency.toNanos() / 1e6),
                      sees(node))))
          .append('\n');
    }
    if (shown.size() < status.nodes().size()) {
      text.append("and ")
          .append(status.nodes().size() - shown.size())
          .append(" workers that are well\n");
    }
    if (!status.problems().isEmpty()) {
      text.append('\n');
      status.problems().stream()
          .limit(EVENTS)
          .forEach(problem ->
              text.append(cut(problem.where() + ": " + problem.what().replace('\n', ' ')))
                  .append('\n'));
    }
    if (!events.isEmpty()) {
      text.append('\n');
      events.forEach(event -> text.append(event).append('\n'));
    }
    return text.toString();
  }

  /** Of many nodes, those that one should see. */
  private static List<NodeStatus> shown(ClusterStatus status, Map<String, Duration> latencies) {
    if (status.nodes().size() <= NODES) {
      return status.nodes();
    }
    return status.nodes().stream()
        .filter(node ->
            node.role().equals("master")
                || !node.reachable()
                || !node.ready()
                || !latencies.containsKey(node.name())
                || node.backends().stream().anyMatch(backend -> !backend.up()))
        .limit(NODES)
        .toList();
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
