package dev.mainstay.ssh.mina;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.Arrays;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;

/**
 * Runs a command line while an sshd of this process plays its host, and ends with its exit code.
 * For dev/learn.sh, which lets the JDK watch a run of the program.
 */
final class Rehearsal {
  private Rehearsal() {}

  /**
   * Writes {@code cluster.yaml} and what belongs to it into a folder, then runs the command line.
   *
   * @param arguments the folder, which must be there; a script that prints what the host answers;
   *     the command line
   */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    KeyPair user = TestServer.key("ssh-ed25519");
    int code;
    try (TestServer server = TestServer.start(folder, TestServer.key("ssh-ed25519"))) {
      server.accept(user.getPublic());
      server.runInstead(OwnOutput.BEGIN + "\n" + Files.readString(Path.of(arguments[1])));
      writeKey(folder.resolve("key"), user);
      Files.writeString(
          folder.resolve("cluster.yaml"),
          """
          name: rehearsal
          kubernetes: 1.36.3
          ssh: {user: root, key: %s, port: %d}
          masters:
            m1: 127.0.0.1
          """
              .formatted(folder.resolve("key"), server.port()));
      code = run(Arrays.copyOfRange(arguments, 2, arguments.length));
    }
    System.exit(code);
  }

  private static void writeKey(Path file, KeyPair pair)
      throws IOException, GeneralSecurityException {
    var ownersOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    try (OutputStream out = Files.newOutputStream(Files.createFile(file, ownersOnly))) {
      OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(pair, "rehearsal", null, out);
    }
  }

  private static int run(String... line) throws IOException, InterruptedException {
    Process program = new ProcessBuilder(line).inheritIO().start();
    // where this process is told to end, what it started ends too
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(program)));
    return program.waitFor();
  }

  private static void end(Process program) {
    program.descendants().forEach(ProcessHandle::destroyForcibly);
    program.destroyForcibly();
  }
}
