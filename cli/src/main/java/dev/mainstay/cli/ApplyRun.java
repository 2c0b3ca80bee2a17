package dev.mainstay.cli;

import dev.mainstay.cluster.Action;
import dev.mainstay.cluster.ApplyChanges;
import dev.mainstay.cluster.Changes;
import dev.mainstay.cluster.ClusterLock;
import dev.mainstay.cluster.KnownLogins;
import dev.mainstay.cluster.PlanChanges;
import dev.mainstay.cluster.ProveCertificates;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.GoDuration;
import dev.mainstay.model.NodeName;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.KnownHosts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** One apply from the file to the report: lock, observe, plan, agree, do, tell. */
final class ApplyRun {
  // in the journal, for who resumes it
  private static final String REPLACED = "replaced";
  private static final String REMOVABLE = "removable";
  private static final String DRAIN_TIMEOUT = "drainTimeout";
  private static final String ONLY = "only";

  private final Session session;
  private final GlobalOptions options;
  private final PlanChanges.Wishes wishes;
  private final Set<NodeName> removable;
  private final List<String> only;

  ApplyRun(Session session, GlobalOptions options) {
    this(session, options, PlanChanges.Wishes.NONE, Set.of(), List.of());
  }

  private ApplyRun(
      Session session,
      GlobalOptions options,
      PlanChanges.Wishes wishes,
      Set<NodeName> removable,
      List<String> only) {
    this.session = session;
    this.options = options;
    this.wishes = wishes;
    this.removable = removable;
    this.only = List.copyOf(only);
  }

  /**
   * This run, which also does what the user wants beyond what the file says.
   *
   * @param removable nodes that may be taken out without asking
   * @param only the phases that it is confined to; none: all
   */
  ApplyRun wishing(PlanChanges.Wishes wishes, Set<NodeName> removable, List<String> only) {
    return new ApplyRun(session, options, wishes, removable, only);
  }

  /**
   * Goes on with a run, with all that was wished when it began.
   *
   * @param facts what its journal says
   * @throws Failure.Refused if it was none of apply
   */
  static ApplyRun resuming(Session session, GlobalOptions options, Map<String, String> facts) {
    if (!facts.containsKey(DRAIN_TIMEOUT)) {
      throw new Failure.Refused(
          "the last run was \"%s\", of which its journal does not say how apply goes on with it"
              .formatted(facts.getOrDefault("command", "?")),
          "nothing was changed. Go on with: "
              + facts.getOrDefault(PlanRun.GO_ON, "the command that began it, as it was given"));
    }
    return new ApplyRun(
        session,
        options,
        new PlanChanges.Wishes(
            names("--replace", facts.getOrDefault(REPLACED, "")),
            Duration.parse(facts.get(DRAIN_TIMEOUT))),
        names("--remove", facts.getOrDefault(REMOVABLE, "")),
        WishOptions.phases(parts(facts.getOrDefault(ONLY, ""))));
  }

  private static Set<NodeName> names(String option, String words) {
    return WishOptions.names(option, parts(words));
  }

  private static List<String> parts(String words) {
    return words.isEmpty() ? List.of() : List.of(words.split(" ", -1));
  }

  private static String words(Set<NodeName> names) {
    return names.stream().sorted().map(NodeName::value).collect(Collectors.joining(" "));
  }

  private Map<String, String> wished() {
    return Map.of(
        REPLACED,
        words(wishes.replaced()),
        REMOVABLE,
        words(removable),
        DRAIN_TIMEOUT,
        wishes.drainTimeout().toString(),
        ONLY,
        String.join(" ", only));
  }

  /** The command line that wishes the same. */
  private String goOn() {
    StringBuilder line = new StringBuilder("mainstay apply");
    wishes.replaced().stream().sorted().forEach(name -> line.append(" --replace ").append(name));
    removable.stream().sorted().forEach(name -> line.append(" --remove ").append(name));
    only.forEach(phase -> line.append(" --only ").append(phase));
    if (!wishes.drainTimeout().equals(PlanChanges.Wishes.NONE.drainTimeout())) {
      line.append(" --drain-timeout ").append(GoDuration.text(wishes.drainTimeout()));
    }
    return line.toString();
  }

  /**
   * Runs it and prints the result.
   *
   * @param command how the run is called in the journal
   * @return the exit code
   */
  int run(String command) throws InterruptedException {
    ClusterSpec spec = options.spec(session);
    for (NodeName name : removable) {
      if (spec.node(name).isPresent()) {
        throw new Failure.Usage(
            "--remove " + name + ": the file still has it",
            "take its line out of " + options.clusterFile(session) + " first");
      }
    }
    wishes.ensureKnown(spec);
    PlanChanges.BundleSource bundle = () -> new BundleSupply(session).forApply(spec.kubernetes());
    try (Hosts hosts = options.hosts(session, spec, wishes.replaced());
        ClusterLock lock = ClusterLock.take(spec, hosts, session.owner(), session.clock())) {
      KnownLogins logins = new KnownLogins(options.home(session, spec).logins());
      Changes changes =
          new PlanChanges(hosts, session.clock(), () -> UUID.randomUUID().toString(), logins.all())
              .plan(spec, bundle, wishes)
              .only(only);
      changes.warnings().forEach(session.terminal().err()::println);
      refuseUnnamed(changes.removed());
      logins.remember(spec, wishes.replaced());
      return new PlanRun(session, options, spec, words(command, spec), wished())
          .run(
              changes.plan(),
              changes.unreachable().values(),
              lock,
              (listeners, stop) -> {
                Map<Step<Action>, StepResult> results =
                    new ApplyChanges(hosts, session.clock()).apply(changes, listeners, stop);
                forgetKeys(spec, changes.removed(), results, logins);
                if (only.isEmpty() && results.values().stream().allMatch(StepResult::isDone)) {
                  logins.remember(spec, Set.of());
                }
                return new PlanRun.Outcome(results, new ProveCertificates(hosts).prove(changes));
              });
    }
  }

  /** A machine that left as it should may come back as anything. */
  private void forgetKeys(
      ClusterSpec spec,
      List<NodeName> removed,
      Map<Step<Action>, StepResult> results,
      KnownLogins logins) {
    KnownHosts known = new KnownHosts(options.home(session, spec).knownHosts());
    removed.stream()
        .filter(name -> only.isEmpty() || leaves(name, results.keySet()))
        .filter(name ->
            results.entrySet().stream()
                .filter(entry -> entry.getKey().node().equals(name.value()))
                .allMatch(entry -> entry.getValue().isDone()))
        .forEach(name -> {
          known.forget(name);
          logins.forget(name);
        });
  }

  /** Whether a part of a plan takes it out to the end, and not only some way. */
  private static boolean leaves(NodeName name, Set<Step<Action>> part) {
    return part.stream()
        .filter(step -> step.node().equals(name.value()))
        .anyMatch(step ->
            step.action() instanceof Action.Reset || step.action() instanceof Action.DeleteNode);
  }

  /** Nobody loses a node because a line was lost from a file. */
  private void refuseUnnamed(List<NodeName> removed) {
    removable.stream()
        .filter(name -> !removed.contains(name))
        .forEach(name ->
            session.terminal().err().println(name + " is neither in the file nor in the cluster"));
    List<NodeName> unnamed = removed.stream().filter(name -> !removable.contains(name)).toList();
    if (!unnamed.isEmpty() && (options.yes || !session.terminal().interactive())) {
      throw new Failure.Refused(
          unnamed.stream().map(NodeName::value).collect(Collectors.joining(", "))
              + ": in the cluster and not in the file. Unless it can ask, apply takes out only what"
              + " is named; nothing was changed",
          "to take it out: mainstay apply "
              + removed.stream().map(name -> "--remove " + name).collect(Collectors.joining(" "))
              + "; to keep it, put its line back into the file. mainstay plan shows what would be"
              + " done");
    }
  }

  private PlanRun.Words words(String command, ClusterSpec spec) {
    return new PlanRun.Words(
        command,
        PlanText.nothing(only, true),
        "Apply this plan?",
        only.isEmpty()
            ? "the cluster is what the file says. Its endpoint on every node: https://"
                + spec.endpoint()
            : "done, and nothing else: mainstay plan shows what is left",
        goOn());
  }
}
