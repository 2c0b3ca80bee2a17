package dev.mainstay.playground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** An ed25519 key pair in OpenSSH's files, the private half without a passphrase and 0600. */
record KeyPair(Path file) {

  /** The pair in {@code file} and {@code file.pub}, made where it is not there. */
  static KeyPair provide(Path file, String comment) {
    KeyPair pair = new KeyPair(file);
    try {
      if (!Files.exists(pair.publicFile())) {
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.deleteIfExists(file);
        Command.must(
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file.toString());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return pair;
  }

  private Path publicFile() {
    return file.resolveSibling(file.getFileName() + ".pub");
  }

  String privateKey() {
    return read(file);
  }

  /** {@code ssh-ed25519 AAAA... comment}. */
  String publicKey() {
    return read(publicFile()).strip();
  }

  /** {@code ssh-ed25519 AAAA...}. */
  String withoutComment() {
    return publicKey().replaceFirst("^(\\S+ \\S+).*", "$1");
  }

  void delete() throws IOException {
    Files.deleteIfExists(publicFile());
    Files.deleteIfExists(file);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
