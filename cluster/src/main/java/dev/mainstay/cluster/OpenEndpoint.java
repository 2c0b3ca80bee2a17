package dev.mainstay.cluster;

import dev.mainstay.cluster.endpoint.Change;
import dev.mainstay.cluster.endpoint.Endpoint;
import dev.mainstay.cluster.endpoint.MasterState;
import dev.mainstay.cluster.endpoint.Route;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Opens an endpoint over all masters on this machine: directly to the addresses of those that
 * answer there, and through their logins to the others.
 */
public final class OpenEndpoint {
  /** Of the apiserver, on every master. */
  static final int API_PORT = 6443;

  /** A handshake and an answer of /readyz, each at its slowest. */
  private static final Duration FIRST_LOOK = Duration.ofMillis(4500);

  private final Hosts hosts;

  public OpenEndpoint(Hosts hosts) {
    this.hosts = hosts;
  }

  /**
   * How it is wished.
   *
   * @param port 0 for any that is free
   * @param throughSsh whether not even to try the masters' addresses
   */
  public record Wish(int port, boolean throughSsh) {}

  /**
   * An endpoint that at least one master answers at.
   *
   * @param told called for each change, one at a time
   * @throws Failure.Failed if the port is taken
   * @throws Failure.Unreachable if no master's API answers either way
   */
  public Endpoint open(ClusterSpec spec, Credentials credentials, Wish wish, Consumer<Change> told)
      throws InterruptedException {
    ClientTls tls = ClientTls.of(credentials);
    Route direct = new Route.Direct(API_PORT);
    Route ssh = new Route.ThroughSsh(hosts, API_PORT);
    List<NodeSpec> walled = spec.masters();
    StringBuilder silent = new StringBuilder();
    if (!wish.throughSsh()) {
      Endpoint endpoint = look(listen(spec, tls, wish.port(), _ -> direct, told));
      walled = down(endpoint);
      if (walled.isEmpty()) {
        return endpoint;
      }
      silent.append(silence(endpoint));
      endpoint.close();
    }
    LogIn.all(hosts, walled);
    List<NodeSpec> throughSsh = walled;
    Endpoint endpoint =
        look(
            listen(
                spec,
                tls,
                wish.port(),
                master -> throughSsh.contains(master) ? ssh : direct,
                told));
    if (down(endpoint).size() < spec.masters().size()) {
      return endpoint;
    }
    silent.append(silence(endpoint));
    endpoint.close();
    throw new Failure.Unreachable(
        "no master's API answers:" + silent, "mainstay status shows how the masters are", true);
  }

  /** A kubeconfig that leads to {@code endpoint}. */
  public static Kubeconfig kubeconfig(
      ClusterSpec spec, Credentials credentials, Endpoint endpoint) {
    return Kubeconfig.overEndpoint(spec, credentials, endpoint.port(), ProcessMark.ofThisProcess());
  }

  /** {@code endpoint}, once every master was looked at. */
  private static Endpoint look(Endpoint endpoint) throws InterruptedException {
    try {
      endpoint.awaitFirstLook(FIRST_LOOK);
      return endpoint;
    } catch (InterruptedException stopped) {
      endpoint.close();
      throw stopped;
    }
  }

  private static List<NodeSpec> down(Endpoint endpoint) {
    return endpoint.masters().entrySet().stream()
        .filter(one -> one.getValue() == MasterState.DOWN)
        .map(Map.Entry::getKey)
        .toList();
  }

  private static Endpoint listen(
      ClusterSpec spec,
      ClientTls tls,
      int port,
      Function<NodeSpec, Route> routes,
      Consumer<Change> told) {
    try {
      return Endpoint.open(
          spec.masters(), routes, port, spec.domain().endpointName(), _ -> tls.context(), told);
    } catch (BindException taken) {
      throw new Failure.Failed(
          "cannot listen on 127.0.0.1:%d: %s".formatted(port, taken.getMessage()),
          "name another port with --port, or none for one that is free");
    } catch (IOException broken) {
      throw new Failure.Failed("cannot listen on 127.0.0.1: " + broken, "");
    }
  }

  private static String silence(Endpoint endpoint) {
    return down(endpoint).stream()
        .map(master -> line(master, endpoint))
        .collect(Collectors.joining());
  }

  private static String line(NodeSpec master, Endpoint endpoint) {
    String why = endpoint.why(master);
    return "\n  %s: %s (%s, %s)"
        .formatted(
            master.name(),
            why.isEmpty() ? "it does not answer" : why,
            master.address(),
            endpoint.mode(master));
  }
}
