package dev.mainstay.cli;

import dev.mainstay.cluster.BackupEtcd;
import dev.mainstay.cluster.EtcdMembers;
import dev.mainstay.cluster.EtcdMembers.Row;
import dev.mainstay.cluster.VerifyBackup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Members and backups of etcd as tables and as JSON. */
final class EtcdText {
  private static final String ROW = "%-8s %-16s %-8s %-8s %-14s %-12s %-12s %-5s %s%n";

  private EtcdText() {}

  /** For people: one line a member, what can be lost, then what is wrong. */
  static String table(EtcdMembers members) {
    StringBuilder text = new StringBuilder();
    text.append(
        ROW.formatted(
            "MASTER",
            "ID",
            "ROLE",
            "HEALTHY",
            "DB (IN USE)",
            "REVISION",
            "RAFT INDEX",
            "LAG",
            "PEER URLS"));
    for (Row row : members.rows()) {
      text.append(
          ROW.formatted(
              row.node(),
              row.id(),
              row.role().word(),
              row.healthy() ? "yes" : "NO",
              row.dbSize() == 0 ? "-" : size(row.dbSize()) + " (" + size(row.dbInUse()) + ")",
              row.revision() == 0 ? "-" : String.valueOf(row.revision()),
              row.raftIndex() == 0 ? "-" : String.valueOf(row.raftIndex()),
              row.lag() < 0 ? "-" : String.valueOf(row.lag()),
              String.join(" ", row.peerUrls())));
    }
    text.append(
        "%d of %d voters are healthy, %d make a quorum: %s%n"
            .formatted(members.healthy(), members.voters(), members.quorum(), canLose(members)));
    if (!members.problems().isEmpty()) {
      text.append('\n');
      members.problems().forEach(problem -> text.append(problem).append('\n'));
    }
    return text.toString();
  }

  private static String canLose(EtcdMembers members) {
    if (members.hasQuorum()) {
      return members.healthy() < members.quorum()
          ? "there is one, though too few of those that make it can be seen from here"
          : "%d more can be lost".formatted(members.canLose());
    }
    int lacking = -members.canLose();
    return lacking == members.quorum()
        ? "none of them answers, so that it cannot be seen from here whether there is one"
        : "there is none, %d %s lacking".formatted(lacking, lacking == 1 ? "is" : "are");
  }

  /** Bytes in the largest unit that still tells something: {@code 5.2M}. */
  static String size(long bytes) {
    return bytes >= 1_000_000_000
        ? String.format(Locale.ROOT, "%.1fG", bytes / 1e9)
        : bytes >= 1_000_000
            ? String.format(Locale.ROOT, "%.1fM", bytes / 1e6)
            : String.format(Locale.ROOT, "%.0fk", bytes / 1e3);
  }

  static Map<String, Object> document(EtcdMembers members) {
    List<Map<String, Object>> rows = new ArrayList<>();
    String leader = "";
    for (Row row : members.rows()) {
      if (row.role() == EtcdMembers.Role.LEADER) {
        leader = row.node();
      }
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("id", row.id());
      one.put("name", row.node());
      one.put("role", row.role().word());
      one.put("healthy", row.healthy());
      one.put("peerUrls", row.peerUrls());
      one.put("version", row.version());
      one.put("dbSize", row.dbSize());
      one.put("dbInUse", row.dbInUse());
      one.put("revision", row.revision());
      one.put("raftTerm", row.raftTerm());
      one.put("raftIndex", row.raftIndex());
      one.put("lag", row.lag());
      rows.add(one);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("cluster", members.cluster().value());
    document.put("leader", leader);
    document.put("voters", members.voters());
    document.put("healthy", members.healthy());
    document.put("quorum", members.quorum());
    document.put("canLose", members.canLose());
    document.put("members", rows);
    document.put("problems", Json.problems(members.problems(), members.unreachable()));
    return document;
  }

  static Map<String, Object> document(BackupEtcd.Made made, double seconds) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("file", made.file().toString());
    document.put("seconds", seconds);
    document.put("removed", made.removed().stream().map(Object::toString).toList());
    document.put("backup", made.record().document());
    return document;
  }

  static Map<String, Object> document(VerifyBackup.Proof proof) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("file", proof.file().toString());
    document.put("proven", proof.proven());
    document.put("open", proof.open());
    proof.record().ifPresent(record -> document.put("backup", record.document()));
    return document;
  }
}
