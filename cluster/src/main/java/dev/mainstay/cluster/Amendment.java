package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What has to change on a node of the cluster, beyond its files and units, so that it fits its
 * names and its address: a pure look at facts.
 *
 * @param from the address that the node had when it was last finished, if it has another one now
 * @param manifests static pods as they should be, where they are not
 * @param containers of static pods that have to begin anew
 * @param kubeconfigs those that lead elsewhere, by their names without {@code .conf}
 * @param why a phrase for each thing that differs; empty where nothing does
 * @param canWait whether nothing of it hurts before more happens, so that no restart of etcd is
 *     risked for it while a master is missing
 */
record Amendment(
    Optional<String> from,
    List<HostFile> manifests,
    Set<String> containers,
    List<String> kubeconfigs,
    List<String> why,
    boolean canWait) {
  /** Kubeconfigs of a master that lead to its own apiserver; the others lead to the endpoint. */
  private static final Set<String> OWN = Set.of("kubelet", "controller-manager", "scheduler");

  static final String IT_IS_AT = "it is at ";
  private static final String FOUNDS =
      "etcd's manifest would have it begin an empty cluster if its data were lost";

  /** What differs on {@code host}, which is a node already: joined or finished. */
  static Amendment of(ClusterSpec spec, NodeSpec node, HostFacts host, Optional<ClusterApi> api) {
    Bindings bindings = host.bindings();
    List<String> why = new ArrayList<>();
    Optional<String> from = movedFrom(spec, node, host, api);
    from.ifPresent(address -> why.add(IT_IS_AT + node.address() + " and was at " + address));
    List<HostFile> manifests = new ArrayList<>();
    Set<String> containers = new TreeSet<>(bindings.amending());
    if (node.isMaster()) {
      String apiserver = bindings.manifests().getOrDefault("kube-apiserver", "");
      StaticPod.apiserver(apiserver, node.address())
          .ifPresent(text -> {
            manifests.add(new HostFile(StaticPod.path("kube-apiserver"), "600", text));
            containers.add("kube-apiserver");
            if (from.isEmpty()) {
              why.add("kube-apiserver's manifest has another address or other probes");
            }
          });
      String etcd = bindings.manifests().getOrDefault("etcd", "");
      Optional<String> named = StaticPod.etcd(etcd, spec.fullName(node));
      named.ifPresent(_ -> why.add("etcd's manifest lacks the host's /etc/hosts or its name"));
      Optional<String> joining = StaticPod.etcdThatFoundsNothing(named.orElse(etcd));
      joining.ifPresent(_ -> why.add(FOUNDS));
      joining
          .or(() -> named)
          .ifPresent(text -> {
            manifests.add(new HostFile(StaticPod.path("etcd"), "600", text));
            containers.add("etcd");
          });
      if (bindings.etcdSeesOtherHosts()) {
        containers.add("etcd");
        why.add("etcd sees an old /etc/hosts, which was replaced and not rewritten in place");
      }
      if (containers.contains("etcd")) {
        // without its etcd the apiserver answers nobody and refuses nobody: kubelet would wait for
        // it
        // for two minutes before it starts etcd
        containers.add("kube-apiserver");
      }
      if (!bindings.amending().isEmpty()) {
        why.add("an earlier run did not end");
      }
    }
    return new Amendment(
        from,
        manifests,
        containers,
        host.isProvisioned() ? astray(spec, node, bindings) : List.of(),
        why,
        why.equals(List.of(FOUNDS)));
  }

  /**
   * The address at which the node was, where it is another than the file's. What Mainstay wrote
   * when it finished the node goes first; the apiserver's manifest, kubelet's own report and the
   * block stand in for it.
   */
  private static Optional<String> movedFrom(
      ClusterSpec spec, NodeSpec node, HostFacts host, Optional<ClusterApi> api) {
    String now = node.address().value();
    Bindings bindings = host.bindings();
    List<String> known = new ArrayList<>();
    known.add(bindings.settled());
    known.add(bindings.advertises());
    if (bindings.local().contains(now)) {
      // behind address translation kubelet reports an address that nobody logs in to
      api.flatMap(seen -> seen.node(spec.fullName(node)))
          .ifPresent(seen -> {
            known.add(seen.internalIp());
            // the pods' network says its own once, when its pod begins; another machine may have
            known.add(seen.flannelIp());
          });
    }
    if (bindings.settled().isEmpty()) {
      known.add(new HostsFile(host.hostsFile()).addresses().getOrDefault(node.name().value(), now));
    }
    return known.stream().filter(address -> !address.isEmpty() && !address.equals(now)).findFirst();
  }

  private static List<String> astray(ClusterSpec spec, NodeSpec node, Bindings bindings) {
    List<String> astray = new ArrayList<>();
    for (Map.Entry<String, String> kubeconfig : bindings.kubeconfigs().entrySet()) {
      String wanted =
          node.isMaster() && OWN.contains(kubeconfig.getKey())
              ? "https://127.0.0.1:6443"
              : "https://" + spec.endpoint();
      if (!kubeconfig.getValue().equals(wanted)) {
        astray.add(kubeconfig.getKey());
      }
    }
    astray.sort(null);
    return astray;
  }

  /** The same without what can wait. */
  Amendment ofNow() {
    return canWait ? new Amendment(from, List.of(), Set.of(), kubeconfigs, List.of(), false) : this;
  }

  boolean isMoved() {
    return from.isPresent();
  }

  /** Whether static pods, kubelet or the pods of the host's network have to begin anew. */
  boolean isNeeded() {
    return isMoved() || !containers.isEmpty();
  }

  /** Everything that differs, for a status. */
  List<String> phrases() {
    List<String> phrases = new ArrayList<>(why);
    phrases.addAll(phrasesOfKubeconfigs());
    return phrases;
  }

  List<String> phrasesOfKubeconfigs() {
    return kubeconfigs.stream().map(name -> name + ".conf leads elsewhere").toList();
  }
}
