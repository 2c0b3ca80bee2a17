package dev.mainstay.cluster;

import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.framework.stream.StandardDecryptingChannelFactory;
import com.exceptionfactory.jagged.framework.stream.StandardEncryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;

/** Encryption as the program {@code age} does it, for X25519 recipients; streams in both ways. */
final class Age {
  private static final byte[] MAGIC = "age-encryption.org/v1\n".getBytes(StandardCharsets.US_ASCII);
  private static final String IDENTITY = "AGE-SECRET-KEY-1";

  private Age() {}

  /** Whether {@code file} begins as an encrypted file does. */
  static boolean isEncrypted(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return java.util.Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
    }
  }

  /**
   * A stream that {@code recipients} can read from {@code out}; closing it closes {@code out}.
   *
   * @param recipients as {@code age-keygen} prints them: {@code age1...}
   * @throws Failure.Usage if one of them is none
   */
  static OutputStream encrypting(OutputStream out, List<String> recipients) throws IOException {
    List<RecipientStanzaWriter> writers = new ArrayList<>();
    for (String recipient : recipients) {
      writers.add(writer(recipient));
    }
    try {
      return Channels.newOutputStream(
          new StandardEncryptingChannelFactory()
              .newEncryptingChannel(Channels.newChannel(out), writers));
    } catch (GeneralSecurityException broken) {
      throw new IOException("cannot encrypt: " + broken.getMessage(), broken);
    }
  }

  /** Says early what {@link #encrypting} would say late. */
  static void check(List<String> recipients) {
    recipients.forEach(Age::writer);
  }

  private static RecipientStanzaWriter writer(String recipient) {
    try {
      return X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(recipient);
    } catch (GeneralSecurityException | RuntimeException wrong) {
      throw new Failure.Usage(
          "\"" + recipient + "\" is not a recipient of age",
          "age-keygen prints one: age1 and 58 letters and digits");
    }
  }

  /**
   * What {@code in} holds for one of {@code identities}.
   *
   * @throws Failure.Failed if none of them is a recipient
   */
  static InputStream decrypting(InputStream in, List<Secret> identities) throws IOException {
    List<RecipientStanzaReader> readers = new ArrayList<>();
    try {
      for (Secret identity : identities) {
        readers.add(
            X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(
                new String(identity.reveal(), StandardCharsets.US_ASCII)));
      }
      return Channels.newInputStream(
          new StandardDecryptingChannelFactory()
              .newDecryptingChannel(Channels.newChannel(in), readers));
    } catch (GeneralSecurityException wrong) {
      throw new Failure.Failed(
          "the backup cannot be decrypted with this identity: " + wrong.getMessage(),
          "pass the file that age-keygen made for one of its recipients: --identity FILE");
    }
  }

  /**
   * The identities in a file that {@code age-keygen} made.
   *
   * @throws Failure.Usage if there are none
   */
  static List<Secret> identities(Path file) {
    try {
      List<Secret> identities =
          Files.readAllLines(file).stream()
              .map(String::strip)
              .filter(line -> line.startsWith(IDENTITY))
              .map(Secret::of)
              .toList();
      if (identities.isEmpty()) {
        throw new Failure.Usage(
            file + " has no identity of age",
            "age-keygen -o " + file + " makes one: a line that begins with " + IDENTITY);
      }
      return identities;
    } catch (IOException unreadable) {
      throw new Failure.Usage(
          "the identity " + file + " cannot be read: " + unreadable, "is the path right?");
    }
  }
}
