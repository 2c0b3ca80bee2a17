package dev.mainstay.cluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A folder of backups on this machine. */
final class BackupFolder {
  private static final String JSON = ".json";
  private static final String PART = ".part";
  // what a run that was killed left: no backup takes that long
  private static final Duration ABANDONED = Duration.ofDays(1);
  // CLUSTER-TIME.db as BackupEtcd names it, and CLUSTER-TIME.db.age, each with its record
  private static final String MOMENT = "-\\d{8}T\\d{6}Z\\.db(\\.age)?(\\.json)?";
  private static final Pattern NAME = Pattern.compile("(?<cluster>.+)" + MOMENT);

  private BackupFolder() {}

  /** A backup and what is known of it. */
  record Backup(Path file, BackupRecord record) {}

  private static FileAttribute<Set<PosixFilePermission>> mode(String mode) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
  }

  /** Makes {@code folder} where it is missing; a new one is for its owner alone. */
  static void make(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder, mode("rwx------"));
    }
  }

  /**
   * An empty file for its owner alone, beside {@code file}, that becomes it by {@link #keep}. No
   * other run has the same, also if it makes a backup of this name at the same moment.
   */
  static Path part(Path file) throws IOException {
    Path folder = file.toAbsolutePath().normalize().resolveSibling(".").normalize();
    sweep(folder, String.valueOf(file.getFileName()));
    return Files.createTempFile(folder, file.getFileName() + ".", PART, mode("rw-------"));
  }

  /**
   * Takes away the parts of backups called {@code name}, or like it but for the moment in it, that
   * nobody has written to for a day: each may hold every Secret, not encrypted.
   */
  private static void sweep(Path folder, String name) throws IOException {
    Matcher parsed = NAME.matcher(name);
    Pattern left =
        Pattern.compile(
            (parsed.matches()
                    ? Pattern.quote(parsed.group("cluster")) + MOMENT
                    : Pattern.quote(name))
                + "\\.[0-9]+\\.part");
    try (DirectoryStream<Path> parts =
        Files.newDirectoryStream(
            folder,
            part ->
                left.matcher(String.valueOf(part.getFileName())).matches()
                    && Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS))) {
      for (Path part : parts) {
        if (Files.getLastModifiedTime(part).toInstant().isBefore(Instant.now().minus(ABANDONED))) {
          Files.deleteIfExists(part);
        }
      }
    }
  }

  /**
   * Gives what lies in {@code part} the name {@code file}, once it is on disk; never a half.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is such a file
   */
  static void keep(Path part, Path file) throws IOException {
    force(part);
    Files.move(part, file);
  }

  /** The same, in the place of what has the name: a record is for what lies beside it. */
  static void keepAnew(Path part, Path file) throws IOException {
    force(part);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void force(Path part) throws IOException {
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** The backups of one cluster in {@code folder} that have their record, the newest first. */
  static List<Backup> list(Path folder, String clusterId) throws IOException {
    List<Backup> backups = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path json : files.filter(file -> file.toString().endsWith(JSON)).toList()) {
        String name = String.valueOf(json.getFileName());
        Path file = json.resolveSibling(name.substring(0, name.length() - JSON.length()));
        Optional<BackupRecord> record = BackupRecord.parse(Files.readString(json));
        if (Files.isRegularFile(file)
            && record.map(one -> one.clusterId().equals(clusterId)).orElse(false)) {
          backups.add(new Backup(file, record.get()));
        }
      }
    }
    backups.sort(
        Comparator.comparing((Backup backup) -> backup.record().at())
            .thenComparing(backup -> backup.file().toString())
            .reversed());
    return backups;
  }

  /** Those of {@code backups}, the newest first, that are beyond the {@code keep} newest. */
  static List<Backup> surplus(List<Backup> backups, int keep) {
    return backups.stream().skip(keep).toList();
  }

  /** First the record: without it a file is no backup. */
  static void remove(Backup backup) throws IOException {
    Files.deleteIfExists(BackupFile.recordOf(backup.file()));
    Files.deleteIfExists(backup.file());
  }
}
