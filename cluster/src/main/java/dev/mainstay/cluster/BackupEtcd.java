package dev.mainstay.cluster;

import dev.mainstay.model.ClusterName;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Stdin;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Takes a backup of etcd.
 *
 * <pre>
 * 1. a healthy follower is chosen, where there is one: the leader has work enough
 * 2. there: a snapshot, restored into a scratch folder and compared with the living members
 * 3. from there to here as a stream, encrypted on the way where that is asked for
 * 4. what arrived is compared with what was verified; the record is written, then the file gets its
 *    name; only now older ones go
 * </pre>
 *
 * <p>It keeps: whatever has its name and its record was verified and arrived whole; a snapshot that
 * was not is nothing but a {@code .part}.
 */
public final class BackupEtcd {
  private static final Duration DEADLINE = Duration.ofHours(2);

  /** A moment as names of files and folders have it: {@code 20261125T050000Z}. */
  static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private static final int BUFFER = 256 * 1024;

  private final Hosts hosts;
  private final Clock clock;

  public BackupEtcd(Hosts hosts, Clock clock) {
    this.hosts = hosts;
    this.clock = clock;
  }

  /**
   * What is asked for.
   *
   * @param folder where it goes, by a name that says whose it is and of when
   * @param file where it goes instead, where that is named
   * @param recipients of age; none: it is not encrypted
   * @param keep how many backups of the cluster stay in {@code folder}
   */
  public record Request(
      Path folder, Optional<Path> file, List<String> recipients, OptionalInt keep) {
    public Request {
      recipients = List.copyOf(recipients);
    }
  }

  /**
   * A backup that was made.
   *
   * @param removed older ones that were beyond those to keep
   * @param failed masters that were asked before and could not give one, and why
   */
  public record Made(Path file, BackupRecord record, List<Path> removed, List<String> failed) {
    public Made {
      removed = List.copyOf(removed);
      failed = List.copyOf(failed);
    }
  }

  /**
   * Makes it.
   *
   * @throws Failure.Failed if no master gives a snapshot that can be verified
   * @throws Failure.Unreachable if no master can be reached
   * @throws Failure.Usage if a recipient is none, or the file is there already
   */
  public Made backup(ClusterSpec spec, Request request) throws InterruptedException {
    Age.check(request.recipients());
    Path file = request.file().orElse(request.folder().resolve(name(spec.name(), request)));
    if (Files.exists(file)) {
      throw new Failure.Usage(file + " is there already", "name another file with --out");
    }
    EtcdView view = new LookAtEtcd(hosts).all(spec);
    List<NodeSpec> sources = view.sources();
    if (sources.isEmpty()) {
      throw noSource(view);
    }
    List<String> failed = new ArrayList<>();
    for (NodeSpec source : sources) {
      try {
        BackupRecord record = take(source, file, request.recipients());
        return new Made(file, record, retain(request, record), failed);
      } catch (Failure.Unreachable | Failure.Failed failure) {
        failed.add(failure.text());
      } catch (IOException broken) {
        throw new Failure.Failed(
            "the backup cannot be written: " + broken, "is there room? is the folder yours?");
      }
    }
    throw new Failure.Failed(
        "no master gave a snapshot that could be verified; there is no backup\n"
            + String.join("\n", failed),
        "mainstay etcd members shows the members");
  }

  private static Failure noSource(EtcdView view) {
    if (view.facts().isEmpty()) {
      StringBuilder lines = new StringBuilder("no master can be reached");
      view.unreachable().values().forEach(lost -> lines.append('\n').append(lost.text()));
      return new Failure.Unreachable(lines.toString(), "", true);
    }
    return new Failure.Failed(
        "no etcd answers on any master that can be reached", "mainstay status shows them");
  }

  private String name(ClusterName cluster, Request request) {
    return "%s-%s.db%s"
        .formatted(
            cluster, TIME.format(clock.instant()), request.recipients().isEmpty() ? "" : ".age");
  }

  private BackupRecord take(NodeSpec source, Path file, List<String> recipients)
      throws IOException, InterruptedException {
    BackupFolder.make(file.toAbsolutePath().normalize().resolveSibling(".").normalize());
    Path part = BackupFolder.part(file);
    try {
      MessageDigest written = BackupFile.sha256();
      BackupRecord record = receive(source, open(part, written, recipients));
      if (!recipients.isEmpty()) {
        record =
            record.with(
                new BackupRecord.Encrypted(recipients, HexFormat.of().formatHex(written.digest())));
      }
      BackupFolder.keep(part, file);
      Path json = BackupFile.recordOf(file);
      Path jsonPart = BackupFolder.part(json);
      try {
        Files.writeString(jsonPart, record.text());
        // one of a file that is no longer there may be left
        BackupFolder.keepAnew(jsonPart, json);
      } finally {
        Files.deleteIfExists(jsonPart);
      }
      return record;
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** Writes a verified snapshot of {@code source} to {@code target}, and closes that. */
  private BackupRecord receive(NodeSpec source, OutputStream target)
      throws IOException, InterruptedException {
    SnapshotSink sink = new SnapshotSink(target);
    Output output;
    try (target) {
      output =
          hosts
              .login(source)
              .run(
                  new RemoteCommand(
                      Scripts.script("etcd-snapshot"), List.of(), Stdin.EMPTY, DEADLINE),
                  sink);
    } catch (Failure lost) {
      sink.rethrow();
      throw lost;
    }
    sink.rethrow();
    if (!output.isSuccess()) {
      throw RemoteSteps.failure(source, "taking a snapshot of etcd", output);
    }
    BackupRecord record =
        BackupRecord.parse(sink.header())
            .orElseThrow(() ->
                new Failure.Failed(
                    source.name() + ": its snapshot does not say what it is: " + sink.header(),
                    "run the same command again"));
    if (sink.bytes() != record.size() || !sink.sha256().equals(record.sha256())) {
      throw new Failure.Failed(
          "%s: its snapshot did not arrive whole: %d bytes with sha256 %s, expected %d with %s"
              .formatted(
                  source.name(), sink.bytes(), sink.sha256(), record.size(), record.sha256()),
          "run the same command again");
    }
    return record;
  }

  private static OutputStream open(Path part, MessageDigest written, List<String> recipients)
      throws IOException {
    OutputStream out = Files.newOutputStream(part, StandardOpenOption.WRITE);
    return recipients.isEmpty()
        ? out
        : new BufferedOutputStream(
            Age.encrypting(new DigestOutputStream(out, written), recipients), BUFFER);
  }

  private static List<Path> retain(Request request, BackupRecord record) throws IOException {
    List<Path> removed = new ArrayList<>();
    if (request.keep().isPresent() && request.file().isEmpty()) {
      for (BackupFolder.Backup old :
          BackupFolder.surplus(
              BackupFolder.list(request.folder(), record.clusterId()), request.keep().getAsInt())) {
        BackupFolder.remove(old);
        removed.add(old.file());
      }
    }
    return removed;
  }

  /**
   * Mutable: takes what {@code etcd-snapshot.sh} prints: a line that says what follows, and then
   * the snapshot's bytes.
   */
  private static final class SnapshotSink extends OutputStream {
    private static final int LONGEST = 16 * 1024;

    private final OutputStream target;
    private final MessageDigest digest = BackupFile.sha256();
    private final StringBuilder header = new StringBuilder();
    private boolean inBody;
    private long bytes;
    private Optional<String> sha256 = Optional.empty();
    private Optional<IOException> broken = Optional.empty();

    SnapshotSink(OutputStream target) {
      this.target = target;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] buffer, int from, int length) throws IOException {
      int at = from;
      int end = from + length;
      while (!inBody && at < end) {
        if (buffer[at] == '\n') {
          inBody = true;
        } else if (header.length() < LONGEST) {
          header.append((char) (buffer[at] & 0xff));
        }
        at++;
      }
      if (at < end) {
        try {
          target.write(buffer, at, end - at);
        } catch (IOException full) {
          broken = Optional.of(full);
          throw full;
        }
        digest.update(buffer, at, end - at);
        bytes += end - at;
      }
    }

    /** Says what went wrong here, which the transport would call a lost connection. */
    void rethrow() throws IOException {
      if (broken.isPresent()) {
        throw broken.get();
      }
    }

    String header() {
      return new String(
          header.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    long bytes() {
      return bytes;
    }

    String sha256() {
      if (sha256.isEmpty()) {
        sha256 = Optional.of(HexFormat.of().formatHex(digest.digest()));
      }
      return sha256.get();
    }
  }
}
