package dev.mainstay.cli;

import dev.mainstay.cluster.ClusterStatus;
import dev.mainstay.cluster.ClusterStatus.NodeStatus;
import dev.mainstay.cluster.LogIn;
import dev.mainstay.cluster.MeasureEndpoints;
import dev.mainstay.cluster.ShowStatus;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.ssh.Hosts;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "status",
    description = "Show how the cluster is. Exit 0 healthy, 11 degraded, 12 down.")
final class StatusCommand implements Callable<Integer> {
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** How long a host is waited for: once, or again and again, when it is looked at soon again. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration PATIENCE_WATCH = Duration.ofSeconds(3);
  private static final String CLEAR = "\u001b[H\u001b[J";

  @Mixin GlobalOptions options = new GlobalOptions();

  @Option(
      names = {"-w", "--watch"},
      description =
          "Look again and again until Ctrl-C, and tell what changes; with -o json a line each"
              + " look. On a terminal as a picture that fits it, unless --no-color is given.")
  boolean watch;

  private final Session session;

  StatusCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    ClusterSpec spec = options.spec(session);
    ClusterStatus status;
    try (Hosts hosts = options.hosts(session, spec)) {
      LogIn.all(hosts, spec.nodes());
      if (watch) {
        return exitCode(watch(spec, hosts));
      }
      status = new ShowStatus(hosts, session.clock()).show(spec, PATIENCE);
    }
    session
        .terminal()
        .out()
        .print(
            options.json()
                ? Json.text(document(status, session.clock())) + "\n"
                : text(status, session.clock()));
    return exitCode(status.state());
  }

  private static int exitCode(ClusterStatus.State state) {
    return switch (state) {
      case HEALTHY -> ExitCode.DONE;
      case DEGRADED -> ExitCode.DEGRADED;
      case DOWN -> ExitCode.DOWN;
    };
  }

  /** Until the process is interrupted, or nobody reads any more what is written; the last state. */
  private ClusterStatus.State watch(ClusterSpec spec, Hosts hosts) throws InterruptedException {
    Terminal terminal = session.terminal();
    boolean live = terminal.colour() && !options.noColor && !options.json();
    StatusWatch view = new StatusWatch(ZoneId.systemDefault());
    ShowStatus show = new ShowStatus(hosts, session.clock());
    try (MeasureEndpoints measure = new MeasureEndpoints(spec, hosts)) {
      for (boolean first = true; true; first = false) {
        measure.begin();
        // what is slow at first is not called dead and a moment later alive again
        ClusterStatus status = show.show(spec, first ? PATIENCE : PATIENCE_WATCH);
        Map<String, Duration> latencies = new LinkedHashMap<>();
        measure.take(PATIENCE_WATCH).forEach((node, took) -> latencies.put(node.value(), took));
        Instant at = session.clock().instant();
        List<String> changed = view.look(status, latencies, at);
        if (options.json()) {
          terminal.out().println(Json.line(watched(status, latencies, at)));
        } else if (live) {
          terminal.out().print(CLEAR + view.screen(status, latencies, at, terminal.rows()));
        } else if (first) {
          terminal.out().print(view.screen(status, latencies, at, Integer.MAX_VALUE));
        } else {
          changed.forEach(terminal.out()::println);
        }
        if (terminal.out().checkError()) { // which flushes
          return status.state();
        }
        Thread.sleep(PAUSE);
      }
    }
  }

  private Map<String, Object> watched(
      ClusterStatus status, Map<String, Duration> latencies, Instant at) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("at", at.toString());
    Map<String, Object> millis = new LinkedHashMap<>();
    latencies.forEach((node, took) -> millis.put(node, took.toNanos() / 1e6));
    document.put("endpointMs", millis);
    document.putAll(document(status, session.clock()));
    return document;
  }

  static Map<String, Object> document(ClusterStatus status, Clock clock) {
    Map<String, Object> etcd = new LinkedHashMap<>();
    etcd.put("members", status.etcd().members());
    etcd.put("healthy", status.etcd().healthy());
    etcd.put("leader", status.etcd().leader());
    etcd.put("canLose", status.etcd().canLose());
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("cluster", status.spec().name().value());
    document.put("kubernetes", status.spec().kubernetes().tag());
    document.put("endpoint", "https://" + status.spec().endpoint());
    document.put("state", status.state().word());
    document.put("etcd", etcd);
    document.put("nodes", status.nodes().stream().map(node -> node(node, clock)).toList());
    document.put("problems", Json.problems(status.problems()));
    return document;
  }

  private static Map<String, Object> node(NodeStatus node, Clock clock) {
    Map<String, Object> proxy = new LinkedHashMap<>();
    proxy.put("active", node.proxyActive());
    proxy.put(
        "backends",
        node.backends().stream()
            .map(backend -> {
              Map<String, Object> one = new LinkedHashMap<>();
              one.put("name", backend.name());
              one.put("up", backend.up());
              return one;
            })
            .toList());
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("name", node.name());
    one.put("role", node.role());
    one.put("address", node.address());
    one.put("reachable", node.reachable());
    one.put("ready", node.ready());
    one.put("kubelet", node.kubelet());
    one.put("proxy", proxy);
    one.put("hostsBlock", node.hostsBlock());
    Map<String, Object> certificates = new LinkedHashMap<>();
    node.earliestExpiry()
        .ifPresent(expiry -> {
          certificates.put("earliestExpiry", expiry.toString());
          certificates.put("days", days(expiry, clock));
        });
    one.put("certificates", certificates);
    return one;
  }

  private static long days(Instant expiry, Clock clock) {
    return Duration.between(clock.instant(), expiry).toDays();
  }

  static String text(ClusterStatus status, Clock clock) {
    StringBuilder text = new StringBuilder();
    ClusterSpec spec = status.spec();
    text.append(
        "%s is %s   Kubernetes %s   https://%s%n"
            .formatted(
                spec.name(), status.state().word(), spec.kubernetes().tag(), spec.endpoint()));
    text.append("etcd: ").append(status.etcd().text()).append("\n\n");
    String row = "%-10s %-7s %-15s %-9s %-9s %-12s %-8s %s%n";
    text.append(
        row.formatted(
            "NODE", "ROLE", "ADDRESS", "STATE", "KUBELET", "PROXY", "HOSTS", "CERTIFICATES"));
    for (NodeStatus node : status.nodes()) {
      text.append(
          row.formatted(
              node.name(),
              node.role(),
              node.address(),
              !node.reachable() ? "no ssh" : node.ready() ? "ready" : "not ready",
              node.kubelet().isEmpty() ? "-" : node.kubelet(),
              proxy(node),
              node.hostsBlock(),
              certificates(node.earliestExpiry(), clock)));
    }
    if (!status.problems().isEmpty()) {
      text.append('\n');
      status.problems().forEach(problem -> text.append(problem).append('\n'));
    }
    return text.toString().replace(System.lineSeparator(), "\n");
  }

  private static String proxy(NodeStatus node) {
    if (!node.reachable()) {
      return "-";
    }
    if (!node.proxyActive()) {
      return "stopped";
    }
    long up = node.backends().stream().filter(ClusterStatus.BackendStatus::up).count();
    return node.backends().size() == 1 && node.backends().getFirst().name().equals(node.name())
        ? up == 1 ? "itself" : "itself down"
        : up + " of " + node.backends().size() + " up";
  }

  private static String certificates(Optional<Instant> expiry, Clock clock) {
    return expiry.map(end -> days(end, clock) + " days").orElse("-");
  }
}
