package dev.mainstay.cluster;

import dev.mainstay.model.NodeName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * What one master's etcd was like when it was looked at, as itself says: it answers also without a
 * quorum.
 *
 * @param clusterId Mainstay's id of the cluster that the host belongs to; empty where to none
 * @param hasData whether the data of a member lies on the host, whoever runs
 * @param healthy whether it took part in a quorum just then
 * @param status empty where it does not answer
 * @param members those that it knows of, itself among them; empty where it does not answer
 * @param peers whom its member does not reach; empty where it says nothing of that
 * @param fileRevision the revision of the database on disk, where no etcd runs
 * @param restore how far the last restore or recovery came here
 */
record EtcdFacts(
    NodeName node,
    Stage stage,
    String clusterId,
    boolean hasData,
    boolean healthy,
    Optional<Status> status,
    List<Member> members,
    Optional<Peers.Voice> peers,
    OptionalLong fileRevision,
    Optional<Restoring> restore) {
  private static final ObjectMapper JSON = new ObjectMapper();

  EtcdFacts {
    members = List.copyOf(members);
  }

  /**
   * A member's own condition.
   *
   * @param memberId hexadecimal, as etcdctl wants it
   * @param clusterId of etcd, hexadecimal; another one after each restore
   * @param dbSize bytes of its database file, of which {@code dbInUse} hold something
   * @param leader the leader's member id; empty without one
   * @param applied the index in the raft log up to which it has applied what it knows
   */
  record Status(
      String memberId,
      String clusterId,
      String version,
      long dbSize,
      long dbInUse,
      String leader,
      long raftTerm,
      long raftIndex,
      long applied,
      long revision,
      boolean learner) {
    boolean leads() {
      return leader.equals(memberId);
    }
  }

  /**
   * A member as the members list it.
   *
   * @param id hexadecimal
   * @param name the full name; empty while it was never started
   */
  record Member(String id, String name, List<String> peerUrls, boolean learner) {
    Member {
      peerUrls = List.copyOf(peerUrls);
    }
  }

  /**
   * A restore or recovery.
   *
   * @param sha256 of the snapshot; {@code recover} where the data was the host's own
   */
  record Restoring(String id, String sha256, Step step) {
    /** How far it is; in this order. */
    enum Step {
      PREPARED,
      STOPPED,
      SWAPPED,
      STARTED,
      DONE
    }

    boolean isUnfinished() {
      return step != Step.DONE;
    }
  }

  /** The revision up to which its data reaches, as far as it can be known. */
  OptionalLong revision() {
    return status.isPresent() ? OptionalLong.of(status.get().revision()) : fileRevision;
  }

  /**
   * Reads what {@code etcd-look.sh} printed.
   *
   * @throws IllegalArgumentException if the text is torn
   */
  static EtcdFacts parse(NodeName node, String text) {
    Map<String, String> all = new HashMap<>();
    text.lines()
        .forEach(line -> {
          int space = line.indexOf(' ');
          if (space > 0) {
            all.put(line.substring(0, space), line.substring(space + 1).strip());
          }
        });
    if (!all.containsKey("end")) {
      throw new IllegalArgumentException("the look broke off");
    }
    String stage = all.getOrDefault("stage", "");
    String file = all.getOrDefault("file-revision", "");
    return new EtcdFacts(
        node,
        stage.isEmpty() ? Stage.EMPTY : Stage.of(stage),
        all.getOrDefault("cluster-id", ""),
        all.containsKey("data"),
        all.containsKey("healthy"),
        status(tree(all, "status")),
        members(tree(all, "members")),
        Peers.Voice.find(text),
        file.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(file)),
        restore(all.getOrDefault("restore", "")));
  }

  private static Optional<Status> status(JsonNode answer) {
    JsonNode status = answer.path(0).path("Status");
    if (!status.isObject()) {
      return Optional.empty();
    }
    JsonNode header = status.path("header");
    return Optional.of(
        new Status(
            hex(header.path("member_id")),
            hex(header.path("cluster_id")),
            status.path("version").asString(""),
            status.path("dbSize").asLong(0),
            status.path("dbSizeInUse").asLong(0),
            status.path("leader").isNumber() ? hex(status.path("leader")) : "",
            status.path("raftTerm").asLong(0),
            status.path("raftIndex").asLong(0),
            status.path("raftAppliedIndex").asLong(0),
            header.path("revision").asLong(0),
            status.path("isLearner").asBoolean(false)));
  }

  private static List<Member> members(JsonNode answer) {
    List<Member> members = new ArrayList<>();
    for (JsonNode member : answer.path("members")) {
      List<String> urls = new ArrayList<>();
      member.path("peerURLs").forEach(url -> urls.add(url.asString("")));
      members.add(
          new Member(
              hex(member.path("ID")),
              member.path("name").asString(""),
              urls,
              member.path("isLearner").asBoolean(false)));
    }
    return members;
  }

  private static Optional<Restoring> restore(String line) {
    String[] words = line.split(" ", -1);
    if (words.length != 3) {
      return Optional.empty();
    }
    for (Restoring.Step step : Restoring.Step.values()) {
      if (step.name().equalsIgnoreCase(words[2])) {
        return Optional.of(new Restoring(words[0], words[1], step));
      }
    }
    return Optional.empty();
  }

  /** etcd's JSON has ids as unsigned numbers of 64 bits. */
  private static String hex(JsonNode number) {
    return number.isNumber() ? number.bigIntegerValue().toString(16) : "";
  }

  private static JsonNode tree(Map<String, String> all, String key) {
    try {
      String json =
          new String(Base64.getDecoder().decode(all.getOrDefault(key, "")), StandardCharsets.UTF_8);
      return json.isBlank() ? JSON.createObjectNode() : JSON.readTree(json);
    } catch (JacksonException | IllegalArgumentException torn) {
      return JSON.createObjectNode();
    }
  }
}
