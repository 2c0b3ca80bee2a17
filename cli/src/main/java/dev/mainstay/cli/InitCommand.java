package dev.mainstay.cli;

import dev.mainstay.cluster.RecallDescription;
import dev.mainstay.cluster.RecallDescription.Recalled;
import dev.mainstay.model.Address;
import dev.mainstay.model.ClusterFile;
import dev.mainstay.model.ClusterFileText;
import dev.mainstay.model.ClusterHome;
import dev.mainstay.model.ClusterName;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.KnownHosts;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "init",
    description =
        "Write a commented cluster file to start with, or the file of a cluster that lives. Never"
            + " overwrites one.")
final class InitCommand implements Callable<Integer> {
  private static final Pattern JUMP =
      Pattern.compile("((?<user>[^@:]+)@)?(?<address>[^@:]+)(:(?<port>[1-9][0-9]{0,4}))?");
  private static final int SSH_PORT = 22;

  @Mixin GlobalOptions options = new GlobalOptions();

  @Option(
      names = "--from-cluster",
      paramLabel = "ADDRESS",
      description =
          "Write the file of the living cluster that has a master at ADDRESS, as the cluster itself"
              + " remembers it.")
  @Nullable String fromCluster;

  @Option(
      names = "--ssh-user",
      paramLabel = "USER",
      description = "Whom to log in as at ADDRESS (default: root).")
  @Nullable String sshUser;

  @Option(
      names = "--ssh-port",
      paramLabel = "PORT",
      description = "Where sshd listens at ADDRESS (default: 22).")
  @Nullable Integer sshPort;

  @Option(
      names = "--ssh-key",
      paramLabel = "FILE",
      description = "The private key (default: the agent's and those of ~/.ssh).")
  @Nullable Path sshKey;

  @Option(
      names = "--ssh-jump",
      paramLabel = "[USER@]ADDRESS[:PORT]",
      description = "The jump host that leads to ADDRESS, entered with the same key.")
  @Nullable String sshJump;

  private final Session session;

  InitCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws InterruptedException {
    Path file = options.clusterFile(session);
    if (Files.exists(file)) {
      throw exists(file);
    }
    if (fromCluster != null) {
      return recall(file, fromCluster);
    }
    if (sshUser != null || sshPort != null || sshKey != null || sshJump != null) {
      throw new Failure.Usage(
          "how to log in is said to --from-cluster alone",
          "write it into the file instead, at \"ssh:\"");
    }
    return template(file);
  }

  private static Failure exists(Path file) {
    return new Failure.Failed(
        file + " exists and is left as it is", "edit it, or name another with -f");
  }

  private int template(Path file) {
    try (InputStream template = InitCommand.class.getResourceAsStream("cluster.yaml")) {
      if (template == null) {
        throw new IllegalStateException("the template is missing");
      }
      write(file, new String(template.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException broken) {
      throw new UncheckedIOException("cannot read the template", broken);
    }
    say(
        Map.of("file", file.toString()),
        "wrote "
            + file
            + "\n"
            + "    put your addresses in, then: mainstay bundle fetch, mainstay check, mainstay"
            + " plan, mainstay apply");
    return ExitCode.DONE;
  }

  private String user() {
    return sshUser == null ? "root" : sshUser;
  }

  private int recall(Path file, String at) throws InterruptedException {
    Address address =
        Address.parse(at)
            .orElseThrow(() ->
                new Failure.Usage(
                    "--from-cluster: \"" + at + "\" is not an IPv4 address",
                    "name the address of one of the cluster's masters"));
    Optional<Path> key = Optional.ofNullable(sshKey).map(path -> path.toAbsolutePath().normalize());
    Optional<SshSpec.Jump> jump = jump(key);
    NodeSpec master =
        new NodeSpec(
            new NodeName("master"),
            Role.MASTER,
            address,
            new SshSpec(user(), key, sshPort == null ? SSH_PORT : sshPort, jump, Optional.empty()));
    Path folder = temporary();
    try {
      Recalled recalled;
      KnownHosts known = new KnownHosts(folder.resolve("known_hosts"));
      try (Hosts hosts = options.hosts(session, known)) {
        recalled = new RecallDescription(hosts).recall(master);
      }
      ClusterSpec spec =
          ClusterFile.decode(recalled.file(), file, session.home())
              .spec()
              .orElseThrow(() ->
                  new Failure.Failed(
                      recalled.cluster() + " has a description that this Mainstay cannot read",
                      "use the version that wrote it, or a newer one"));
      // the file comes last: until it is there, the same command may be run again
      for (Map.Entry<String, String> manifest : recalled.manifests().entrySet()) {
        Path manifestFile = file.toAbsolutePath().resolveSibling(manifest.getKey());
        Files.createDirectories(manifestFile.resolveSibling(""));
        if (!Files.exists(manifestFile)
            || !Files.readString(manifestFile).equals(manifest.getValue())) {
          write(manifestFile, manifest.getValue());
        }
      }
      // the one host that was met proved its key; the others are met by the next command
      known
          .pinned(master.name())
          .ifPresent(pin -> {
            ClusterHome home = ClusterHome.beside(file, new ClusterName(recalled.cluster()));
            home.keepOutOfGit();
            new KnownHosts(home.knownHosts()).pin(new NodeName(recalled.node()), pin);
          });
      write(
          file,
          "# The file of a living cluster, written by mainstay init --from-cluster "
              + at
              + ".\n"
              + ClusterFileText.of(spec, key, jump));
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("file", file.toString());
      document.put("cluster", recalled.cluster());
      document.put("masters", spec.masters().size());
      document.put("workers", spec.workers().size());
      boolean lacks = spec.network().manifests().size() > recalled.manifests().size();
      say(
          document,
          "wrote %s: cluster %s, %d masters, %d workers%s%n    next: mainstay plan, which should have nothing to do; it asks about the keys of hosts that it meets"
              .formatted(
                  file,
                  recalled.cluster(),
                  spec.masters().size(),
                  spec.workers().size(),
                  lacks
                      ? "\n    the network's own manifests were too large to be kept: put them back"
                      : ""));
      return ExitCode.DONE;
    } catch (IOException broken) {
      throw new UncheckedIOException("cannot write beside " + file, broken);
    } finally {
      delete(folder);
    }
  }

  private Optional<SshSpec.Jump> jump(Optional<Path> key) {
    String given = sshJump;
    if (given == null) {
      return Optional.empty();
    }
    Matcher parts = JUMP.matcher(given);
    if (!parts.matches() || Address.parse(parts.group("address")).isEmpty()) {
      throw new Failure.Usage(
          "--ssh-jump: \"" + given + "\" is not [USER@]ADDRESS[:PORT]",
          "for example ops@192.0.2.1:22, with an IPv4 address");
    }
    return Optional.of(
        new SshSpec.Jump(
            parts.group("address"),
            Optional.ofNullable(parts.group("user")).orElse(user()),
            Optional.ofNullable(parts.group("port")).map(Integer::parseInt).orElse(SSH_PORT),
            key));
  }

  private static Path temporary() {
    try {
      return Files.createTempDirectory("mainstay");
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private static void delete(Path folder) {
    deleteIfExists(folder.resolve("known_hosts"));
    deleteIfExists(folder.resolve("known_hosts.lock"));
    deleteIfExists(folder);
  }

  private static void deleteIfExists(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException left) {
      // a half that nobody reads, or a public key in the system's folder for temporary files
    }
  }

  /** Whole or not at all, and never over what is there. */
  private static void write(Path file, String text) {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.writeString(part, text);
      Files.move(part, file);
    } catch (FileAlreadyExistsException there) {
      throw exists(file);
    } catch (NoSuchFileException folder) {
      throw new Failure.Failed(
          "cannot write " + file + ": there is no folder for it",
          "make the folder, or name another");
    } catch (IOException broken) {
      throw new UncheckedIOException("cannot write " + file, broken);
    } finally {
      deleteIfExists(part);
    }
  }

  private void say(Map<String, Object> document, String text) {
    session.terminal().out().println(options.json() ? Json.text(document) : text);
  }
}
