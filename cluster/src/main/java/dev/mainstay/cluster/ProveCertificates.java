package dev.mainstay.cluster;

import dev.mainstay.engine.FanOut;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.Stdin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;

/**
 * Compares every certificate and key of the nodes that were there before a run with what lies there
 * after it: only a renewal that the plan showed may change any.
 */
public final class ProveCertificates {
  private static final int WINDOW = 64;
  private static final Duration SHORT = Duration.ofSeconds(30);
  // kubelet renews these by itself, whenever it likes; the second where serverTLSBootstrap is set
  private static final List<String> KUBELETS_OWN =
      List.of("/var/lib/kubelet/pki/kubelet-client-", "/var/lib/kubelet/pki/kubelet-server-");

  private final Hosts hosts;

  public ProveCertificates(Hosts hosts) {
    this.hosts = hosts;
  }

  /**
   * One file's fingerprints, sha256 in lower-case hexadecimal.
   *
   * @param after empty where the file is gone
   * @param expected whether the run, or kubelet by itself, may have changed it
   */
  public record Fingerprint(
      String node, String file, String before, String after, boolean expected) {
    public boolean isUnchanged() {
      return before.equals(after);
    }
  }

  /**
   * All files that were compared, by node and file.
   *
   * @param silent the nodes that could not be asked afterwards, sorted
   */
  public record Proof(List<Fingerprint> fingerprints, List<String> silent) {
    public Proof {
      fingerprints = List.copyOf(fingerprints);
      silent = List.copyOf(silent);
    }

    /** The files that changed though nothing should have changed them. */
    public List<Fingerprint> violations() {
      return fingerprints.stream().filter(one -> !one.isUnchanged() && !one.expected()).toList();
    }
  }

  /** The proof for a run of {@code changes} that is over; empty where there was nothing to keep. */
  public Optional<Proof> prove(Changes changes) throws InterruptedException {
    List<NodeSpec> kept =
        changes.spec().nodes().stream().filter(node -> isKept(changes, node.name())).toList();
    if (kept.isEmpty()) {
      return Optional.empty();
    }
    Set<NodeName> renewed = new HashSet<>();
    changes.plan().steps().stream()
        .filter(step -> step.action().renewsCertificates())
        .forEach(step -> renewed.add(new NodeName(step.node())));
    RemoteSteps remote = new RemoteSteps(hosts);
    List<Fingerprint> all = new ArrayList<>();
    List<String> silent = new ArrayList<>();
    List<Map<String, String>> afterwards = FanOut.map(kept, WINDOW, node -> look(remote, node));
    for (int i = 0; i < kept.size(); i++) {
      NodeName node = kept.get(i).name();
      Map<String, String> after = afterwards.get(i);
      if (after.isEmpty()) {
        silent.add(node.value());
        continue;
      }
      new TreeMap<>(before(changes, node))
          .forEach((file, was) ->
              all.add(
                  new Fingerprint(
                      node.value(),
                      file,
                      was,
                      after.getOrDefault(file, ""),
                      KUBELETS_OWN.stream().anyMatch(file::startsWith)
                          || (renewed.contains(node) && !isAuthority(file)))));
    }
    return Optional.of(new Proof(all, silent));
  }

  private static boolean isKept(Changes changes, NodeName node) {
    return changes
        .facts()
        .host(node)
        .map(host ->
            host.stage().compareTo(Stage.JOINED) >= 0 && !host.bindings().fingerprints().isEmpty())
        .orElse(false);
  }

  private static Map<String, String> before(Changes changes, NodeName node) {
    return changes
        .facts()
        .host(node)
        .map(host -> host.bindings().fingerprints())
        .orElseThrow(() -> new IllegalArgumentException(node.value()));
  }

  /** Certificate authorities and the key that signs service accounts are never renewed. */
  private static boolean isAuthority(String file) {
    String name = file.substring(file.lastIndexOf('/') + 1);
    return name.startsWith("ca.") || name.startsWith("front-proxy-ca.") || name.startsWith("sa.");
  }

  private static Map<String, String> look(RemoteSteps remote, NodeSpec node) {
    try {
      Output output = remote.tryRun(node, "fingerprints", List.of(), Stdin.EMPTY, SHORT);
      return output.isSuccess() ? HostFacts.fingerprints(output.stdout()) : Map.of();
    } catch (Failure lost) {
      return Map.of();
    } catch (InterruptedException interrupted) {
      throw new CancellationException();
    }
  }
}
