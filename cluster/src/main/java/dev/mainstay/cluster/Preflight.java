package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whether hosts can carry their nodes: everything that would make kubeadm, etcd or kubelet fail
 * later, found before anything is changed. A pure function of what was observed.
 */
final class Preflight {
  static final Set<String> DISTRIBUTIONS = Set.of("debian-12", "debian-13");
  // kubeadm's own limits for a control plane: 1700 MB and 2 processors
  private static final long MASTER_MEMORY_MIB = 1700;
  private static final long WORKER_MEMORY_MIB = 700;
  private static final int MASTER_CPUS = 2;
  // images, binaries, their unpacked copies and some air; see docs/decisions/0003-bundle.md
  private static final long DISK_MIB = 4096;
  // etcd and certificates: a token made on one host must be valid on another
  private static final Duration MAX_SKEW = Duration.ofSeconds(5);
  // what etcd's defaults suit, a heartbeat of 100 ms and an election after a second, ten round
  // trips:
  // https://etcd.io/docs/v3.6/tuning/
  private static final Duration BETWEEN_MEMBERS = Duration.ofMillis(100);
  private static final List<Integer> MASTER_PORTS =
      List.of(6443, 7443, 7444, 7445, 2379, 2380, 10250, 10257, 10259);
  private static final List<Integer> WORKER_PORTS = List.of(7443, 7445, 10250);

  private Preflight() {}

  /** All problems, in the file's order of nodes; an empty list where every host is fit. */
  static List<Problem> check(ClusterSpec spec, ClusterFacts facts) {
    List<Problem> problems = new ArrayList<>();
    Map<String, NodeSpec> machineIds = new HashMap<>();
    Map<String, NodeSpec> hostnames = new HashMap<>();
    for (NodeSpec node : spec.nodes()) {
      Optional<HostFacts> host = facts.host(node.name());
      if (host.isEmpty()) {
        continue;
      }
      String where = node.name() + " (" + node.address() + ")";
      HostFacts seen = host.get();
      checkOwner(spec, node, seen, where, problems);
      NodeSpec twin = machineIds.putIfAbsent(seen.machineId(), node);
      if (twin != null) {
        problems.add(
            Problem.error(
                where,
                "has the same machine id as " + twin.name() + ": " + seen.machineId(),
                "if it is a clone: rm /etc/machine-id /var/lib/dbus/machine-id,"
                    + " systemd-machine-id-setup, reboot; else two names lead to one machine"));
      }
      NodeSpec namesake = hostnames.putIfAbsent(seen.hostname(), node);
      if (namesake != null) {
        Problem same =
            Problem.error(
                where,
                "has the same hostname as " + namesake.name() + ": " + seen.hostname(),
                "hostnamectl set-hostname " + node.name());
        boolean nodes =
            Observe.isNode(seen) && facts.host(namesake.name()).filter(Observe::isNode).isPresent();
        problems.add(nodes ? same.asWarning() : same);
      }
      List<Problem> ofMachine = new ArrayList<>();
      checkMachine(node, seen, where, ofMachine);
      // a node that is there must not keep the others from being repaired
      ofMachine.forEach(
          problem -> problems.add(Observe.isNode(seen) ? problem.asWarning() : problem));
      checkWay(node, seen, where, problems);
      if (seen.stage() == Stage.EMPTY) {
        checkRoom(node, seen, where, problems);
      }
    }
    return problems;
  }

  private static void checkOwner(
      ClusterSpec spec, NodeSpec node, HostFacts seen, String where, List<Problem> problems) {
    if (seen.identity().isPresent()) {
      NodeIdentity identity = seen.identity().get();
      if (!identity.cluster().equals(spec.name().value())
          || !identity.node().equals(node.name().value())
          || !identity.role().equals(node.role().word())) {
        problems.add(
            Problem.error(
                where,
                "is already "
                    + identity.role()
                    + " "
                    + identity.node()
                    + " of cluster "
                    + identity.cluster(),
                "is the address right? To use the host anew: mainstay reset with that cluster's"
                    + " file"));
      }
      if (!identity.machineId().isEmpty() && !identity.machineId().equals(seen.machineId())) {
        problems.add(
            Problem.error(
                where,
                "was made a node when its machine id was %s; now it is %s: is it a clone of %s?"
                    .formatted(identity.machineId(), seen.machineId(), identity.node()),
                "give the node's own machine this address. If the id was changed on purpose, write"
                    + " it into "
                    + NodeIdentity.PATH
                    + " on the host"));
      }
    } else if (!seen.traces().isEmpty()) {
      problems.add(
          Problem.error(
              where,
              "carries leftovers of another cluster"
                  + (seen.clusterEndpoint().isEmpty() ? "" : " (" + seen.clusterEndpoint() + ")")
                  + ": "
                  + String.join(", ", seen.traces().stream().sorted().limit(3).toList()),
              "if nobody needs it any more: kubeadm reset -f there (or the other tool's uninstall),"
                  + " then remove what is left of those paths"));
    }
  }

  private static void checkMachine(
      NodeSpec node, HostFacts seen, String where, List<Problem> problems) {
    if (!DISTRIBUTIONS.contains(seen.distribution())) {
      problems.add(
          Problem.error(
              where,
              "runs " + seen.distribution() + ", which is not supported",
              "Debian 12 and Debian 13 are"));
    }
    if (!seen.architecture().equals("x86_64")) {
      problems.add(
          Problem.error(
              where, "is a machine of type " + seen.architecture(), "only x86_64 is supported"));
    }
    if (!seen.init().equals("systemd")) {
      problems.add(Problem.error(where, "was started by " + seen.init(), "a node needs systemd"));
    }
    if (!seen.swaps().isEmpty()) {
      problems.add(
          Problem.error(
              where,
              "swap is on: " + String.join(", ", seen.swaps()),
              "swapoff -a, and take its line out of /etc/fstab"));
    }
    if (seen.clockAhead().abs().compareTo(MAX_SKEW) > 0) {
      problems.add(
          Problem.error(
              where,
              "its clock is %s %d s of this machine's"
                  .formatted(
                      seen.clockAhead().isNegative() ? "behind by" : "ahead by",
                      seen.clockAhead().abs().toSeconds()),
              "set up time synchronisation (apt-get install systemd-timesyncd), here as well"));
    }
    if (node.isMaster() && seen.cpus() < MASTER_CPUS) {
      problems.add(
          Problem.error(
              where,
              "has " + seen.cpus() + " processor, a master needs " + MASTER_CPUS,
              "give it more, or make it a worker"));
    }
    long memory = node.isMaster() ? MASTER_MEMORY_MIB : WORKER_MEMORY_MIB;
    if (seen.memoryMib() < memory) {
      problems.add(
          Problem.error(
              where,
              "has %d MiB of memory, a %s needs %d"
                  .formatted(seen.memoryMib(), node.role().word(), memory),
              "give it more"));
    }
  }

  private static void checkWay(
      NodeSpec node, HostFacts seen, String where, List<Problem> problems) {
    Duration farthest = seen.roundTrips().farthest().orElse(Duration.ZERO);
    Duration most = ProxyTimeouts.REMOTE.limit();
    String what = "a round trip to the farthest master takes %d ms".formatted(farthest.toMillis());
    if (farthest.compareTo(most) > 0) {
      problems.add(
          Problem.warning(
              where,
              what,
              "local proxies are made for up to %d ms: beyond, living masters may be taken"
                      .formatted(most.toMillis())
                  + " for dead"));
    }
    if (node.isMaster() && farthest.compareTo(BETWEEN_MEMBERS) > 0) {
      problems.add(
          Problem.warning(
              where,
              what,
              "etcd's members are made for up to %d ms between them: beyond, leaders may change"
                      .formatted(BETWEEN_MEMBERS.toMillis())
                  + " without need; put the masters nearer to each other"));
    }
  }

  private static void checkRoom(
      NodeSpec node, HostFacts seen, String where, List<Problem> problems) {
    if (seen.diskFreeMib() < DISK_MIB && seen.artifacts().isEmpty()) {
      problems.add(
          Problem.error(
              where,
              "%d MiB are free under /var/lib, %d are needed"
                  .formatted(seen.diskFreeMib(), DISK_MIB),
              "make room there"));
    }
    boolean ourProxy = seen.isActive("mainstay-proxy");
    for (int port : node.isMaster() ? MASTER_PORTS : WORKER_PORTS) {
      String listener = seen.listeners().get(port);
      if (listener != null && !(ourProxy && listener.equals("haproxy"))) {
        problems.add(
            Problem.error(
                where,
                "port " + port + " is taken by " + listener,
                "stop it: ss -ltnp 'sport = :" + port + "' shows its process"));
      }
    }
  }
}
