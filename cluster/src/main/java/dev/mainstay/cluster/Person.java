package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Whom a client certificate names: its common name is the user, its organisations are the groups
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates).
 *
 * @param groups in the order given, each once; may be empty
 */
public record Person(String user, List<String> groups) {
  /** The group that kubeadm binds to cluster-admin, and whose binding can be taken away again. */
  public static final String CLUSTER_ADMINS = "kubeadm:cluster-admins";

  /** What an X.509 name holds in one part (RFC 5280, ub-common-name). */
  private static final int LONGEST = 64;

  private static final String COMPONENTS = "system:";
  private static final String MASTERS = "system:masters";

  public Person {
    groups = List.copyOf(new LinkedHashSet<>(groups));
  }

  /**
   * The person that a command line names.
   *
   * @throws Failure.Usage if Kubernetes would not sign for such a name or group, or should not
   */
  public static Person of(String user, List<String> groups) {
    check("--user", user);
    if (user.startsWith(COMPONENTS)) {
      throw new Failure.Usage(
          "--user \"%s\": names that begin with %s are those of Kubernetes' own components"
              .formatted(user, COMPONENTS),
          "take the person's own name, and give rights by --group or by a binding");
    }
    for (String group : groups) {
      check("--group", group);
      if (group.equals(MASTERS)) {
        throw new Failure.Usage(
            "--group %s: Kubernetes signs no request for it (admission refuses), because nothing can take its rights away"
                .formatted(MASTERS),
            "--group %s is cluster-admin too, by a binding that can be withdrawn"
                .formatted(CLUSTER_ADMINS));
      }
    }
    return new Person(user, groups);
  }

  private static void check(String option, String name) {
    String wrong =
        name.isBlank()
            ? "is empty"
            : !name.equals(name.strip()) || name.chars().anyMatch(Character::isISOControl)
                ? "begins or ends with a blank, or has a control character"
                : name.length() > LONGEST
                    ? "is longer than the %d characters that a certificate takes".formatted(LONGEST)
                    : "";
    if (!wrong.isEmpty()) {
      throw new Failure.Usage(
          "%s \"%s\" %s".formatted(option, name, wrong), "for example " + option + " alice");
    }
  }
}
