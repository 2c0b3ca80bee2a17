package dev.mainstay.cli;

import dev.mainstay.model.Address;
import dev.mainstay.model.ClusterFile;
import dev.mainstay.model.ClusterHome;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import dev.mainstay.playground.Playground;
import dev.mainstay.playground.PlaygroundHome;
import dev.mainstay.ssh.HostKeyPolicy;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.KnownHosts;
import dev.mainstay.ssh.Secret;
import dev.mainstay.ssh.mina.MinaHosts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Mutable (filled by picocli): the options that every command has. */
final class GlobalOptions {
  /** How a result is printed. */
  enum Format {
    text,
    json
  }

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      defaultValue = "cluster.yaml",
      description = "The cluster file (default: cluster.yaml).")
  Path file = Path.of("cluster.yaml");

  @Option(
      names = "--playground",
      paramLabel = "NAME",
      description = "Use the cluster file of this playground.")
  @Nullable String playground;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "text",
      description = "text or json (default: text).")
  Format format = Format.text;

  @Option(names = "--yes", description = "Ask nothing.")
  boolean yes;

  @Option(names = "--no-color", description = "No colours, no moving lines.")
  boolean noColor;

  @Option(
      names = "-v",
      description = "Say more: also when a step begins, and what it says on its way.")
  boolean verbose;

  @Option(
      names = "--accept-new-host-keys",
      description = "Pin the key of a host that is met for the first time without asking.")
  boolean acceptNewHostKeys;

  @Option(
      names = "--ask-sudo-password",
      description = "Ask for the password that sudo wants (or set MAINSTAY_SUDO_PASSWORD).")
  boolean askSudoPassword;

  boolean json() {
    return format == Format.json;
  }

  /**
   * The cluster file that is meant.
   *
   * @throws Failure.InvalidFile if it is that of a playground which does not exist
   */
  Path clusterFile(Session session) {
    if (playground == null) {
      return file;
    }
    Path its =
        Playground.of(PlaygroundHome.ofUser(session.environment()), playground).clusterFile();
    if (!Files.exists(its)) {
      throw new Failure.InvalidFile(
          "there is no playground " + playground,
          "mainstay playground up --name " + playground + " makes one");
    }
    return its;
  }

  /**
   * The cluster that the file describes; warnings go to standard error.
   *
   * @throws Failure.InvalidFile with every problem
   */
  ClusterSpec spec(Session session) {
    ClusterFile.Decoded decoded = ClusterFile.read(clusterFile(session), session.home());
    if (decoded.spec().isEmpty()) {
      throw new Failure.InvalidFile(lines(decoded.problems()), "");
    }
    decoded.problems().forEach(problem -> session.terminal().err().println(problem));
    return decoded.spec().get();
  }

  static String lines(List<Problem> problems) {
    return problems.stream().map(Problem::toString).collect(Collectors.joining("\n"));
  }

  ClusterHome home(Session session, ClusterSpec spec) {
    return ClusterHome.beside(clusterFile(session), spec.name());
  }

  /** The transport to the cluster's hosts. */
  Hosts hosts(Session session, ClusterSpec spec) {
    return hosts(session, spec, Set.of());
  }

  /**
   * The transport to the cluster's hosts.
   *
   * @param replaced the nodes whose machine, at the file's address, may be another one than before
   */
  Hosts hosts(Session session, ClusterSpec spec, Set<NodeName> replaced) {
    Map<NodeName, Address> at = new HashMap<>();
    spec.nodes().stream()
        .filter(node -> replaced.contains(node.name()))
        .forEach(node -> at.put(node.name(), node.address()));
    ClusterHome home = home(session, spec);
    // whatever a command writes there comes after it was given the transport
    home.keepOutOfGit();
    return hosts(session, new KnownHosts(home.knownHosts()).replacing(at));
  }

  /** The transport to hosts whose keys are {@code known}, or met for the first time. */
  Hosts hosts(Session session, KnownHosts known) {
    Terminal terminal = session.terminal();
    HostKeyPolicy policy =
        acceptNewHostKeys
            ? HostKeyPolicy.ACCEPT_NEW
            : terminal.interactive() && !yes
                ? (node, key) -> {
                  synchronized (terminal) {
                    return terminal.confirm(
                        "%s (%s) is met for the first time. Its key is %s. Is that right?"
                            .formatted(node.name(), node.address(), key));
                  }
                }
                : HostKeyPolicy.REFUSE;
    return new MinaHosts(
        known,
        policy,
        sudoPassword(session),
        Optional.ofNullable(session.environment().get("SSH_AUTH_SOCK"))
            .filter(socket -> !socket.isBlank())
            .map(Path::of),
        session.home().resolve(".ssh"));
  }

  /**
   * Goes on only if the user types the cluster's name, or said {@code --yes}.
   *
   * @param what a sentence that says what is about to happen to it
   * @throws Failure.Usage if not
   */
  void confirmByName(Session session, ClusterSpec spec, String what) {
    if (yes) {
      return;
    }
    Terminal terminal = session.terminal();
    String typed = terminal.interactive() ? terminal.ask(what + " Type its name to go on:") : "";
    if (!typed.equals(spec.name().value())) {
      throw new Failure.Usage(
          "not confirmed; nothing was changed", "type the cluster's name, or pass --yes");
    }
  }

  private Optional<Secret> sudoPassword(Session session) {
    String password = session.environment().get("MAINSTAY_SUDO_PASSWORD");
    if (password != null) {
      return Optional.of(Secret.of(password));
    }
    if (!askSudoPassword) {
      return Optional.empty();
    }
    java.io.Console console = System.console();
    if (console == null || !console.isTerminal()) {
      throw new Failure.Usage(
          "--ask-sudo-password needs a terminal", "set MAINSTAY_SUDO_PASSWORD instead");
    }
    char[] typed = console.readPassword("sudo password: ");
    return Optional.of(Secret.of(typed == null ? "" : new String(typed)));
  }
}
