package dev.mainstay.cluster;

import dev.mainstay.cluster.Action.RenewCertificates.Afterwards;
import dev.mainstay.cluster.Action.RenewCertificates.Share;
import dev.mainstay.cluster.KubeadmCertificate.Authority;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which certificates have to be renewed, and in which order: a pure function of what was seen.
 *
 * <pre>
 * 1. kubelets whose certificate ended, side by side: without one a kubelet starts nothing, and so
 *    not the controllers that step 2 restarts; a master's key signs, no API is needed
 * 2. masters one at a time, those whose API or etcd member is cut off by an ended certificate
 *    first: the gate of the others waits until these are back
 * </pre>
 *
 * <p>Before each master's turn every other master must serve, but for those whose own turn is yet
 * to come after their certificate ended. Where the rest is no quorum there is none to protect: the
 * master is renewed without waiting, and the next one makes a quorum with it.
 *
 * <p>Authorities are never replaced: every client of the cluster trusts them by their bytes.
 */
final class PlanRenewal {
  static final String KUBELETS = "certificates/kubelet";
  static final String MASTERS = "certificates/renew";

  /** What is renewed beyond what has to be. */
  enum Extent {
    DUE,
    ALL
  }

  /**
   * What has to be renewed.
   *
   * @param phases in reading order; empty where nothing is due
   * @param problems what is due and cannot be renewed
   * @param bringsBack whether a master's API or etcd member is cut off until then, or its kubelet
   *     starts nothing
   */
  record Renewal(List<Phase<Action>> phases, List<Problem> problems, boolean bringsBack) {
    static final Renewal NONE = new Renewal(List.of(), List.of(), false);

    Renewal {
      phases = phases.stream().filter(phase -> !phase.steps().isEmpty()).toList();
      problems = List.copyOf(problems);
    }

    Set<String> ids() {
      Set<String> ids = new HashSet<>();
      phases.forEach(phase -> phase.steps().forEach(step -> ids.add(step.id())));
      return ids;
    }
  }

  private final ClusterSpec spec;
  private final Map<NodeName, HostCertificates> seen;
  private final Extent extent;
  private final DueDate due;
  private final Instant now;
  private final List<Problem> problems = new ArrayList<>();

  private PlanRenewal(
      ClusterSpec spec,
      Map<NodeName, HostCertificates> seen,
      Extent extent,
      DueDate due,
      Instant now) {
    this.spec = spec;
    this.seen = seen;
    this.extent = extent;
    this.due = due;
    this.now = now;
  }

  /** What is due by the rule. */
  static Renewal ofDue(ClusterSpec spec, Map<NodeName, HostCertificates> seen, Instant now) {
    return of(spec, seen, Extent.DUE, DueDate.RULE, now);
  }

  static Renewal of(
      ClusterSpec spec,
      Map<NodeName, HostCertificates> seen,
      Extent extent,
      DueDate due,
      Instant now) {
    return new PlanRenewal(spec, seen, extent, due, now).renewal();
  }

  private Renewal renewal() {
    List<Step<Action>> kubelets = new ArrayList<>();
    spec.nodes().forEach(node -> kubelet(node).ifPresent(kubelets::add));
    List<Step<Action>> masters = new ArrayList<>();
    Set<NodeSpec> serving = new HashSet<>(members());
    serving.removeIf(master -> !seen.containsKey(master.name()) || isCutOff(master));
    for (NodeSpec master : cutOffFirst()) {
      Set<String> after = new HashSet<>();
      if (!masters.isEmpty()) {
        after.add(masters.getLast().id());
      }
      kubelets.stream()
          .filter(step -> step.node().equals(master.name().value()))
          .forEach(step -> after.add(step.id()));
      master(master, serving, after)
          .ifPresent(step -> {
            masters.add(step);
            serving.add(master);
          });
    }
    return new Renewal(
        List.of(
            new Phase<>(KUBELETS, "kubelets' certificates", kubelets),
            new Phase<>(MASTERS, "certificates, one master at a time", masters)),
        problems,
        (!masters.isEmpty() && members().stream().anyMatch(this::isCutOff))
            || members().stream().anyMatch(this::isKubeletCutOff));
  }

  private HostCertificates of(NodeSpec node) {
    return seen.getOrDefault(node.name(), HostCertificates.NONE);
  }

  /** The masters that have an etcd member, as far as is known: not those that are yet to join. */
  private List<NodeSpec> members() {
    return spec.masters().stream()
        .filter(master ->
            !seen.containsKey(master.name())
                || of(master).of(KubeadmCertificate.ETCD_SERVER).isPresent())
        .toList();
  }

  private List<NodeSpec> cutOffFirst() {
    return members().stream().sorted(Comparator.comparing(one -> !isCutOff(one))).toList();
  }

  private boolean isCutOff(NodeSpec master) {
    return KubeadmCertificate.withoutWhichNothingServes().stream()
        .anyMatch(name -> of(master).hasEnded(name, now));
  }

  private boolean isKubeletCutOff(NodeSpec node) {
    Certificate client = of(node).onDisk().get(KubeletCertificate.CLIENT.file());
    return client != null && client.hasEnded(now);
  }

  private int quorum() {
    return Quorum.of(members().size());
  }

  // 1. kubelets

  private Optional<Step<Action>> kubelet(NodeSpec node) {
    HostCertificates host = of(node);
    List<KubeletCertificate> overdue = new ArrayList<>();
    boolean ended = false;
    for (KubeletCertificate one : KubeletCertificate.values()) {
      Certificate certificate = host.onDisk().get(one.file());
      if (certificate != null
          && (one == KubeletCertificate.CLIENT
              ? DueDate.isOverdueOfKubelet(certificate, now)
              : DueDate.RULE.isDue(certificate, now) && !host.clusterSignsKubeletServer())) {
        overdue.add(one);
        ended |= certificate.hasEnded(now);
      }
    }
    if (overdue.isEmpty()) {
      return Optional.empty();
    }
    Optional<NodeSpec> signer = signer();
    if (signer.isEmpty() && overdue.remove(KubeletCertificate.CLIENT)) {
      problems.add(
          Problem.error(
              node.name().value(),
              "its kubelet's certificate is due, and no master has the key of its authority",
              "sign a new one where the authority's key is: CN=system:node:"
                  + spec.fullName(node)
                  + ", O=system:nodes"));
      if (overdue.isEmpty()) {
        return Optional.empty();
      }
    }
    return Optional.of(
        new Step<>(
            KUBELETS + "/" + node.name(),
            node.name().value(),
            ended ? Why.CERTIFICATE_ENDED : Why.CERTIFICATE_DUE,
            "renew kubelet's "
                + String.join(" and ", overdue.stream().map(KubeletCertificate::word).toList())
                + " certificate and restart kubelet",
            Disruption.NODE,
            Set.of(),
            new Action.RenewKubelet(node, signer, overdue)));
  }

  private Optional<NodeSpec> signer() {
    return spec.masters().stream()
        .filter(master -> of(master).hasKeyOf(Authority.CLUSTER))
        .filter(master ->
            of(master)
                .of(Authority.CLUSTER)
                .map(authority -> !authority.hasEnded(now))
                .orElse(false))
        .findFirst();
  }

  // 2. masters

  private Optional<Step<Action>> master(NodeSpec master, Set<NodeSpec> serving, Set<String> after) {
    HostCertificates host = of(master);
    List<KubeadmCertificate> names = new ArrayList<>();
    boolean ended = false;
    boolean isDue = false;
    for (KubeadmCertificate name : KubeadmCertificate.values()) {
      Optional<Certificate> certificate = host.of(name);
      if (certificate.isEmpty()) {
        continue; // super-admin.conf lies on the first master alone
      }
      boolean byDate = due.isDue(certificate.get(), now);
      if ((byDate || extent == Extent.ALL) && canBeSigned(master, host, name)) {
        names.add(name);
        ended |= certificate.get().hasEnded(now);
        isDue |= byDate;
      }
    }
    if (names.isEmpty() && host.outdated().isEmpty()) {
      return Optional.empty();
    }
    long others = serving.stream().filter(other -> !other.equals(master)).count();
    boolean quorumWithout = others + (serving.contains(master) ? 1 : 0) >= quorum();
    List<NodeSpec> gate =
        quorumWithout
            ? members().stream()
                .filter(other -> !other.equals(master))
                // one that is dead for good must not keep the others' certificates until they end
                .filter(other -> seen.containsKey(other.name()))
                .filter(other -> serving.contains(other) || !isCutOff(other))
                .toList()
            : List.of();
    return Optional.of(
        new Step<>(
            MASTERS + "/" + master.name(),
            master.name().value(),
            ended
                ? Why.CERTIFICATE_ENDED
                : names.isEmpty()
                    ? Why.CERTIFICATE_NOT_IN_USE
                    : isDue ? Why.CERTIFICATE_DUE : Why.RENEWAL_ASKED,
            what(host, names)
                + (quorumWithout ? "" : "; nobody is waited for: quorum is gone with certificates"),
            Disruption.CONTROL_PLANE,
            after,
            new Action.RenewCertificates(
                master,
                names,
                share(host, names),
                gate,
                others + 1 >= quorum() ? Afterwards.SERVES : Afterwards.WAITS_FOR_QUORUM)));
  }

  private static String what(HostCertificates host, List<KubeadmCertificate> names) {
    if (names.isEmpty()) {
      return "restart "
          + String.join(" and ", host.outdated().stream().sorted().toList())
          + ": older certificates than on disk are in use";
    }
    return share(host, names) == Share.ALL
        ? "renew all " + names.size() + " certificates"
        : "renew " + String.join(", ", names.stream().map(KubeadmCertificate::word).toList());
  }

  private static Share share(HostCertificates host, List<KubeadmCertificate> names) {
    return Arrays.stream(KubeadmCertificate.values())
            .allMatch(name -> host.of(name).isEmpty() || names.contains(name))
        ? Share.ALL
        : Share.SOME;
  }

  private boolean canBeSigned(NodeSpec master, HostCertificates host, KubeadmCertificate name) {
    Authority authority = name.authority();
    String where = master.name().value();
    if (!host.hasKeyOf(authority)) {
      problem(
          Problem.error(
              where,
              "certificates are due, and " + authority.key() + " is not here (an external CA)",
              "renew "
                  + name.word()
                  + " where that key is and copy it to the host: Mainstay signs with keys on the"
                  + " masters alone"));
      return false;
    }
    if (host.of(authority).map(one -> one.hasEnded(now)).orElse(true)) {
      problem(
          Problem.error(
              where,
              "the authority in " + authority.certificate() + " has ended: nothing it signs counts",
              "Mainstay never replaces an authority by itself: all clients trust its bytes. See"
                  + " kubernetes.io/docs/tasks/tls/manual-rotation-of-ca-certificates"));
      return false;
    }
    return true;
  }

  /** Once a host and authority is enough. */
  private void problem(Problem problem) {
    if (problems.stream()
        .noneMatch(
            one -> one.where().equals(problem.where()) && one.what().equals(problem.what()))) {
      problems.add(problem);
    }
  }
}
