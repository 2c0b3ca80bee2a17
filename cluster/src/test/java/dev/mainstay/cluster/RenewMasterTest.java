package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Output;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a renewal sends to which host, and what it makes of the answer. */
final class RenewMasterTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 1);
  private static final List<KubeadmCertificate> API = List.of(KubeadmCertificate.APISERVER);
  private static final Clock CLOCK = Clock.fixed(FakeCertificates.NOW, ZoneOffset.UTC);

  private final FakeHosts hosts = new FakeHosts();
  private final HostCertificates before =
      FakeCertificates.of(Fixture.node(SPEC, "m2"), Duration.ofDays(3));
  private final HostCertificates after =
      FakeCertificates.of(Fixture.node(SPEC, "m2"), Duration.ofDays(365));

  private static NodeSpec node(String name) {
    return Fixture.node(SPEC, name);
  }

  private List<String> wrong(HostCertificates after) {
    return RenewMaster.wrong(
        List.of(KubeadmCertificate.values()), before, after, FakeCertificates.NOW);
  }

  @Test
  void newCertificatesForTheSameNamesAreRight() {
    assertThat(wrong(after)).isEmpty();
  }

  @Test
  void whateverElseChangedIsWrong() {
    assertThat(wrong(before)).hasSize(10).allMatch(one -> one.endsWith(" was not renewed"));
    String file = KubeadmCertificate.APISERVER.file();
    Certificate good = after.of(KubeadmCertificate.APISERVER).orElseThrow();
    Certificate renamed =
        new Certificate(
            good.subject(),
            good.issuer(),
            List.of("DNS:other"),
            good.usages(),
            good.notBefore(),
            good.notAfter(),
            false,
            good.sha256());
    assertThat(wrong(FakeCertificates.with(after, file, renamed)))
        .containsExactly(
            file
                + " is for CN=apiserver [DNS:other] by CN=kubernetes, was for CN=apiserver"
                + " [DNS:m1.demo.internal, IP:127.0.0.1] by CN=kubernetes");
    assertThat(
            wrong(
                FakeCertificates.with(
                    after, file, FakeCertificates.leaf("apiserver", Duration.ofSeconds(-1)))))
        .contains(file + " has ended already; does the host's clock go right?")
        .contains("port 6443 does not serve " + file);
    assertThat(wrong(FakeCertificates.outdated(after, "kube-scheduler")))
        .containsExactly("kube-scheduler still runs with an older certificate");
    String authority = KubeadmCertificate.Authority.CLUSTER.certificate();
    assertThat(wrong(FakeCertificates.with(after, authority, good)))
        .containsExactly(authority + " is another one than before");
    Map<String, Certificate> less = new HashMap<>(after.onDisk());
    less.remove(KubeadmCertificate.ADMIN.file());
    assertThat(
            wrong(
                new HostCertificates(less, after.served(), true, after.authorityKeys(), Set.of())))
        .containsExactly(KubeadmCertificate.ADMIN.file() + " is gone");
  }

  @Test
  void aHostWithoutOpensslIsTrustedInWhatItServes() {
    assertThat(
            wrong(
                new HostCertificates(
                    after.onDisk(), Map.of(), false, after.authorityKeys(), Set.of())))
        .isEmpty();
  }

  private void renew(Action.RenewCertificates.Share share, List<NodeSpec> gate)
      throws InterruptedException {
    new RenewMaster(SPEC, new RemoteSteps(hosts), CLOCK)
        .renew(
            new Action.RenewCertificates(
                node("m2"), API, share, gate, Action.RenewCertificates.Afterwards.SERVES),
            said -> {});
  }

  @Test
  void theOthersAreAskedFirst() throws Exception {
    hosts.answer("renew-certificates", new Output(0, "before end\nend\n", ""));
    renew(Action.RenewCertificates.Share.SOME, List.of(node("m1"), node("m3")));
    assertThat(hosts.scripts().subList(0, 2))
        .containsExactlyInAnyOrder("m1 master-serves", "m3 master-serves");
    FakeHosts.Ran ran = hosts.ran.getLast();
    assertThat(ran.node() + " " + ran.script()).isEqualTo("m2 renew-certificates");
    assertThat(ran.stdin()).contains("kind: ClusterConfiguration", "ECDSA-P256");
    assertThat(ran.arguments()).containsExactly(HostFile.sha256(ran.stdin()), "serve", "apiserver");
  }

  @Test
  void allAtOnceIsOneWordToKubeadm() throws Exception {
    hosts.answer("renew-certificates", new Output(0, "before end\nend\n", ""));
    renew(Action.RenewCertificates.Share.ALL, List.of());
    assertThat(hosts.ran.getLast().arguments().subList(1, 3)).containsExactly("serve", "all");
  }

  @Test
  void whatKubeadmSaidIsTheFailure() {
    hosts.answer("renew-certificates", new Output(1, "", "error: no such thing\n"));
    assertThatThrownBy(() -> renew(Action.RenewCertificates.Share.SOME, List.of()))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("m2 (10.77.0.12): renewing certificates failed: error: no such");
  }

  @Test
  void aKubeletsKeyIsSecretAndGoesByStandardInput() throws Exception {
    String pair = Base64.getEncoder().encodeToString("KEY".getBytes(StandardCharsets.UTF_8));
    hosts.answer("sign-kubelet", new Output(0, pair, ""));
    new RenewKubelet(Fixture.withValidity(SPEC, Duration.ofDays(500)), new RemoteSteps(hosts))
        .renew(
            new Action.RenewKubelet(
                node("w1"), Optional.of(node("m1")), List.of(KubeletCertificate.CLIENT)),
            said -> {});
    assertThat(hosts.scripts()).containsExactly("m1 sign-kubelet", "w1 renew-kubelet");
    assertThat(hosts.ran.getFirst().arguments().subList(1, 3))
        .containsExactly("w1.demo.internal", "8760h");
    FakeHosts.Ran ran = hosts.ran.getLast();
    assertThat(ran.stdin()).isEqualTo(pair);
    assertThat(ran.arguments()).containsExactly(HostFile.sha256(pair), "client");
  }

  @Test
  void aKubeletThatSignsForItselfNeedsNoMaster() throws Exception {
    new RenewKubelet(SPEC, new RemoteSteps(hosts))
        .renew(
            new Action.RenewKubelet(
                node("w1"), Optional.empty(), List.of(KubeletCertificate.SERVER)),
            said -> {});
    assertThat(hosts.scripts()).containsExactly("w1 renew-kubelet");
  }
}
