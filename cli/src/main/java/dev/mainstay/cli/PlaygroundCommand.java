package dev.mainstay.cli;

import dev.mainstay.model.Address;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import dev.mainstay.playground.HostOptions;
import dev.mainstay.playground.Playground;
import dev.mainstay.playground.PlaygroundHome;
import dev.mainstay.playground.PlaygroundHost;
import dev.mainstay.playground.PlaygroundProgress;
import dev.mainstay.playground.PlaygroundSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Hosts on this very machine. */
final class PlaygroundCommand {
  private PlaygroundCommand() {}

  static CommandLine commands(Session session) {
    CommandLine line = new CommandLine(new Group());
    line.addSubcommand(new Up(session));
    line.addSubcommand(new Down(session));
    line.addSubcommand(new ListHosts(session));
    line.addSubcommand(new Exec(session));
    line.addSubcommand(new Stop(session));
    line.addSubcommand(new Start(session));
    line.addSubcommand(new Cut(session));
    line.addSubcommand(new Heal(session));
    line.addSubcommand(new Move(session));
    line.addSubcommand(new Add(session));
    return line;
  }

  @Command(
      name = "playground",
      description = "Hosts on this very machine, to try everything on.",
      synopsisSubcommandLabel = "COMMAND")
  static final class Group {}

  /** Mutable (filled by picocli): what every playground command takes. */
  static final class Choice {
    @Option(
        names = "--name",
        paramLabel = "NAME",
        description = "Which playground (default: demo).")
    String name = "demo";

    Playground playground(Session session) {
      if (!NodeName.isValid(name)) {
        throw new Failure.Usage(
            "\"" + name + "\" is not a DNS label", "use lower-case letters, digits and hyphens");
      }
      return Playground.of(PlaygroundHome.ofUser(session.environment()), name);
    }

    void sayThereIsNone(Session session) {
      session
          .terminal()
          .err()
          .println(
              "there is no playground \"%s\"%n    mainstay playground up --name %s makes one"
                  .formatted(name, name));
    }
  }

  private static NodeName node(String text) {
    if (!NodeName.isValid(text)) {
      throw new Failure.Usage(
          "\"" + text + "\" is not a host's name",
          "lower-case letters, digits and inner hyphens, as in m4; mainstay playground hosts lists"
              + " those that are there");
    }
    return new NodeName(text);
  }

  private static PlaygroundProgress talk(Session session) {
    return new PlaygroundProgress() {
      @Override
      public void note(String line) {
        session.terminal().err().println(line);
      }

      @Override
      public void done(String part, Duration elapsed) {
        session
            .terminal()
            .err()
            .println(String.format(Locale.ROOT, "%7.1f s  %s", elapsed.toMillis() / 1000.0, part));
      }
    };
  }

  @Command(
      name = "up",
      description = "Make hosts and a cluster on them. A second call changes nothing.")
  static final class Up implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();
    @Mixin Choice choice = new Choice();

    @Option(names = "--masters", paramLabel = "N", description = "How many masters (default: 3).")
    int masters = 3;

    @Option(names = "--workers", paramLabel = "N", description = "How many workers (default: 2).")
    int workers = 2;

    @Mixin BundleCommand.VersionOption version = new BundleCommand.VersionOption();

    @Option(
        names = "--hosts-only",
        description = "Make the hosts and the cluster file, and no cluster.")
    boolean hostsOnly;

    private final Session session;

    Up(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      Playground playground = choice.playground(session);
      if (!hostsOnly) {
        new BundleSupply(session).forPlayground(version.version());
      }
      playground.up(
          PlaygroundSpec.DEFAULT
              .withMasters(masters)
              .withWorkers(workers)
              .withKubernetes(version.version()),
          talk(session));
      options.playground = choice.name;
      int code = ExitCode.DONE;
      if (!hostsOnly) {
        options.yes = true;
        code = new ApplyRun(session, options).run("playground up");
      }
      if (code == ExitCode.DONE && !options.json()) {
        next(playground);
      }
      return code;
    }

    private void next(Playground playground) {
      String named = choice.name.equals("demo") ? "" : " --name " + choice.name;
      PlaygroundHost last = playground.hosts().getLast();
      boolean survivesOne =
          playground.hosts().stream().filter(host -> host.role() == Role.MASTER).count() > 2;
      session
          .terminal()
          .out()
          .println(
              hostsOnly
                  ? "hosts are up; their cluster file: %s%nnext: ./mainstay plan --playground %s%n"
                      .formatted(playground.clusterFile(), choice.name)
                  : """
                  the cluster file: %s
                  try:
                    ./mainstay kubeconfig --playground %s | ./mainstay playground exec%s %s -- \
                  kubectl --kubeconfig /dev/stdin --context %s get nodes
                    ./mainstay status --playground %s
                  %s\
                    ./mainstay playground down%s         removes everything\
                  """
                      .formatted(
                          playground.clusterFile(),
                          choice.name,
                          named,
                          last.name(),
                          choice.name,
                          choice.name,
                          survivesOne
                              ? "  ./mainstay playground stop%s m1      and then status again: the cluster goes on%n"
                                  .formatted(named)
                              : "",
                          named));
    }
  }

  @Command(name = "down", description = "Remove hosts, bridge and state; nothing stays behind.")
  static final class Down implements Callable<Integer> {
    @Mixin Choice choice = new Choice();
    private final Session session;

    Down(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (!choice.playground(session).down(talk(session))) {
        choice.sayThereIsNone(session);
      }
      return ExitCode.DONE;
    }
  }

  static List<Map<String, Object>> document(List<PlaygroundHost> hosts) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (PlaygroundHost host : hosts) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", host.name().value());
      one.put("address", host.address().value());
      one.put("state", host.state().word());
      list.add(one);
    }
    return list;
  }

  @Command(name = "hosts", description = "List the hosts.")
  static final class ListHosts implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();
    @Mixin Choice choice = new Choice();
    private final Session session;

    ListHosts(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      Playground playground = choice.playground(session);
      if (!playground.exists()) {
        choice.sayThereIsNone(session);
      }
      List<PlaygroundHost> hosts = playground.hosts();
      if (options.json()) {
        session.terminal().out().println(Json.text(document(hosts)));
        return ExitCode.DONE;
      }
      for (PlaygroundHost host : hosts) {
        session
            .terminal()
            .out()
            .printf("%-12s %-16s %s%n", host.name(), host.address(), host.state().word());
      }
      return ExitCode.DONE;
    }
  }

  @Command(name = "exec", description = "Run a command on a host as root.")
  static final class Exec implements Callable<Integer> {
    @Mixin Choice choice = new Choice();

    @Parameters(index = "0", paramLabel = "HOST", description = "The host.")
    String host = "";

    @Parameters(
        index = "1..*",
        arity = "1..*",
        paramLabel = "COMMAND",
        description = "The command.")
    List<String> command = List.of();

    private final Session session;

    Exec(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      return choice.playground(session).exec(node(host), command);
    }
  }

  /** One host, and something done to it. */
  abstract static class OnHost implements Callable<Integer> {
    @Mixin Choice choice = new Choice();

    @Parameters(paramLabel = "HOST", description = "The host.")
    String host = "";

    private final Session session;

    OnHost(Session session) {
      this.session = session;
    }

    abstract void act(Playground playground, NodeName name);

    @Override
    public Integer call() {
      act(choice.playground(session), node(host));
      return ExitCode.DONE;
    }
  }

  @Command(name = "stop", description = "Power a host off at once; its disk is kept.")
  static final class Stop extends OnHost {
    Stop(Session session) {
      super(session);
    }

    @Override
    void act(Playground playground, NodeName name) {
      playground.stop(name);
    }
  }

  @Command(name = "start", description = "Power a host on.")
  static final class Start extends OnHost {
    Start(Session session) {
      super(session);
    }

    @Override
    void act(Playground playground, NodeName name) {
      playground.start(name);
    }
  }

  @Command(name = "cut", description = "Make a host's network go black.")
  static final class Cut extends OnHost {
    Cut(Session session) {
      super(session);
    }

    @Override
    void act(Playground playground, NodeName name) {
      playground.cut(name);
    }
  }

  @Command(name = "heal", description = "Bring a host's network back.")
  static final class Heal extends OnHost {
    Heal(Session session) {
      super(session);
    }

    @Override
    void act(Playground playground, NodeName name) {
      playground.heal(name);
    }
  }

  @Command(
      name = "move",
      description = "Give hosts new addresses at the same moment, on the machine's side only.")
  static final class Move implements Callable<Integer> {
    @Mixin Choice choice = new Choice();

    @Parameters(
        arity = "1..*",
        paramLabel = "HOST=ADDRESS",
        description = "Which host gets which address.")
    Map<String, String> addresses = Map.of();

    @Option(names = "--edit", description = "Write the new addresses into cluster.yaml as well.")
    boolean edit;

    private final Session session;

    Move(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      Map<NodeName, Address> to = new LinkedHashMap<>();
      addresses.forEach((host, address) ->
          to.put(
              node(host),
              Address.parse(address)
                  .orElseThrow(() ->
                      new Failure.Usage(
                          "\"" + address + "\" is not an IPv4 address",
                          "for example m1=10.77.0.31"))));
      choice.playground(session).move(to, edit);
      return ExitCode.DONE;
    }
  }

  @Command(
      name = "add",
      description = "Make one more empty host and print its line for cluster.yaml.")
  static final class Add implements Callable<Integer> {
    @Mixin Choice choice = new Choice();

    @Option(names = "--master", description = "It is meant to be a master.")
    boolean master;

    @Option(names = "--worker", description = "It is meant to be a worker (default).")
    boolean worker;

    @Option(names = "--debian", paramLabel = "RELEASE", description = "12 or 13 (default: 12).")
    int debian = 12;

    @Option(
        names = "--ssh-port",
        paramLabel = "PORT",
        description = "Where sshd listens (default: 22).")
    int sshPort = 22;

    @Option(
        names = "--package",
        paramLabel = "NAME",
        description = "A Debian package to have from the start.")
    List<String> packages = List.of();

    @Parameters(paramLabel = "NAME", description = "The new host's name.")
    @Nullable String name;

    private final Session session;

    Add(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (master && worker) {
        throw new Failure.Usage("--master and --worker exclude each other", "");
      }
      NodeName host = node(String.valueOf(name));
      Playground playground = choice.playground(session);
      playground.add(
          master ? Role.MASTER : Role.WORKER,
          host,
          HostOptions.DEFAULT
              .withDebian(debian)
              .withSshPort(sshPort)
              .withPackages(packages.toArray(String[]::new)));
      session.terminal().out().println(playground.line(host));
      return ExitCode.DONE;
    }
  }
}
