package dev.mainstay.cli;

import dev.mainstay.cluster.Action;
import dev.mainstay.cluster.BackupEtcd;
import dev.mainstay.cluster.BackupRecord;
import dev.mainstay.cluster.ClusterLock;
import dev.mainstay.cluster.EtcdMembers;
import dev.mainstay.cluster.ListMembers;
import dev.mainstay.cluster.RecoverEtcd;
import dev.mainstay.cluster.RestoreEtcd;
import dev.mainstay.cluster.UndoEtcd;
import dev.mainstay.cluster.VerifyBackup;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Runs;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.ssh.Hosts;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The etcd of a cluster. */
final class EtcdCommand {
  private EtcdCommand() {}

  static CommandLine commands(Session session) {
    CommandLine line = new CommandLine(new Group());
    line.addSubcommand(new Members(session));
    line.addSubcommand(new Backup(session));
    line.addSubcommand(new Verify(session));
    line.addSubcommand(new Restore(session));
    line.addSubcommand(new Recover(session));
    line.addSubcommand(new Undo(session));
    return line;
  }

  @Command(
      name = "etcd",
      description = "Look at etcd, back it up, restore it, and recover it after a lost quorum.",
      synopsisSubcommandLabel = "COMMAND")
  static final class Group {}

  @Command(
      name = "members",
      description =
          "List the members: role, health, size, how far each is, and how many can be lost. Needs"
              + " no quorum. Exit 11: not all are healthy; 12: no quorum.")
  static final class Members implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();
    private final Session session;

    Members(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      ClusterSpec spec = options.spec(session);
      EtcdMembers members;
      try (Hosts hosts = options.hosts(session, spec)) {
        members = new ListMembers(hosts).list(spec);
      }
      Terminal terminal = session.terminal();
      terminal
          .out()
          .print(
              options.json()
                  ? Json.text(EtcdText.document(members)) + "\n"
                  : EtcdText.table(members));
      members.unreachable().forEach(failure -> terminal.err().println(failure.text()));
      if (!members.hasQuorum()) {
        return ExitCode.DOWN;
      }
      return members.healthy() == members.voters()
              && members.problems().isEmpty()
              && members.unreachable().isEmpty()
          ? ExitCode.DONE
          : ExitCode.DEGRADED;
    }
  }

  @Command(
      name = "backup",
      description =
          "Take a snapshot from a healthy follower, verify it by restoring it into a scratch folder"
              + " and comparing it with the living members, and bring it here. It holds every"
              + " Secret of the cluster.")
  static final class Backup implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();

    @Option(
        names = "--to",
        paramLabel = "DIR",
        description = "Write it into this folder (default: .mainstay/NAME/etcd beside the file).")
    @Nullable Path folder;

    @Option(
        names = "--out",
        paramLabel = "FILE",
        description = "Write it to this file, which must not be there yet.")
    @Nullable Path file;

    @Option(
        names = "--keep",
        paramLabel = "N",
        description =
            "Afterwards keep the N newest of the cluster in the folder and remove others.")
    @Nullable Integer keep;

    @Option(
        names = "--recipient",
        paramLabel = "age1...",
        description = "Encrypt it for this recipient of age; may be given more than once.")
    List<String> recipients = List.of();

    private final Session session;

    Backup(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      if (file != null && (folder != null || keep != null)) {
        throw new Failure.Usage("--out excludes --to and --keep", "pass one of them");
      }
      Integer number = keep;
      if (number != null && number < 1) {
        throw new Failure.Usage("--keep " + number + " would keep none", "pass 1 or more");
      }
      ClusterSpec spec = options.spec(session);
      Path to = folder;
      BackupEtcd.Request request =
          new BackupEtcd.Request(
              to == null ? options.home(session, spec).etcdBackups() : to,
              Optional.ofNullable(file),
              recipients,
              number == null ? OptionalInt.empty() : OptionalInt.of(number));
      long start = System.nanoTime();
      BackupEtcd.Made made;
      try (Hosts hosts = options.hosts(session, spec)) {
        made = new BackupEtcd(hosts, session.clock()).backup(spec, request);
      }
      double seconds = Math.round((System.nanoTime() - start) / 1e6) / 1e3;
      Terminal terminal = session.terminal();
      made.failed().forEach(terminal.err()::println);
      if (options.json()) {
        terminal.out().println(Json.text(EtcdText.document(made, seconds)));
        return ExitCode.DONE;
      }
      BackupRecord record = made.record();
      terminal.out().println(made.file());
      terminal
          .err()
          .printf(
              Locale.ROOT,
              "backup of %s from %s (%s): revision %d, %d keys, %s, verified against %d %s, %.1f"
                  + " s%n",
              record.cluster(),
              record.from(),
              record.role(),
              record.revision(),
              record.keys(),
              EtcdText.size(record.size()),
              record.members(),
              record.members() == 1 ? "member" : "members",
              seconds);
      made.removed().forEach(old -> terminal.err().println("removed " + old));
      return ExitCode.DONE;
    }
  }

  /** Mutable (filled by picocli): a backup, and what opens it. */
  static final class BackupChoice {
    @Parameters(paramLabel = "FILE", description = "The backup.")
    Path file = Path.of("");

    @Option(
        names = "--identity",
        paramLabel = "FILE",
        description = "The identity that age-keygen made, if the backup is encrypted.")
    @Nullable Path identity;

    Optional<Path> identity() {
      return Optional.ofNullable(identity);
    }
  }

  @Command(
      name = "verify",
      description =
          "Verify a backup again: every byte, its record, and a restore into a scratch folder on a"
              + " master. Says what was proven and what was not.")
  static final class Verify implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();

    @Mixin BackupChoice backup = new BackupChoice();
    private final Session session;

    Verify(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      ClusterSpec spec = options.spec(session);
      VerifyBackup.Proof proof;
      try (Hosts hosts = options.hosts(session, spec)) {
        proof = new VerifyBackup(hosts).verify(spec, backup.file, backup.identity());
      }
      Terminal terminal = session.terminal();
      if (options.json()) {
        terminal.out().println(Json.text(EtcdText.document(proof)));
      } else {
        proof.proven().forEach(line -> terminal.out().println("proven: " + line));
        proof.open().forEach(line -> terminal.out().println("not proven: " + line));
      }
      return proof.open().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }
  }

  @Command(
      name = "restore",
      description =
          "Take the whole of etcd back to a backup, on every master at once. Everything written"
              + " since is no longer there; the data from before is kept on the masters.")
  static final class Restore implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();

    private static final String AGAIN =
        "what was written since then stays: to take etcd back once more, run the same command"
            + " again";

    @Mixin BackupChoice backup = new BackupChoice();
    private final Session session;

    Restore(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      ClusterSpec spec = options.spec(session);
      Terminal terminal = session.terminal();
      try (Hosts hosts = options.hosts(session, spec);
          ClusterLock lock = ClusterLock.take(spec, hosts, session.owner(), session.clock())) {
        RestoreEtcd restore = new RestoreEtcd(hosts, session.clock());
        RestoreEtcd.Restore planned =
            restore.plan(spec, backup.file, backup.identity(), freshId("restore", session));
        terminal.err().println(story(planned));
        confirm(
            session,
            options,
            spec,
            planned.plan(),
            planned.endsOnly()
                ? "This ends a restore of the etcd of cluster " + spec.name() + "."
                : "This takes the etcd of cluster " + spec.name() + " back in time.");
        return new PlanRun(
                session,
                options,
                spec,
                new PlanRun.Words(
                    "etcd restore",
                    "nothing to do",
                    "Restore?",
                    (planned.endsOnly()
                            ? planned.id() + " has come to its end; " + AGAIN
                            : "etcd is restored")
                        + ". What was there before lies on the masters under"
                        + " /var/lib/mainstay/backup; remove it when you are sure.\n"
                        + (planned.without().isEmpty()
                            ? "Now run mainstay apply: what the cluster keeps about itself is as"
                                + " old as the backup"
                            : "Now replace what it went on without: mainstay apply"
                                + planned.without().stream()
                                    .map(name -> " --replace " + name)
                                    .collect(Collectors.joining())),
                    "mainstay etcd restore "
                        + backup.file
                        + backup.identity().map(its -> " --identity " + its).orElse("")))
            .run(
                planned.plan(),
                List.of(),
                lock,
                (listeners, stop) ->
                    new PlanRun.Outcome(
                        restore.run(planned, listeners, stop, terminal.err()::println),
                        Optional.empty()));
      }
    }

    private static String story(RestoreEtcd.Restore planned) {
      return planned.without().isEmpty()
          ? withAll(planned)
          : withAll(planned)
              + "\nIt goes on without "
              + planned.without().stream().map(NodeName::value).collect(Collectors.joining(", "))
              + ", which cannot be reached: replace it afterwards, or, if it comes back, run the"
              + " same command again";
    }

    private static String withAll(RestoreEtcd.Restore planned) {
      if (planned.endsOnly()) {
        return planned.id()
            + " took etcd back to this backup, and all masters serve on it since; only what was"
            + " left of it is done now. "
            + AGAIN;
      }
      return planned.goesOn()
          ? "going on with a restore of this backup that did not come to its end"
          : "the backup%s has revision %d, etcd has %s: everything written in between goes. The API is away for about half a minute, workloads go on"
              .formatted(
                  planned.at().map(at -> " of " + at).orElse(""),
                  planned.revision(),
                  planned.now() == 0 ? "one that is not known" : String.valueOf(planned.now()));
    }
  }

  @Command(
      name = "recover",
      description =
          "After so many masters are gone for good that etcd has no quorum: make a cluster of one"
              + " member out of the newest data that survived. mainstay apply then grows it back.")
  static final class Recover implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();

    @Option(
        names = "--lost",
        paramLabel = "NAME",
        description =
            "Give up this master although it can be reached or seems to be alive, because it or its"
                + " data is gone for good; may be given more than once.")
    List<String> lost = List.of();

    private final Session session;

    Recover(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      ClusterSpec spec = options.spec(session);
      Set<NodeName> names = masters(spec, lost);
      Terminal terminal = session.terminal();
      try (Hosts hosts = options.hosts(session, spec);
          ClusterLock lock = ClusterLock.take(spec, hosts, session.owner(), session.clock())) {
        RecoverEtcd recover = new RecoverEtcd(hosts, session.clock());
        RecoverEtcd.Recovery planned = recover.plan(spec, names, freshId("recover", session));
        planned.unreachable().forEach(failure -> terminal.err().println(failure.text()));
        planned.explained().forEach(terminal.err()::println);
        confirm(
            session,
            options,
            spec,
            planned.plan(),
            "This rebuilds the etcd of cluster " + spec.name() + " from one member.");
        return new PlanRun(
                session,
                options,
                spec,
                new PlanRun.Words(
                    "etcd recover",
                    "nothing to do",
                    "Recover?",
                    planned.startsOnly()
                        ? "the survivor runs. Run mainstay etcd recover again: it sees to the"
                            + " others"
                        : "the cluster goes on with one master. Next: give the file empty hosts for"
                            + " the others (their host keys are not the pinned ones:"
                            + " docs/etcd.md), then mainstay apply joins them. Do not wait: it"
                            + " can lose none now.\n"
                            + "The old ones must never be switched on again with their data",
                    "mainstay etcd recover" + lostAgain(names)))
            .run(
                planned.plan(),
                List.of(),
                lock,
                (listeners, stop) ->
                    new PlanRun.Outcome(recover.run(planned, listeners, stop), Optional.empty()));
      }
    }
  }

  @Command(
      name = "undo",
      description =
          "Give the masters back what they had before a restore or a recovery that broke off, as"
              + " long as none was started on the new data. Where nothing broke off it changes"
              + " nothing.")
  static final class Undo implements Callable<Integer> {
    @Mixin GlobalOptions options = new GlobalOptions();

    @Option(
        names = "--lost",
        paramLabel = "NAME",
        description =
            "This master cannot be asked because it is gone for good; may be given more than once.")
    List<String> lost = List.of();

    private final Session session;

    Undo(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() throws Exception {
      ClusterSpec spec = options.spec(session);
      Set<NodeName> names = masters(spec, lost);
      try (Hosts hosts = options.hosts(session, spec);
          ClusterLock lock = ClusterLock.take(spec, hosts, session.owner(), session.clock())) {
        UndoEtcd undo = new UndoEtcd(hosts, session.clock());
        UndoEtcd.Undo planned = undo.plan(spec, names);
        return new PlanRun(
                session,
                options,
                spec,
                new PlanRun.Words(
                    "etcd undo",
                    planned.unreachable().isEmpty()
                        ? "no restore or recovery broke off: there is nothing to undo"
                        : "of the masters that could be reached none is in a restore or recovery",
                    "Undo it?",
                    "the masters run on what they had. mainstay etcd members shows whether that is"
                        + " a quorum",
                    "mainstay etcd undo" + lostAgain(names)))
            .run(
                planned.plan(),
                planned.unreachable(),
                lock,
                (listeners, stop) ->
                    new PlanRun.Outcome(undo.run(planned, listeners, stop), Optional.empty()));
      }
    }
  }

  /** The names that were given to {@code --lost}. */
  private static Set<NodeName> masters(ClusterSpec spec, List<String> lost) {
    Set<NodeName> names = new HashSet<>();
    for (String name : lost) {
      if (spec.masters().stream().noneMatch(master -> master.name().value().equals(name))) {
        throw new Failure.Usage(
            "\"" + name + "\" is no master of the file", "pass a name as the file has it");
      }
      names.add(new NodeName(name));
    }
    return names;
  }

  /** The options that name them again. */
  private static String lostAgain(Set<NodeName> lost) {
    return lost.stream().sorted().map(name -> " --lost " + name).collect(Collectors.joining());
  }

  /** An id that says when, and is no other's: {@code restore-20261125T050000Z-1a2b3c}. */
  private static String freshId(String what, Session session) {
    return "%s-%s-%s"
        .formatted(
            what,
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'")
                .withZone(ZoneOffset.UTC)
                .format(session.clock().instant()),
            UUID.randomUUID().toString().substring(0, 6));
  }

  /** Shows the plan and asks for the cluster's name; asks nothing more afterwards. */
  private static void confirm(
      Session session, GlobalOptions options, ClusterSpec spec, Plan<Action> plan, String what) {
    if (!options.yes && session.terminal().interactive()) {
      session
          .terminal()
          .err()
          .print(PlanText.of(plan, new Runs(options.home(session, spec).runs()).usualDurations()));
    }
    options.confirmByName(session, spec, what);
    options.yes = true;
  }
}
