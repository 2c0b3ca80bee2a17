package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A snapshot of etcd in a file on this machine, encrypted or not. It is read as a stream: it may be
 * larger than the memory.
 *
 * @param record what lies beside it; empty where that is missing or torn
 * @param identities of age; needed where it is encrypted
 */
record BackupFile(
    Path path, Optional<BackupRecord> record, boolean encrypted, List<Secret> identities) {
  private static final int BUFFER = 256 * 1024;
  private static final int CHECKSUM = 32;

  BackupFile {
    identities = List.copyOf(identities);
  }

  /**
   * What a look at every byte found.
   *
   * @param size bytes of the snapshot, decrypted
   * @param sha256 of the snapshot, decrypted
   */
  record Checked(long size, String sha256) {}

  /** Where the record of the snapshot in {@code file} lies. */
  static Path recordOf(Path file) {
    return file.resolveSibling(file.getFileName() + ".json");
  }

  /**
   * Opens {@code path}.
   *
   * @param identity the file of age's identities
   * @throws Failure.Usage if there is no such file, or if it is encrypted and there is no identity
   */
  static BackupFile open(Path path, Optional<Path> identity) {
    try {
      Path beside = recordOf(path);
      boolean encrypted = Age.isEncrypted(path);
      if (encrypted && identity.isEmpty()) {
        throw new Failure.Usage(
            path + " is encrypted",
            "pass the file that age-keygen made for one of its recipients: --identity FILE");
      }
      return new BackupFile(
          path,
          Files.exists(beside) ? BackupRecord.parse(Files.readString(beside)) : Optional.empty(),
          encrypted,
          encrypted ? identity.map(Age::identities).orElse(List.of()) : List.of());
    } catch (NoSuchFileException missing) {
      throw new Failure.Usage(path + " does not exist", "is the path right?");
    } catch (IOException unreadable) {
      throw Files.isDirectory(path)
          ? new Failure.Usage(path + " is a folder, not a backup", "name a file in it")
          : new Failure.Failed(path + " cannot be read: " + unreadable, "check its mode");
    }
  }

  /** The snapshot itself. */
  InputStream snapshot() throws IOException {
    InputStream in = Files.newInputStream(path);
    return encrypted ? Age.decrypting(in, identities) : in;
  }

  /**
   * Reads all of it: etcd's own checksum at its end must fit, and what the record says.
   *
   * @throws Failure.Failed if it is no whole snapshot, or not the recorded one
   */
  Checked check() {
    MessageDigest whole = sha256();
    MessageDigest body = sha256();
    byte[] tail = new byte[0];
    long size = 0;
    try (InputStream in = new DigestInputStream(snapshot(), whole)) {
      byte[] buffer = new byte[BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        size += n;
        byte[] both = Arrays.copyOf(tail, tail.length + n);
        System.arraycopy(buffer, 0, both, tail.length, n);
        int sure = Math.max(0, both.length - CHECKSUM);
        body.update(both, 0, sure);
        tail = Arrays.copyOfRange(both, sure, both.length);
      }
    } catch (IOException broken) {
      throw broken(
          encrypted
              ? "it cannot be decrypted to its end: " + broken.getMessage()
              : "it cannot be read to its end: " + broken.getMessage());
    }
    Checked checked = new Checked(size, HexFormat.of().formatHex(whole.digest()));
    if (!Arrays.equals(tail, body.digest())) {
      throw broken("it is torn or damaged: the checksum that etcd puts at its end does not fit");
    }
    record.ifPresent(said -> {
      if (!said.sha256().equals(checked.sha256()) || said.size() != checked.size()) {
        throw broken(
            "it is not the snapshot that was verified: its sha256 is %s, recorded is %s"
                .formatted(checked.sha256(), said.sha256()));
      }
    });
    return checked;
  }

  private Failure broken(String what) {
    return new Failure.Failed(
        path + " is no backup: " + what, "take another one; do not rely on this");
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (java.security.NoSuchAlgorithmException never) {
      throw new IllegalStateException(never);
    }
  }
}
