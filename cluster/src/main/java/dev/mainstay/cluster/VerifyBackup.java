package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Stdin;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Verifies a backup again: every byte here, and by a restore into a scratch folder on a master. */
public final class VerifyBackup {
  private static final Duration DEADLINE = Duration.ofHours(2);
  // what a master says that is not fit to verify anything just now
  private static final int NOT_HERE = 75;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Hosts hosts;

  public VerifyBackup(Hosts hosts) {
    this.hosts = hosts;
  }

  /**
   * What was found.
   *
   * @param proven a sentence each
   * @param open what could not be proven, and why, a sentence each
   */
  public record Proof(
      Path file, Optional<BackupRecord> record, List<String> proven, List<String> open) {
    public Proof {
      proven = List.copyOf(proven);
      open = List.copyOf(open);
    }
  }

  /**
   * What a scratch restore of a snapshot held.
   *
   * @param on the master that restored it
   * @param clusters the ids of clusters that it says it is of; empty where it does not say
   */
  record Restored(
      NodeSpec on, long revision, long compacted, long hash, long keys, List<String> clusters) {
    Restored {
      clusters = List.copyOf(clusters);
    }
  }

  /**
   * Verifies {@code path}.
   *
   * @param identity the file of age's identities
   * @throws Failure.Failed if it is not a whole, recorded snapshot of this cluster
   */
  public Proof verify(ClusterSpec spec, Path path, Optional<Path> identity)
      throws InterruptedException {
    BackupFile file = BackupFile.open(path, identity);
    List<String> proven = new ArrayList<>();
    List<String> open = new ArrayList<>();
    BackupFile.Checked checked = file.check();
    if (file.encrypted()) {
      proven.add("it can be decrypted with this identity");
    }
    proven.add(
        "all %d bytes are there, and the checksum that etcd put at their end fits"
            .formatted(checked.size()));
    if (file.record().isPresent()) {
      BackupRecord record = file.record().get();
      proven.add(
          "its sha256 is the recorded one of the snapshot that was compared with %d living"
                  .formatted(record.members())
              + (record.members() == 1 ? " member" : " members")
              + " on "
              + record.at());
    } else {
      open.add(
          "there is no record of it (%s): nobody is known to have compared it with living members"
              .formatted(BackupFile.recordOf(path)));
    }
    EtcdView view = new LookAtEtcd(hosts).all(spec);
    Optional<Restored> restored = restore(view, file, checked);
    if (restored.isEmpty()) {
      open.add("no master could be reached to restore it into a scratch folder");
      return new Proof(path, file.record(), proven, open);
    }
    Restored seen = restored.get();
    proven.add(
        "%s restored it into a scratch folder: revision %d, %d keys, hash %d"
            .formatted(seen.on().name(), seen.revision(), seen.keys(), seen.hash()));
    file.record().ifPresent(record -> compare(file, record, seen, proven));
    if (seen.clusters().isEmpty()) {
      open.add("it does not say of which cluster it is");
    } else if (seen.clusters().contains(view.clusterId())) {
      proven.add("it is of this cluster: its id " + view.clusterId() + " lies in it");
    } else {
      throw new Failure.Failed(
          "%s is a snapshot of another cluster (id %s, not %s)"
              .formatted(path, String.join(", ", seen.clusters()), view.clusterId()),
          "pass that cluster's file with -f");
    }
    return new Proof(path, file.record(), proven, open);
  }

  private static void compare(
      BackupFile file, BackupRecord record, Restored seen, List<String> proven) {
    if (record.revision() != seen.revision()
        || record.hash() != seen.hash()
        || record.compacted() != seen.compacted()
        || record.keys() != seen.keys()) {
      throw new Failure.Failed(
          ("%s is no backup: restored it has revision %d, hash %d and %d keys; recorded are"
                  + " revision %d, hash %d and %d keys")
              .formatted(
                  file.path(),
                  seen.revision(),
                  seen.hash(),
                  seen.keys(),
                  record.revision(),
                  record.hash(),
                  record.keys()),
          "take another one; do not rely on this");
    }
    proven.add("revision, hash of all key-values and number of keys are the recorded ones");
  }

  /**
   * Restores it on one of the masters; empty where none can be reached.
   *
   * @throws Failure.Failed if it cannot be restored
   */
  Optional<Restored> restore(EtcdView view, BackupFile file, BackupFile.Checked checked)
      throws InterruptedException {
    Optional<Failure> cannot = Optional.empty();
    for (NodeSpec master : candidates(view)) {
      Output output;
      try {
        output =
            hosts
                .login(master)
                .run(
                    new RemoteCommand(
                        Scripts.script("etcd-verify"),
                        List.of(String.valueOf(checked.size())),
                        stream(file),
                        DEADLINE));
      } catch (Failure.Unreachable lost) {
        cannot = Optional.of(lost);
        continue;
      }
      if (!output.isSuccess()) {
        Failure failure =
            new Failure.Failed(
                "%s is not verified: %s says: %s"
                    .formatted(file.path(), master.name(), output.tail(3)),
                "if the snapshot is at fault, take another one");
        if (output.exit() != NOT_HERE) {
          throw failure;
        }
        cannot = Optional.of(failure);
        continue;
      }
      try {
        JsonNode said = JSON.readTree(output.stdout());
        if (!said.path("sha256").asString("").equals(checked.sha256())) {
          throw new Failure.Failed(
              master.name() + ": the snapshot arrived with another sha256",
              "run the same command again");
        }
        String clusters = said.path("clusters").asString("");
        return Optional.of(
            new Restored(
                master,
                said.path("revision").asLong(),
                said.path("compacted").asLong(),
                said.path("hash").asLong(),
                said.path("keys").asLong(),
                clusters.isBlank() ? List.of() : List.of(clusters.split(" ", -1))));
      } catch (JacksonException torn) {
        throw new Failure.Failed(
            master.name() + " answered with " + output.tail(2), "run the same command again");
      }
    }
    if (cannot.isPresent()) {
      throw cannot.get();
    }
    return Optional.empty();
  }

  /** The masters, those first whose etcd is well: a restored member is served by its program. */
  private static Set<NodeSpec> candidates(EtcdView view) {
    Set<NodeSpec> candidates = new LinkedHashSet<>(view.sources());
    view.reachable().stream()
        .filter(master ->
            view.of(master).map(one -> one.stage().compareTo(Stage.JOINED) >= 0).orElse(false))
        .forEach(candidates::add);
    return candidates;
  }

  static Stdin stream(BackupFile file) {
    return out -> {
      try (InputStream in = file.snapshot()) {
        in.transferTo(out);
      } catch (Failure undecryptable) {
        throw new IOException(undecryptable.getMessage(), undecryptable);
      }
    };
  }
}
