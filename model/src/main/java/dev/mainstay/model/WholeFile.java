package dev.mainstay.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;

/** A file that is replaced in one step. */
public final class WholeFile {
  private WholeFile() {}

  /**
   * Writes {@code text} in UTF-8 beside {@code file}, in a folder that exists, and puts it in its
   * place once it is on the disk: who reads the file at any moment, or after a power cut, finds all
   * of what was there or all of what is there now. Its owner stays as it is where root writes; a
   * link is replaced and not followed.
   *
   * @param mode what the file's mode is then, as ls shows it: {@code rw-r--r--}
   * @throws IOException if it cannot be written; the file is then as it was
   */
  public static void write(Path file, String text, String mode) throws IOException {
    Path fresh =
        Files.createTempFile(
            file.toAbsolutePath().resolveSibling("."), "." + file.getFileName() + ".", ".new");
    try {
      try (FileChannel channel =
          FileChannel.open(fresh, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      attributes(fresh).setPermissions(PosixFilePermissions.fromString(mode));
      if (Files.exists(file)) {
        UserPrincipal owner = Files.getOwner(file);
        if (!owner.equals(Files.getOwner(fresh))) {
          giveTo(owner, fresh);
        }
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** Of the file itself: who owns the folder may put a link in its place at any moment. */
  private static PosixFileAttributeView attributes(Path file) {
    return Files.getFileAttributeView(
        file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
  }

  /** Root writes somebody's file: it stays theirs. Nobody else may give files away. */
  private static void giveTo(UserPrincipal owner, Path file) throws IOException {
    try {
      attributes(file).setOwner(owner);
    } catch (FileSystemException notRoot) {
      // the folder is ours, or it could not be written at all: so is the file from now on
    }
  }
}
