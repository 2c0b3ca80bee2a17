package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Secret;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes a kubeconfig for use outside the cluster. */
public final class ExportKubeconfig {
  private final Hosts hosts;

  public ExportKubeconfig(Hosts hosts) {
    this.hosts = hosts;
  }

  /**
   * The credentials of kubeadm's administrator, from the first master that gives its admin.conf.
   *
   * @throws Failure.Failed if no master does
   */
  public Credentials administrator(ClusterSpec spec) throws InterruptedException {
    List<Failure> failures = new ArrayList<>();
    for (NodeSpec master : spec.masters()) {
      try {
        Output output = hosts.login(master).run(RemoteCommand.of(Scripts.script("admin-conf")));
        if (output.isSuccess()) {
          return credentials(master, output.stdout());
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

  /**
   * A kubeconfig with {@code credentials}; contexts in the masters' order, and the current one is
   * that of the master that gave them.
   */
  public static Kubeconfig export(ClusterSpec spec, Credentials credentials) {
    return Kubeconfig.overMasters(spec, credentials);
  }

  private static Credentials credentials(NodeSpec master, String adminConf) {
    return new Credentials(
        Optional.empty(),
        master.name(),
        field(adminConf, "certificate-authority-data"),
        field(adminConf, "client-certificate-data"),
        Secret.of(field(adminConf, "client-key-data")));
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
