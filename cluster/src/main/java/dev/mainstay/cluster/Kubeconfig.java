package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * A kubeconfig as a tree, with somebody's key in it: to be kept secret. Each entry carries our mark
 * as an extension, which kubectl keeps when it writes a file anew, as it does not with comments.
 */
public record Kubeconfig(Map<String, Object> document) {
  /** The name of the extension that marks an entry as ours. */
  static final String MARK = "mainstay.dev";

  /**
   * For use outside the cluster: one context a master, at the master's address but checked against
   * the endpoint's name, so that it needs no hosts entry; and one for the endpoint's name, for
   * machines that know it. The current one is that of the master the credentials are from.
   *
   * <p>Names carry the person's, so that several people's can be in one file; those of clusters do
   * not, for they are the same to all.
   */
  static Kubeconfig overMasters(ClusterSpec spec, Credentials credentials) {
    Map<String, Object> mark = mark(spec, credentials);
    String user =
        credentials
            .person()
            .map(person -> person.user() + "@" + spec.name())
            .orElse(spec.name() + "-admin");
    List<Object> clusters = new ArrayList<>();
    List<Object> contexts = new ArrayList<>();
    for (NodeSpec master : spec.masters()) {
      String name = spec.name() + "-" + master.name();
      Map<String, Object> cluster = new LinkedHashMap<>();
      cluster.put("server", "https://" + master.address() + ":6443");
      cluster.put("tls-server-name", spec.domain().endpointName());
      cluster.put("certificate-authority-data", credentials.authority());
      clusters.add(named(name, "cluster", cluster, mark));
      contexts.add(context(contextName(credentials.person(), name), name, user, mark));
    }
    Map<String, Object> endpoint = new LinkedHashMap<>();
    endpoint.put("server", "https://" + spec.endpoint());
    endpoint.put("certificate-authority-data", credentials.authority());
    String name = spec.name().value();
    clusters.add(named(name, "cluster", endpoint, mark));
    contexts.add(context(contextName(credentials.person(), name), name, user, mark));
    return of(
        clusters,
        named(user, "user", entry(credentials), mark),
        contexts,
        contextName(credentials.person(), spec.name() + "-" + credentials.from()));
  }

  /**
   * For an endpoint on this machine: one context, named by its port so that several endpoints lie
   * side by side, with a user of its own, so that it can be taken out again whole.
   *
   * @param process whose end is the endpoint's end
   */
  static Kubeconfig overEndpoint(
      ClusterSpec spec, Credentials credentials, int port, ProcessMark process) {
    Map<String, Object> mark = mark(spec, credentials);
    mark.put("process", process.toString());
    String name = "%s-connect-%d".formatted(spec.name(), port);
    String context = contextName(credentials.person(), name);
    Map<String, Object> cluster = new LinkedHashMap<>();
    cluster.put("server", "https://127.0.0.1:" + port);
    cluster.put("tls-server-name", spec.domain().endpointName());
    cluster.put("certificate-authority-data", credentials.authority());
    return of(
        List.of(named(name, "cluster", cluster, mark)),
        named(context, "user", entry(credentials), mark),
        List.of(context(context, name, context, mark)),
        context);
  }

  /** The current context. */
  public String currentContext() {
    return String.valueOf(document.get("current-context"));
  }

  /** The names of its contexts. */
  public List<String> contexts() {
    return ((List<?>) document.getOrDefault("contexts", List.of()))
        .stream().map(entry -> String.valueOf(((Map<?, ?>) entry).get("name"))).toList();
  }

  /** As YAML. */
  public String text() {
    return new Dump(DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build())
        .dumpToString(document);
  }

  private static Kubeconfig of(
      List<Object> clusters, Object user, List<Object> contexts, String current) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("apiVersion", "v1");
    document.put("kind", "Config");
    document.put("clusters", clusters);
    document.put("users", List.of(user));
    document.put("contexts", contexts);
    document.put("current-context", current);
    return new Kubeconfig(document);
  }

  private static String contextName(Optional<Person> person, String cluster) {
    return person.map(one -> one.user() + "@" + cluster).orElse(cluster);
  }

  private static Map<String, Object> mark(ClusterSpec spec, Credentials credentials) {
    Map<String, Object> mark = new LinkedHashMap<>();
    mark.put("cluster", spec.name().value());
    mark.put("authority", credentials.authorityId());
    return mark;
  }

  private static Map<String, Object> entry(Credentials credentials) {
    Map<String, Object> user = new LinkedHashMap<>();
    user.put("client-certificate-data", credentials.certificate());
    user.put("client-key-data", credentials.keyText());
    return user;
  }

  private static Map<String, Object> context(
      String name, String cluster, String user, Map<String, Object> mark) {
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("cluster", cluster);
    context.put("user", user);
    return named(name, "context", context, mark);
  }

  private static Map<String, Object> named(
      String name, String kind, Map<String, Object> value, Map<String, Object> mark) {
    Map<String, Object> extension = new LinkedHashMap<>();
    extension.put("name", MARK);
    // a copy: one object in several places would be written as an anchor and its aliases
    extension.put("extension", new LinkedHashMap<>(mark));
    value.put("extensions", List.of(extension));
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("name", name);
    entry.put(kind, value);
    return entry;
  }

  @Override
  public String toString() {
    return "***";
  }
}
