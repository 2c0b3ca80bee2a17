package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Secret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes a kubeconfig for use outside the cluster. */
public final class ExportKubeconfig {
  /** What reading one may take on a disk that is busy; another master answers sooner. */
  private static final Duration A_FILE = Duration.ofSeconds(5);

  private final Hosts hosts;

  public ExportKubeconfig(Hosts hosts) {
    this.hosts = hosts;
  }

  /**
   * The credentials of kubeadm's administrator, from the first master that gives its admin.conf.
   *
   * @throws Failure.Unreachable if no master can be reached
   * @throws Failure.Failed if none that can be reached gives it
   */
  public Credentials administrator(ClusterSpec spec) throws InterruptedException {
    List<Failure> failures = new ArrayList<>();
    for (NodeSpec master : spec.masters()) {
      try {
        Output output =
            hosts.login(master).run(RemoteCommand.of(Scripts.script("admin-conf")).within(A_FILE));
        if (output.isSuccess()) {
          return credentials(master, output.stdout());
        }
        failures.add(RemoteSteps.failure(master, "reading admin.conf", output));
      } catch (Failure failure) {
        failures.add(failure);
      }
    }
    throw RemoteSteps.noMaster("no master gave its admin.conf", failures);
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
        field(master, adminConf, "certificate-authority-data"),
        field(master, adminConf, "client-certificate-data"),
        Secret.of(field(master, adminConf, "client-key-data")));
  }

  private static String field(NodeSpec master, String kubeconfig, String name) {
    Matcher matcher =
        Pattern.compile("^ *" + Pattern.quote(name) + ": (\\S+)$", Pattern.MULTILINE)
            .matcher(kubeconfig);
    if (!matcher.find()) {
      throw new Failure.Failed(
          "%s (%s): admin.conf has no %s".formatted(master.name(), master.address(), name),
          "kubeadm wrote it otherwise?");
    }
    return matcher.group(1);
  }
}
