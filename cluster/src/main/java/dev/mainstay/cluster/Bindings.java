package dev.mainstay.cluster;

import java.util.Map;
import java.util.Set;

/**
 * What ties a host to names and addresses, as it was when it was looked at.
 *
 * @param local the host's own IPv4 addresses, loopback left out
 * @param settled the address at which the node was last finished; empty where it never was
 * @param advertises the address that the apiserver's manifest names; empty without one
 * @param kubeconfigs the server that each kubeconfig under /etc/kubernetes leads to, by its name
 *     without {@code .conf}
 * @param manifests the text of the static pods whose address or mounts matter, by component: {@code
 *     kube-apiserver}, {@code etcd}
 * @param amending the containers that an earlier run wanted to restart and may not have
 * @param etcdSeesOtherHosts whether the running etcd has another file as its /etc/hosts than the
 *     host has
 * @param cloudInit whether cloud-init is there, which may write /etc/hosts anew at each boot
 * @param backends where the running local proxy leads to, {@code ADDRESS:PORT} by server name, the
 *     last resort left out; empty where it cannot be asked
 * @param fingerprints the sha256 of every certificate and key, by file; of a kubeconfig only what
 *     it embeds counts
 */
record Bindings(
    Set<String> local,
    String settled,
    String advertises,
    Map<String, String> kubeconfigs,
    Map<String, String> manifests,
    Set<String> amending,
    boolean etcdSeesOtherHosts,
    boolean cloudInit,
    Map<String, String> backends,
    Map<String, String> fingerprints) {
  Bindings {
    local = Set.copyOf(local);
    kubeconfigs = Map.copyOf(kubeconfigs);
    manifests = Map.copyOf(manifests);
    amending = Set.copyOf(amending);
    backends = Map.copyOf(backends);
    fingerprints = Map.copyOf(fingerprints);
  }
}
