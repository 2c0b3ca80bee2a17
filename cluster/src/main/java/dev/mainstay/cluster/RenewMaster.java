package dev.mainstay.cluster;

import dev.mainstay.cluster.Action.RenewCertificates.Afterwards;
import dev.mainstay.cluster.Action.RenewCertificates.Share;
import dev.mainstay.cluster.KubeadmCertificate.Authority;
import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.engine.FanOut;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.Stdin;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Renews one master's certificates.
 *
 * <pre>
 * 1. wait until the other masters serve that the plan names: all, unless quorum is gone anyway
 * 2. on the host: put aside what was, renew by kubeadm, restart controller-manager and scheduler,
 *    wait until the ports serve what lies on disk and etcd and the API answer
 * 3. compare: same names, subject, issuer and usages as before, another key; authorities untouched
 * </pre>
 */
final class RenewMaster {
  private static final int WINDOW = 64;
  private static final int TRIES = 120;
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration SHORT = Duration.ofSeconds(30);
  private static final Duration RENEWING = Duration.ofMinutes(12);
  private static final String BEFORE = "before ";

  private final ClusterSpec spec;
  private final RemoteSteps remote;
  private final Clock clock;

  RenewMaster(ClusterSpec spec, RemoteSteps remote, Clock clock) {
    this.spec = spec;
    this.remote = remote;
    this.clock = clock;
  }

  boolean renew(Action.RenewCertificates action, Progress progress) throws InterruptedException {
    NodeSpec master = action.node();
    awaitOthers(action, progress);
    progress.at("kubeadm certs renew");
    String printed =
        remote.feed(
            master,
            "renewing certificates",
            "renew-certificates",
            Secret.of(KubeadmConfig.renewal(spec, master)),
            arguments(action),
            RENEWING);
    Map<Boolean, List<String>> lines =
        printed.lines().collect(Collectors.partitioningBy(line -> line.startsWith(BEFORE)));
    HostCertificates before =
        HostCertificates.parse(
            lines.getOrDefault(true, List.of()).stream()
                .map(line -> line.substring(BEFORE.length()))
                .collect(Collectors.joining("\n")));
    HostCertificates after =
        HostCertificates.parse(String.join("\n", lines.getOrDefault(false, List.of())));
    List<String> wrong = wrong(action.names(), before, after, clock.instant());
    if (!wrong.isEmpty()) {
      throw new Failure.Failed(
          master.name()
              + ": its new certificates are not as they should be:\n"
              + String.join("\n", wrong),
          "what was there before lies on the host under /var/lib/mainstay/backup; nothing was done"
              + " to the other masters");
    }
    return true;
  }

  private static List<String> arguments(Action.RenewCertificates action) {
    List<String> arguments = new ArrayList<>();
    arguments.add(action.afterwards() == Afterwards.SERVES ? "serve" : "alone");
    if (action.share() == Share.ALL) {
      arguments.add("all");
    } else {
      action.names().forEach(name -> arguments.add(name.word()));
    }
    return arguments;
  }

  private void awaitOthers(Action.RenewCertificates action, Progress progress)
      throws InterruptedException {
    List<String> silent = List.of();
    for (int tries = 0; tries < TRIES; tries++) {
      silent =
          FanOut.map(action.gate(), WINDOW, this::silence).stream()
              .flatMap(Optional::stream)
              .toList();
      if (silent.isEmpty()) {
        return;
      }
      progress.at("waiting for " + String.join(", ", silent));
      Thread.sleep(PAUSE);
    }
    throw new Failure.Refused(
        "the certificates of "
            + action.node().name()
            + " are left as they are, to protect quorum: not every other master serves\n"
            + String.join("\n", silent),
        "mainstay status shows them; repair what is named, then run the same command again");
  }

  private Optional<String> silence(NodeSpec other) {
    try {
      Output output = remote.tryRun(other, "master-serves", List.of(), Stdin.EMPTY, SHORT);
      return output.isSuccess()
          ? Optional.empty()
          : Optional.of(other.name() + ": " + output.tail(1));
    } catch (Failure.Locked lost) {
      throw lost;
    } catch (Failure unreachable) {
      return Optional.of(String.valueOf(unreachable.getMessage()));
    } catch (InterruptedException interrupted) {
      throw new java.util.concurrent.CancellationException();
    }
  }

  /** What of {@code after} is not as it should be: a pure function. */
  static List<String> wrong(
      List<KubeadmCertificate> names,
      HostCertificates before,
      HostCertificates after,
      Instant now) {
    List<String> wrong = new ArrayList<>();
    for (Authority authority : Authority.values()) {
      if (!before.of(authority).equals(after.of(authority))) {
        wrong.add(authority.certificate() + " is another one than before");
      }
    }
    for (KubeadmCertificate name : names) {
      Optional<Certificate> was = before.of(name);
      Optional<Certificate> is = after.of(name);
      if (was.isEmpty()) {
        continue;
      }
      if (is.isEmpty()) {
        wrong.add(name.file() + " is gone");
      } else if (is.get().sha256().equals(was.get().sha256())) {
        wrong.add(name.file() + " was not renewed");
      } else if (!is.get().isLike(was.get())) {
        wrong.add(
            name.file()
                + " is for %s %s by %s, was for %s %s by %s"
                    .formatted(
                        is.get().subject(),
                        is.get().names(),
                        is.get().issuer(),
                        was.get().subject(),
                        was.get().names(),
                        was.get().issuer()));
      } else if (is.get().hasEnded(now)) {
        wrong.add(name.file() + " has ended already; does the host's clock go right?");
      }
    }
    after.outdated().stream()
        .sorted()
        .forEach(component -> wrong.add(component + " still runs with an older certificate"));
    for (int port : List.of(6443, 2379, 2380)) {
      after
          .fileOf(port)
          .filter(file -> after.looked() && !after.serves(port, file))
          .ifPresent(file -> wrong.add("port " + port + " does not serve " + file));
    }
    return wrong;
  }
}
