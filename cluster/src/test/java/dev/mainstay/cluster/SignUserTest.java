package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Output;
import java.io.StringReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

final class SignUserTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 0);
  private static final Instant END = Instant.parse("2027-11-23T15:00:00Z");
  private static final Person ALICE = new Person("alice", List.of("developers", "night-shift"));
  private static final SignUser.Wish WISH = new SignUser.Wish(ALICE, Duration.ofHours(8));

  private final FakeHosts hosts = new FakeHosts();
  private final SignUser sign = new SignUser(hosts, new SecureRandom());

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static PKCS10CertificationRequest request(JsonNode manifest) throws Exception {
    String pem =
        new String(
            Base64.getDecoder().decode(manifest.path("spec").path("request").asString("")),
            StandardCharsets.US_ASCII);
    try (PEMParser parser = new PEMParser(new StringReader(pem))) {
      return (PKCS10CertificationRequest) parser.readObject();
    }
  }

  private static JsonNode manifest(FakeHosts.Ran ran) {
    return new ObjectMapper().readTree(ran.stdin());
  }

  /** What the script prints when the cluster's signer signs what came in, until {@link #END}. */
  private static Output signed(FakeHosts.Ran ran) {
    return signed(ran, UnaryOperator.identity());
  }

  private static Output signed(FakeHosts.Ran ran, UnaryOperator<X500Name> subject) {
    try {
      KeyPair authority = KeyPairGenerator.getInstance("EC").generateKeyPair();
      PKCS10CertificationRequest request = request(manifest(ran));
      byte[] certificate =
          new X509v3CertificateBuilder(
                  new X500Name("CN=kubernetes"),
                  BigInteger.ONE,
                  Date.from(END.minus(Duration.ofHours(8))),
                  Date.from(END),
                  subject.apply(request.getSubject()),
                  request.getSubjectPublicKeyInfo())
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(authority.getPrivate()))
              .getEncoded();
      String pem =
          "-----BEGIN CERTIFICATE-----\n"
              + Base64.getMimeEncoder().encodeToString(certificate)
              + "\n-----END CERTIFICATE-----\n";
      return new Output(
          0, "authority Q0E=\ncertificate " + base64(pem.getBytes(StandardCharsets.US_ASCII)), "");
    } catch (Exception broken) {
      throw new AssertionError(broken);
    }
  }

  @Test
  void asksTheClustersSignerForAPersonsCertificate() throws Exception {
    hosts.answer("sign-user", SignUserTest::signed);
    Credentials credentials = sign.sign(SPEC, WISH);
    assertThat(credentials.person()).contains(ALICE);
    assertThat(credentials.from().value()).isEqualTo("m1");
    assertThat(credentials.authority()).isEqualTo("Q0E=");
    assertThat(credentials.clientCertificate().subject())
        .isEqualTo("CN=alice,O=night-shift,O=developers");
    assertThat(credentials.clientCertificate().notAfter()).isEqualTo(END);
    assertThat(hosts.scripts()).containsExactly("m1 sign-user");
    FakeHosts.Ran ran = hosts.ran.getFirst();
    JsonNode manifest = manifest(ran);
    assertThat(manifest.path("metadata").path("name").asString(""))
        .matches("mainstay-[0-9a-f]{16}")
        .isEqualTo(ran.arguments().get(1));
    JsonNode spec = manifest.path("spec");
    assertThat(spec.path("signerName").asString(""))
        .isEqualTo("kubernetes.io/kube-apiserver-client");
    assertThat(spec.path("expirationSeconds").asInt(0)).isEqualTo(8 * 3600);
    assertThat(spec.path("usages"))
        .extracting(one -> one.asString(""))
        .containsExactly("digital signature", "client auth");
  }

  @Test
  void thePrivateKeyFitsTheRequestAndIsNotInIt() throws Exception {
    hosts.answer("sign-user", SignUserTest::signed);
    Credentials credentials = sign.sign(SPEC, WISH);
    String pem =
        new String(Base64.getDecoder().decode(credentials.keyText()), StandardCharsets.US_ASCII);
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]*-----", ""));
    assertThat(KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der)))
        .isNotNull();
    FakeHosts.Ran ran = hosts.ran.getFirst();
    PKCS10CertificationRequest request = request(manifest(ran));
    assertThat(
            request.isSignatureValid(
                new JcaContentVerifierProviderBuilder().build(request.getSubjectPublicKeyInfo())))
        .isTrue();
    assertThat(ran.stdin()).doesNotContain(base64(der)).doesNotContain("PRIVATE");
    assertThat(credentials.toString()).doesNotContain(credentials.keyText());
  }

  @Test
  void anyMasterThatAnswersSigns() throws Exception {
    hosts.cut("m1", new Failure.Unreachable("m1 is off", "", true));
    hosts.answer(
        "sign-user", ran -> ran.node().equals("m2") ? new Output(1, "", "refused") : signed(ran));
    assertThat(sign.sign(SPEC, WISH).from().value()).isEqualTo("m3");
    assertThat(hosts.ran.get(0).arguments().get(1))
        .isNotEqualTo(hosts.ran.get(1).arguments().get(1));
  }

  @Test
  void saysWhatEachMasterSaidWhenNoneSigns() {
    hosts.cut("m1", new Failure.Unreachable("m1 is off", "", true));
    hosts.answer("sign-user", new Output(1, "", "the connection to the server was refused"));
    assertThatThrownBy(() -> sign.sign(SPEC, WISH))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("m1 is off")
        .hasMessageContaining("m2 (10.77.0.12): signing for alice failed: the connection")
        .hasMessageContaining("m3 (10.77.0.13)");
  }

  @Test
  void aClusterWithNoHostInReachIsUnreachable() {
    for (String master : List.of("m1", "m2", "m3")) {
      hosts.cut(master, new Failure.Unreachable(master + " is off", "", true));
    }
    assertThatThrownBy(() -> sign.sign(SPEC, WISH)).isInstanceOf(Failure.Unreachable.class);
  }

  @Test
  void refusesACertificateOfAnotherKey() {
    Output other =
        signed(
            new FakeHosts.Ran(
                "m1",
                "sign-user",
                List.of(),
                "{\"spec\":{\"request\":\"%s\"}}"
                    .formatted(
                        base64(
                            ClientKey.generate(new SecureRandom())
                                .request(ALICE)
                                .getBytes(StandardCharsets.US_ASCII)))));
    hosts.answer("sign-user", other);
    assertThatThrownBy(() -> sign.sign(SPEC, WISH)).hasMessageContaining("of another key");
  }

  @Test
  void refusesACertificateOfAnotherName() {
    for (String other : List.of("CN=bob", "CN=alice,O=developers", "CN=alice,CN=bob")) {
      hosts.answer("sign-user", ran -> signed(ran, _ -> new X500Name(other)));
      assertThatThrownBy(() -> sign.sign(SPEC, WISH))
          .hasMessageContaining("of another key or name");
    }
  }

  @Test
  void theSignersOwnWayToWriteANameIsTheSameName() throws Exception {
    // Go's pkix.Name: all groups in one part, printable strings, and the name behind
    X500Name gos =
        new X500NameBuilder()
            .addMultiValuedRDN(
                new ASN1ObjectIdentifier[] {BCStyle.O, BCStyle.O},
                new ASN1Encodable[] {
                  new DERPrintableString("developers"), new DERPrintableString("night-shift")
                })
            .addRDN(BCStyle.CN, new DERPrintableString("alice"))
            .build();
    hosts.answer("sign-user", ran -> signed(ran, _ -> gos));
    assertThat(sign.sign(SPEC, WISH).person()).contains(ALICE);
  }

  @Test
  void namesAreTakenLiterally() throws Exception {
    for (String name : List.of("\\system:kube-scheduler", "#0c0361626d", "a+b=c, d\"e")) {
      hosts.answer("sign-user", SignUserTest::signed);
      sign.sign(SPEC, new SignUser.Wish(Person.of(name, List.of(name, "x")), Duration.ofHours(1)));
      X500Name subject = request(manifest(hosts.ran.getLast())).getSubject();
      assertThat(subject.getRDNs(BCStyle.CN)[0].getFirst().getValue()).hasToString(name);
      assertThat(subject.getRDNs(BCStyle.O)[0].getFirst().getValue()).hasToString(name);
    }
  }

  @Test
  void lifesThatTheClusterDoesNotSignForAreUsage() {
    assertThatThrownBy(() -> new SignUser.Wish(ALICE, Duration.ofMinutes(9)))
        .isInstanceOf(Failure.Usage.class)
        .hasMessage("--for 9m is too short: Kubernetes signs for 10m at the least");
    assertThatThrownBy(() -> new SignUser.Wish(ALICE, Duration.ofDays(366)))
        .isInstanceOf(Failure.Usage.class)
        .hasMessageContaining("--for 8784h is too long");
  }

  private static Failure.Usage refusal(String user, String... groups) {
    Failure.Usage refusal =
        catchThrowableOfType(Failure.Usage.class, () -> Person.of(user, List.of(groups)));
    assertThat(refusal).isNotNull();
    return refusal;
  }

  @Test
  void namesThatNoPersonHasAreUsage() {
    assertThat(refusal("")).hasMessageContaining("is empty");
    assertThat(refusal("alice\n")).hasMessageContaining("blank");
    assertThat(refusal("a".repeat(65))).hasMessageContaining("longer than the 64");
    assertThat(refusal("alice", " ")).hasMessageContaining("--group \" \" is empty");
    assertThat(refusal("system:kube-scheduler")).hasMessageContaining("own components");
    Failure.Usage masters = refusal("alice", "developers", "system:masters");
    assertThat(masters).hasMessageContaining("admission refuses");
    assertThat(masters.advice()).contains("--group kubeadm:cluster-admins");
    assertThat(Person.of("alice@example.com", List.of("a", "b", "a")).groups())
        .containsExactly("a", "b");
  }
}
