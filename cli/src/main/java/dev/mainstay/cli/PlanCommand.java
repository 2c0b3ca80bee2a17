package dev.mainstay.cli;

import dev.mainstay.cluster.Changes;
import dev.mainstay.cluster.KnownLogins;
import dev.mainstay.cluster.PlanChanges;
import dev.mainstay.engine.Runs;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.ssh.Hosts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "plan", description = "Print what apply would do, and why. Changes nothing.")
final class PlanCommand implements Callable<Integer> {
  @Mixin GlobalOptions options = new GlobalOptions();
  @Mixin WishOptions wishOptions = new WishOptions();
  private final Session session;

  PlanCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    PlanChanges.Wishes wishes = wishOptions.wishes();
    ClusterSpec spec = options.spec(session);
    List<String> only = wishOptions.only();
    wishes.ensureKnown(spec);
    PlanChanges.BundleSource bundle = () -> new BundleSupply(session).forApply(spec.kubernetes());
    try (Hosts hosts = options.hosts(session, spec, wishes.replaced())) {
      Changes changes =
          new PlanChanges(
                  hosts,
                  session.clock(),
                  () -> UUID.randomUUID().toString(),
                  new KnownLogins(options.home(session, spec).logins()).all())
              .plan(spec, bundle, wishes)
              .only(only);
      Map<String, Duration> usual = new Runs(options.home(session, spec).runs()).usualDurations();
      session
          .terminal()
          .out()
          .print(
              options.json()
                  ? Json.text(Json.plan(changes.plan(), usual, Map.of())) + "\n"
                  : changes.plan().isEmpty()
                      ? PlanText.nothing(only, changes.unreachable().isEmpty()) + "\n"
                      : PlanText.of(changes.plan(), usual));
      changes.warnings().forEach(session.terminal().err()::println);
      changes
          .unreachable()
          .values()
          .forEach(failure -> session.terminal().err().println(failure.text()));
      return !changes.plan().isEmpty()
          ? ExitCode.CHANGES_PENDING
          : changes.unreachable().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }
  }
}
