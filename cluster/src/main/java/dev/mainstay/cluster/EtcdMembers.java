package dev.mainstay.cluster;

import dev.mainstay.model.ClusterName;
import dev.mainstay.model.Failure;
import dev.mainstay.model.Problem;
import java.util.List;
import java.util.Locale;

/**
 * The members of etcd, as data.
 *
 * @param voters how many members have a vote
 * @param healthy how many of these take part in a quorum
 * @param quorum how many have to
 * @param canLose how many more may be lost, whichever they are, before nothing can be written;
 *     without a quorum how many have to come back to those that answer, negative
 */
public record EtcdMembers(
    ClusterName cluster,
    List<Row> rows,
    int voters,
    int healthy,
    int quorum,
    int canLose,
    List<Problem> problems,
    List<Failure> unreachable) {
  public EtcdMembers {
    rows = List.copyOf(rows);
    problems = List.copyOf(problems);
    unreachable = List.copyOf(unreachable);
  }

  /**
   * Whether there is a quorum: a member that takes part in one proves it, also where the others
   * cannot be seen from here.
   */
  public boolean hasQuorum() {
    return healthy > 0;
  }

  /** What a member may do. */
  public enum Role {
    LEADER,
    VOTER,
    LEARNER,
    /** It has no vote that anybody knows of: it is no member, or cannot be asked. */
    NONE;

    /** The constant in lower case, as in the JSON. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One member. Numbers are 0 and texts empty where it did not answer.
   *
   * @param id hexadecimal, as etcdctl wants it
   * @param node its master's short name; its own name, or none, where the file has no such master
   * @param dbSize bytes of its database file, of which {@code dbInUse} hold something
   * @param lag how many entries of the raft log it is behind the leader; -1 where that is not known
   */
  public record Row(
      String id,
      String node,
      Role role,
      boolean healthy,
      List<String> peerUrls,
      String version,
      long dbSize,
      long dbInUse,
      long revision,
      long raftTerm,
      long raftIndex,
      long lag) {
    public Row {
      peerUrls = List.copyOf(peerUrls);
    }
  }
}
