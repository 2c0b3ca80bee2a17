package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.GoDuration;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Secret;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.ObjectMapper;

/**
 * Gives a person a client certificate that ends soon: Kubernetes cannot take one back, so its life
 * is all that limits it. The key is made here and stays here; a request goes to the cluster's own
 * signer through the first master whose API takes it.
 */
public final class SignUser {
  /**
   * Kubernetes' own least (https://kubernetes.io/docs/reference/kubernetes-api, expirationSeconds).
   */
  public static final Duration SHORTEST = Duration.ofMinutes(10);

  /** What the controller-manager signs for at the most, unless it is told otherwise. */
  public static final Duration LONGEST = Duration.ofDays(365);

  private static final Duration DEADLINE = Duration.ofMinutes(2);

  private final RemoteSteps remote;
  private final SecureRandom random;

  public SignUser(Hosts hosts, SecureRandom random) {
    this.remote = new RemoteSteps(hosts);
    this.random = random;
  }

  /**
   * Whom to sign for, and for how long: a usage failure where the cluster signs for no such span.
   */
  public record Wish(Person person, Duration validity) {
    public Wish {
      if (validity.compareTo(SHORTEST) < 0) {
        throw new Failure.Usage(
            "--for %s is too short: Kubernetes signs for 10m at the least"
                .formatted(GoDuration.text(validity)),
            "for example --for 8h");
      }
      if (validity.compareTo(LONGEST) > 0) {
        throw new Failure.Usage(
            "--for %s is too long: the cluster signs for a year (365d) at the most"
                .formatted(GoDuration.text(validity)),
            "a certificate cannot be taken back before it ends: take a short one, and a new one"
                + " when it has ended");
      }
    }
  }

  /**
   * The person's credentials. The certificate may end sooner than wished: it says itself when.
   *
   * @throws Failure.Unreachable if no master can be reached
   * @throws Failure.Failed if none that can be reached signed
   */
  public Credentials sign(ClusterSpec spec, Wish wish) throws InterruptedException {
    ClientKey key = ClientKey.generate(random);
    String request = key.request(wish.person());
    List<Failure> failures = new ArrayList<>();
    for (NodeSpec master : spec.masters()) {
      try {
        return credentials(master, wish.person(), key, ask(master, request, wish));
      } catch (Failure failure) {
        failures.add(failure);
      }
    }
    throw RemoteSteps.noMaster("no master's API signed", failures);
  }

  private String ask(NodeSpec master, String request, Wish wish) throws InterruptedException {
    // its own at each master: what one that died began may still be there
    String name = "mainstay-" + HexFormat.of().toHexDigits(random.nextLong());
    return remote.feed(
        master,
        "signing for " + wish.person().user(),
        "sign-user",
        Secret.of(manifest(name, request, wish)),
        List.of(name),
        DEADLINE);
  }

  private static String manifest(String name, String request, Wish wish) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("request", Credentials.base64(request));
    spec.put("signerName", "kubernetes.io/kube-apiserver-client");
    spec.put("expirationSeconds", wish.validity().toSeconds());
    spec.put("usages", List.of("digital signature", "client auth"));
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("apiVersion", "certificates.k8s.io/v1");
    manifest.put("kind", "CertificateSigningRequest");
    manifest.put("metadata", Map.of("name", name));
    manifest.put("spec", spec);
    return new ObjectMapper().writeValueAsString(manifest);
  }

  private static Credentials credentials(
      NodeSpec master, Person person, ClientKey key, String answer) {
    String certificate = line(master, answer, "certificate");
    if (!key.isCertified(Base64.getDecoder().decode(certificate), person)) {
      throw new Failure.Failed(
          "%s (%s) answered with a certificate of another key or name"
              .formatted(master.name(), master.address()),
          "who has replaced the cluster's signer?");
    }
    return new Credentials(
        Optional.of(person),
        master.name(),
        line(master, answer, "authority"),
        certificate,
        Secret.of(
            Credentials.base64(new String(key.secret().reveal(), StandardCharsets.US_ASCII))));
  }

  private static String line(NodeSpec master, String answer, String word) {
    return answer
        .lines()
        .filter(line -> line.startsWith(word + " "))
        .map(line -> line.substring(word.length() + 1))
        .findFirst()
        .orElseThrow(() ->
            new Failure.Failed(
                "%s (%s) answered without %s".formatted(master.name(), master.address(), word),
                "run the same command again"));
  }
}
