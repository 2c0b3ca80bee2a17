package dev.mainstay.cli;

import dev.mainstay.cluster.Credentials;
import dev.mainstay.cluster.ExportKubeconfig;
import dev.mainstay.cluster.Person;
import dev.mainstay.cluster.SignUser;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.GoDuration;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Shell;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Mutable (filled by picocli): as whom a kubeconfig enters the cluster. */
final class PersonOptions {
  private static final Duration USUAL = Duration.ofHours(8);

  /** What the signer may take off a life, which begins some minutes before it is given. */
  private static final Duration BACKDATED = Duration.ofMinutes(6);

  @Option(
      names = "--user",
      paramLabel = "NAME",
      description =
          "Sign a short-lived client certificate for this person, instead of handing out the"
              + " administrator's. The private key is made here and leaves this machine only with"
              + " the kubeconfig.")
  @Nullable String user;

  @Option(
      names = "--group",
      paramLabel = "GROUP",
      description =
          "A group the person is in; may be repeated. kubeadm:cluster-admins may do everything."
              + " Without one the person has the rights that bindings give to the name.")
  List<String> groups = List.of();

  @Option(
      names = "--for",
      paramLabel = "SPAN",
      description = "How long the certificate counts: 10m to 365d (default: 8h).")
  @Nullable String validity;

  /**
   * Whom to sign for; empty where the administrator's credentials are wanted.
   *
   * @throws Failure.Usage if the options make no sense
   */
  Optional<SignUser.Wish> wish() {
    String name = user;
    String span = validity;
    if (name == null) {
      if (!groups.isEmpty() || span != null) {
        throw new Failure.Usage(
            (groups.isEmpty() ? "--for" : "--group")
                + " says something about a person, and --user names none",
            "pass --user NAME too; without it the kubeconfig is the administrator's");
      }
      return Optional.empty();
    }
    Person person = Person.of(name, groups);
    Duration wanted =
        span == null
            ? USUAL
            : GoDuration.parse(span)
                .orElseThrow(() ->
                    new Failure.Usage(
                        "--for \"" + span + "\" is not a span of time",
                        "for example 30m, 8h or 7d"));
    return Optional.of(new SignUser.Wish(person, wanted));
  }

  /** The person's credentials, signed now, or the administrator's. */
  static Credentials credentials(Hosts hosts, ClusterSpec spec, Optional<SignUser.Wish> wish)
      throws InterruptedException {
    return wish.isPresent()
        ? new SignUser(hosts, new SecureRandom()).sign(spec, wish.get())
        : new ExportKubeconfig(hosts).administrator(spec);
  }

  /** Says until when signed credentials count, and what rights they lack. */
  static void tell(PrintStream err, Credentials credentials, SignUser.Wish wish, Clock clock) {
    Instant end = credentials.clientCertificate().notAfter();
    String name = wish.person().user();
    boolean shorter =
        end.isBefore(
            clock.instant().plus(wish.validity()).minus(BACKDATED).truncatedTo(ChronoUnit.SECONDS));
    err.println(
        "the certificate of %s%s counts until %s%s"
            .formatted(
                name,
                wish.person().groups().isEmpty()
                    ? ""
                    : " (" + String.join(", ", wish.person().groups()) + ")",
                end,
                shorter
                    ? ": less than --for %s, because the cluster signs for no longer"
                        .formatted(GoDuration.text(wish.validity()))
                    : ""));
    if (wish.person().groups().isEmpty()) {
      err.println(
          "    %s has no rights but those that bindings give to the name. To look at everything, for example:\n    kubectl create clusterrolebinding %s --clusterrole=view --user=%s"
              .formatted(name, word(name.replaceAll("[/%]", "-") + "-view"), word(name)));
    }
  }

  /** What JSON says of signed credentials. */
  static void describe(Map<String, Object> document, Credentials credentials) {
    credentials
        .person()
        .ifPresent(person -> {
          document.put("user", person.user());
          document.put("groups", person.groups());
          document.put("notAfter", credentials.clientCertificate().notAfter().toString());
        });
  }

  private static String word(String text) {
    return text.matches("[A-Za-z0-9@._:+-]+") ? text : Shell.quote(text);
  }
}
