package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Secret;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a kubeconfig for use outside the cluster: one context a master, at the master's address but
 * checked against the endpoint's name, so that it needs no hosts entry; and one for the endpoint's
 * name, for machines that know it.
 */
public final class ExportKubeconfig {
  private final Hosts hosts;

  public ExportKubeconfig(Hosts hosts) {
    this.hosts = hosts;
  }

  /** A kubeconfig as a tree, and its administrator's key in it: to be kept secret. */
  public record Kubeconfig(Map<String, Object> document) {
    @Override
    public String toString() {
      return "***";
    }
  }

  /**
   * The administrator's kubeconfig; contexts in the masters' order, the first one that answers is
   * the current one.
   *
   * @throws Failure.Failed if no master gives its admin.conf
   */
  public Kubeconfig export(ClusterSpec spec) throws InterruptedException {
    List<Failure> failures = new ArrayList<>();
    for (NodeSpec master : spec.masters()) {
      try {
        Output output = hosts.login(master).run(RemoteCommand.of(Scripts.script("admin-conf")));
        if (output.isSuccess()) {
          return new Kubeconfig(document(spec, master, Secret.of(output.stdout())));
        }
        failures.add(RemoteSteps.failure(master, "reading admin.conf", output));
      } catch (Failure.Unreachable lost) {
        failures.add(lost);
      }
    }
    Failure first = failures.getFirst();
    throw new Failure.Failed(
        String.valueOf(first.getMessage()), "is there a cluster? mainstay status tells");
  }

  private static Map<String, Object> document(
      ClusterSpec spec, NodeSpec answering, Secret adminConf) {
    String text = new String(adminConf.reveal(), StandardCharsets.UTF_8);
    String ca = field(text, "certificate-authority-data");
    String user = spec.name() + "-admin";
    List<Object> clusters = new ArrayList<>();
    List<Object> contexts = new ArrayList<>();
    for (NodeSpec master : spec.masters()) {
      String name = spec.name() + "-" + master.name();
      Map<String, Object> cluster = new LinkedHashMap<>();
      cluster.put("server", "https://" + master.address() + ":6443");
      cluster.put("tls-server-name", spec.domain().endpointName());
      cluster.put("certificate-authority-data", ca);
      clusters.add(named(name, "cluster", cluster));
      contexts.add(named(name, "context", context(name, user)));
    }
    Map<String, Object> endpoint = new LinkedHashMap<>();
    endpoint.put("server", "https://" + spec.endpoint());
    endpoint.put("certificate-authority-data", ca);
    clusters.add(named(spec.name().value(), "cluster", endpoint));
    contexts.add(named(spec.name().value(), "context", context(spec.name().value(), user)));
    Map<String, Object> credentials = new LinkedHashMap<>();
    credentials.put("client-certificate-data", field(text, "client-certificate-data"));
    credentials.put("client-key-data", field(text, "client-key-data"));
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("apiVersion", "v1");
    document.put("kind", "Config");
    document.put("clusters", clusters);
    document.put("users", List.of(named(user, "user", credentials)));
    document.put("contexts", contexts);
    document.put("current-context", spec.name() + "-" + answering.name());
    return document;
  }

  private static Map<String, Object> context(String cluster, String user) {
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("cluster", cluster);
    context.put("user", user);
    return context;
  }

  private static Map<String, Object> named(String name, String kind, Object value) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("name", name);
    entry.put(kind, value);
    return entry;
  }

  private static String field(String kubeconfig, String name) {
    Matcher matcher =
        Pattern.compile("^ *" + Pattern.quote(name) + ": (\\S+)$", Pattern.MULTILINE)
            .matcher(kubeconfig);
    if (!matcher.find()) {
      throw new Failure.Failed("admin.conf has no " + name, "kubeadm wrote it otherwise?");
    }
    return matcher.group(1);
  }
}
