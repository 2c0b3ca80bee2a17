package dev.mainstay.cluster;

import dev.mainstay.model.NodeSpec;
import java.util.LinkedHashMap;
import java.util.Map;

/** What to do about failures that come from the tools on a host, by what these say. */
final class Advice {
  private static final Map<String, String> BY_SYMPTOM = symptoms();

  private Advice() {}

  private static Map<String, String> symptoms() {
    Map<String, String> symptoms = new LinkedHashMap<>();
    symptoms.put(
        "No space left on device",
        "make room on the host (df -h), then run the same command again");
    symptoms.put(
        "did not arrive whole", "make room on the host (df -h), then run the same command again");
    symptoms.put(
        "alive, though the control machine does not reach it",
        "make it reachable from here, or switch it off for good and name it: --lost NAME. What was"
            + " stopped for a recovery before, mainstay etcd undo starts again as it was");
    symptoms.put(
        "unhealthy cluster",
        "an etcd member is not connected: mainstay status names it; repair that master first");
    symptoms.put(
        "dpkg frontend lock",
        "another package operation runs on the host; try again when it is done");
    symptoms.put(
        "kubelet is not healthy",
        "on the host: journalctl -u kubelet -n 50; then run the same command again");
    symptoms.put(
        "x509: certificate has expired or is not yet valid",
        "mainstay certs list shows what has ended, mainstay certs renew renews it; if nothing has,"
            + " compare the clocks of the hosts");
    return symptoms;
  }

  /** Advice on a failure that printed {@code output} on {@code node}'s host. */
  static String on(String output, NodeSpec node) {
    for (Map.Entry<String, String> symptom : BY_SYMPTOM.entrySet()) {
      if (output.contains(symptom.getKey())) {
        return symptom.getValue();
      }
    }
    return "see /var/lib/mainstay/log on " + node.name() + "; then run the same command again";
  }
}
