package dev.mainstay.cluster;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a verified snapshot of etcd is, as the file beside it says ({@code NAME.json}). Only a
 * snapshot that was verified gets one.
 *
 * @param clusterId Mainstay's id of the cluster, which a restore does not change
 * @param etcdCluster etcd's own, hexadecimal, which a restore changes
 * @param from the short name of the master that it was taken from
 * @param role what that was: {@code follower}, {@code leader}, or {@code alone} without a quorum
 * @param etcd its version
 * @param compacted the revision before which history was compacted away; -1 for none
 * @param hash of all key-values at {@code revision}, as {@code etcdctl endpoint hashkv} has it
 * @param keys how many keys there are at {@code revision}
 * @param members how many living members had that hash at that revision
 * @param size bytes of the snapshot before encryption, as is {@code sha256}
 * @param encrypted for whom, where it is encrypted
 */
public record BackupRecord(
    String cluster,
    String clusterId,
    String etcdCluster,
    String from,
    String role,
    Instant at,
    String etcd,
    long revision,
    long compacted,
    long hash,
    long keys,
    int members,
    long size,
    String sha256,
    Optional<Encrypted> encrypted) {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final int FORMAT = 1;

  /**
   * The file as it lies there.
   *
   * @param sha256 of the encrypted file
   */
  public record Encrypted(List<String> recipients, String sha256) {
    public Encrypted {
      recipients = List.copyOf(recipients);
    }
  }

  BackupRecord with(Encrypted sealed) {
    return new BackupRecord(
        cluster,
        clusterId,
        etcdCluster,
        from,
        role,
        at,
        etcd,
        revision,
        compacted,
        hash,
        keys,
        members,
        size,
        sha256,
        Optional.of(sealed));
  }

  /** As JSON shows it; the file beside the backup has the same. */
  public Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("format", FORMAT);
    document.put("cluster", cluster);
    document.put("clusterId", clusterId);
    document.put("etcdCluster", etcdCluster);
    document.put("from", from);
    document.put("role", role);
    document.put("at", at.toString());
    document.put("etcd", etcd);
    document.put("revision", revision);
    document.put("compacted", compacted);
    document.put("hash", hash);
    document.put("keys", keys);
    document.put("members", members);
    document.put("size", size);
    document.put("sha256", sha256);
    encrypted.ifPresent(sealed -> {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("recipients", sealed.recipients());
      one.put("sha256", sealed.sha256());
      document.put("encrypted", one);
    });
    return document;
  }

  String text() {
    return JSON.writeValueAsString(document()) + "\n";
  }

  /** Reads {@code text}; empty where it is torn, or of a later format. */
  static Optional<BackupRecord> parse(String text) {
    try {
      JsonNode tree = JSON.readTree(text);
      if (tree.path("format").asInt(0) != FORMAT || tree.path("sha256").asString("").isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          new BackupRecord(
              tree.path("cluster").asString(""),
              tree.path("clusterId").asString(""),
              tree.path("etcdCluster").asString(""),
              tree.path("from").asString(""),
              tree.path("role").asString(""),
              Instant.parse(tree.path("at").asString("")),
              tree.path("etcd").asString(""),
              tree.path("revision").asLong(),
              tree.path("compacted").asLong(),
              tree.path("hash").asLong(),
              tree.path("keys").asLong(),
              tree.path("members").asInt(),
              tree.path("size").asLong(),
              tree.path("sha256").asString(""),
              encrypted(tree.path("encrypted"))));
    } catch (JacksonException | DateTimeException torn) {
      return Optional.empty();
    }
  }

  private static Optional<Encrypted> encrypted(JsonNode tree) {
    if (!tree.isObject()) {
      return Optional.empty();
    }
    List<String> recipients = new ArrayList<>();
    tree.path("recipients").forEach(one -> recipients.add(one.asString("")));
    return Optional.of(new Encrypted(recipients, tree.path("sha256").asString("")));
  }
}
