package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.Secret;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class KubeconfigTest {
  private static final ClusterSpec SPEC = Fixture.spec(2, 1);

  private static final String ADMIN_CONF =
      """
      clusters:
      - cluster:
          certificate-authority-data: Q0E=
          server: https://api.demo.internal:7443
      users:
      - name: kubernetes-admin
        user:
          client-certificate-data: Q0VSVA==
          client-key-data: S0VZ
      """;

  private final FakeHosts hosts = new FakeHosts();

  /** Credentials of {@code person}, from the second master. */
  static Credentials credentials(Optional<Person> person) {
    return new Credentials(person, new NodeName("m2"), "Q0E=", "Q0VSVA==", Secret.of("S0VZ"));
  }

  private static String authorityId(String authority) {
    return new Credentials(
            Optional.empty(),
            new NodeName("m1"),
            Credentials.base64(authority),
            "Q0VSVA==",
            Secret.of("S0VZ"))
        .authorityId();
  }

  @Test
  void anAuthorityIsKnownByItsFirstCertificateAlone() {
    String der = "a certificate of more than sixty-four bytes, so that it takes two lines of PEM";
    String plain =
        """
        -----BEGIN CERTIFICATE-----
        %s
        -----END CERTIFICATE-----
        """
            .formatted(Credentials.base64(der).replaceFirst("^.{64}", "$0\n"));
    // as it is in people's kubeconfigs since the first version: of kubeadm's own text in base64
    assertThat(authorityId(plain)).isEqualTo("sha256:8a17dd4c2bf391cb");
    assertThat(authorityId("Certificate:\n    Version: 3 (0x2)\n" + plain))
        .isEqualTo(authorityId(plain));
    assertThat(authorityId(plain.replace("\n", "\r\n"))).isEqualTo(authorityId(plain));
    assertThat(authorityId(plain + plain.replace("Y", "Z"))).isEqualTo(authorityId(plain));
    assertThat(authorityId(plain.replace("Y", "Z"))).isNotEqualTo(authorityId(plain));
  }

  @Test
  void aKubeconfigHasEveryMasterAndTheEndpoint() throws Exception {
    hosts.cut("m1", new Failure.Unreachable("m1 is off", "", true));
    hosts.answer("admin-conf", new Output(0, ADMIN_CONF, ""));
    Credentials administrator = new ExportKubeconfig(hosts).administrator(SPEC);
    assertThat(administrator.toString()).doesNotContain("S0VZ");
    Kubeconfig kubeconfig = ExportKubeconfig.export(SPEC, administrator);
    assertThat(kubeconfig).hasToString("***");
    Golden.check("kubeconfig.yaml", kubeconfig.text());
  }

  @Test
  void aPersonsNamesDoNotClashWithThoseOfOthers() {
    Kubeconfig kubeconfig =
        ExportKubeconfig.export(
            SPEC, credentials(Optional.of(new Person("alice", List.of("developers")))));
    Golden.check("kubeconfig-alice.yaml", kubeconfig.text());
    assertThat(kubeconfig.currentContext()).isEqualTo("alice@demo-m2");
  }

  @Test
  void aKubeconfigNeedsOneMaster() {
    hosts.cut("m1", new Failure.Unreachable("m1 is off", "", true));
    hosts.answer("admin-conf", new Output(1, "", "cat: no such file"));
    assertThatThrownBy(() -> new ExportKubeconfig(hosts).administrator(SPEC))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("m1 is off")
        .hasMessageContaining("m2 (10.77.0.12): reading admin.conf failed: cat: no such file");
  }

  @Test
  void aMasterThatHangsOrHasATornFileIsPassedOver() throws Exception {
    hosts.answer(
        "admin-conf",
        ran -> {
          if (ran.node().equals("m1")) {
            throw new Failure.Failed("m1: not done within 5 s", "");
          }
          return new Output(0, ran.node().equals("m2") ? "apiVersion: v1\n" : ADMIN_CONF, "");
        });
    assertThat(new ExportKubeconfig(hosts).administrator(Fixture.spec(3, 0)).from())
        .hasToString("m3");
  }

  @Test
  void aClusterWithNoMasterInReachIsUnreachable() {
    for (String master : List.of("m1", "m2")) {
      hosts.cut(master, new Failure.Unreachable(master + " is off", "", true));
    }
    assertThatThrownBy(() -> new ExportKubeconfig(hosts).administrator(SPEC))
        .isInstanceOf(Failure.Unreachable.class);
  }
}
