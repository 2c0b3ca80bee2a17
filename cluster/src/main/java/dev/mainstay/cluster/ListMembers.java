package dev.mainstay.cluster;

import dev.mainstay.cluster.EtcdMembers.Role;
import dev.mainstay.cluster.EtcdMembers.Row;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Problem;
import dev.mainstay.ssh.Hosts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Lists the members of etcd as they themselves say; needs no quorum and changes nothing. */
public final class ListMembers {
  private final Hosts hosts;

  public ListMembers(Hosts hosts) {
    this.hosts = hosts;
  }

  /**
   * The members of {@code spec}'s cluster, in the file's order, then those that it does not have.
   */
  public EtcdMembers list(ClusterSpec spec) throws InterruptedException {
    return of(new LookAtEtcd(hosts).all(spec));
  }

  static EtcdMembers of(EtcdView view) {
    ClusterSpec spec = view.spec();
    List<EtcdFacts.Member> members = view.members();
    long leaderIndex =
        view.healthy().stream()
            .flatMap(master -> view.status(master).stream())
            .mapToLong(EtcdFacts.Status::raftIndex)
            .max()
            .orElse(-1);
    List<Row> rows = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    Set<String> listed = new HashSet<>();
    for (NodeSpec master : spec.masters()) {
      Optional<EtcdFacts.Member> member =
          members.stream().filter(one -> one.name().equals(spec.fullName(master))).findFirst();
      member.ifPresent(one -> listed.add(one.id()));
      Optional<Problem> restore = restoreThatBrokeOff(view, master);
      restore.ifPresent(problems::add);
      // what a restore holds answers nobody
      boolean mayAnswer =
          view.of(master)
              .flatMap(EtcdFacts::restore)
              .filter(EtcdFacts.Restoring::isUnfinished)
              .map(EtcdFacts.Restoring::step)
              .filter(step ->
                  step == EtcdFacts.Restoring.Step.STOPPED
                      || step == EtcdFacts.Restoring.Step.SWAPPED)
              .isEmpty();
      if (member.isEmpty() && view.status(master).isEmpty()) {
        if (mayAnswer
            && view.of(master).map(one -> one.stage() == Stage.PROVISIONED).orElse(false)) {
          problems.add(doesNotAnswer(master));
        }
        continue;
      }
      rows.add(row(view, master, member, leaderIndex));
      problems(view, master, member, mayAnswer, problems);
    }
    for (EtcdFacts.Member member : members) {
      if (!listed.contains(member.id())) {
        rows.add(
            new Row(
                member.id(),
                member.name(),
                member.learner() ? Role.LEARNER : Role.VOTER,
                false,
                member.peerUrls(),
                "",
                0,
                0,
                0,
                0,
                0,
                -1));
        problems.add(
            Problem.error(
                member.name().isEmpty() ? "member " + member.id() : member.name(),
                "is a member of etcd and no master of the file: it was not asked, and does not"
                    + " count as healthy here",
                "if its line was taken out of the file: mainstay apply --remove NAME. A join that"
                    + " broke off leaves one behind, too: mainstay apply"));
      }
    }
    Set<String> healthy =
        rows.stream()
            .filter(row -> row.healthy() && row.role() != Role.LEARNER && row.role() != Role.NONE)
            .map(Row::node)
            .collect(Collectors.toSet());
    Set<String> answering =
        view.reachable().stream()
            .filter(master -> view.status(master).map(one -> !one.learner()).orElse(false))
            .map(master -> master.name().value())
            .collect(Collectors.toSet());
    severalClusters(view, problems);
    Peers peers = view.peers();
    // also of those that take no part in a quorum, as this may be why
    problems.addAll(peers.problems(answering, view.quorum()));
    return new EtcdMembers(
        spec.name(),
        rows,
        view.voters(),
        healthy.size(),
        view.quorum(),
        !healthy.isEmpty()
            ? Math.max(0, peers.canLose(healthy, view.quorum()))
            : Math.min(-1, answering.size() - view.quorum()),
        problems,
        List.copyOf(view.unreachable().values()));
  }

  private static Row row(
      EtcdView view, NodeSpec master, Optional<EtcdFacts.Member> member, long leaderIndex) {
    Optional<EtcdFacts.Status> status = view.status(master);
    boolean healthy = view.of(master).map(EtcdFacts::healthy).orElse(false);
    boolean learner =
        member
            .map(EtcdFacts.Member::learner)
            .or(() -> status.map(EtcdFacts.Status::learner))
            .orElse(false);
    Role role =
        member.isEmpty()
            ? Role.NONE
            : learner
                ? Role.LEARNER
                : status.map(EtcdFacts.Status::leads).orElse(false) ? Role.LEADER : Role.VOTER;
    return new Row(
        member
            .map(EtcdFacts.Member::id)
            .or(() -> status.map(EtcdFacts.Status::memberId))
            .orElse(""),
        master.name().value(),
        role,
        healthy,
        member.map(EtcdFacts.Member::peerUrls).orElse(List.of()),
        status.map(EtcdFacts.Status::version).orElse(""),
        status.map(EtcdFacts.Status::dbSize).orElse(0L),
        status.map(EtcdFacts.Status::dbInUse).orElse(0L),
        status.map(EtcdFacts.Status::revision).orElse(0L),
        status.map(EtcdFacts.Status::raftTerm).orElse(0L),
        status.map(EtcdFacts.Status::raftIndex).orElse(0L),
        leaderIndex < 0 || status.isEmpty()
            ? -1
            : Math.max(0, leaderIndex - status.get().applied()));
  }

  private static void problems(
      EtcdView view,
      NodeSpec master,
      Optional<EtcdFacts.Member> member,
      boolean mayAnswer,
      List<Problem> problems) {
    String where = master.name().value();
    if (view.of(master).isPresent() && view.status(master).isEmpty()) {
      if (mayAnswer) {
        problems.add(doesNotAnswer(master));
      }
    } else if (view.of(master).isPresent() && !view.of(master).get().healthy()) {
      problems.add(
          Problem.error(
              where,
              "its etcd takes no part in a quorum",
              view.healthy().isEmpty()
                  ? "bring masters back; if so many are gone for good that there can be no quorum:"
                      + " mainstay etcd recover"
                  : "mainstay status"));
    }
    String url = "https://" + view.spec().fullName(master) + ":2380";
    if (member.isPresent() && !member.get().peerUrls().equals(List.of(url))) {
      problems.add(
          Problem.warning(
              where,
              "its member is known by address: " + member.get().peerUrls(),
              "run mainstay apply"));
    }
  }

  private static Problem doesNotAnswer(NodeSpec master) {
    return Problem.error(
        master.name().value(),
        "its etcd does not answer",
        "mainstay status; on the host: crictl ps -a --name etcd");
  }

  private static Optional<Problem> restoreThatBrokeOff(EtcdView view, NodeSpec master) {
    return view.of(master)
        .flatMap(EtcdFacts::restore)
        .filter(restore ->
            restore.step().compareTo(EtcdFacts.Restoring.Step.STOPPED) >= 0
                && restore.isUnfinished())
        .map(restore ->
            Problem.error(
                master.name().value(),
                restore.id() + " did not come to its end here",
                PlanRestore.GO_ON));
  }

  /** Masters that were dead while the others were recovered, and came back with their old data. */
  private static void severalClusters(EtcdView view, List<Problem> problems) {
    Set<String> ids = new TreeSet<>();
    for (NodeSpec master : view.reachable()) {
      view.status(master).ifPresent(status -> ids.add(status.clusterId()));
    }
    if (ids.size() > 1) {
      StringBuilder who = new StringBuilder();
      for (NodeSpec master : view.reachable()) {
        view.status(master)
            .ifPresent(status ->
                who.append(who.isEmpty() ? "" : ", ")
                    .append(master.name())
                    .append(" in ")
                    .append(status.clusterId())
                    .append(" at revision ")
                    .append(status.revision()));
      }
      problems.add(
          Problem.error(
              "etcd",
              "the masters are in " + ids.size() + " different etcd clusters: " + who,
              "some were away during a recovery or restore and came back with old data: their"
                  + " revision is the lower one. Power these off, or make them anew at once, as"
                  + " long as they are on: mainstay apply --replace NAME (docs/etcd.md)"));
    }
  }
}
