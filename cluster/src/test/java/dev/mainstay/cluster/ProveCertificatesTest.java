package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.cluster.ProveCertificates.Fingerprint;
import dev.mainstay.cluster.ProveCertificates.Proof;
import dev.mainstay.engine.Disruption;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Output;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may change while a run goes on, and what may not. */
final class ProveCertificatesTest {
  private static final ClusterSpec SPEC = Fixture.spec(2, 0);
  private static final String SERVER = "/etc/kubernetes/pki/apiserver.crt";
  private static final String ADMIN = "/etc/kubernetes/admin.conf";
  private static final String KUBELET_CLIENT =
      "/var/lib/kubelet/pki/kubelet-client-2026-11-23-07-00-00.pem";
  private static final String KUBELET_SERVER = "/var/lib/kubelet/pki/kubelet-server-current.pem";
  private static final List<String> AUTHORITIES =
      List.of(
          "/etc/kubernetes/pki/ca.crt",
          "/etc/kubernetes/pki/etcd/ca.key",
          "/etc/kubernetes/pki/front-proxy-ca.crt",
          "/etc/kubernetes/pki/sa.pub");

  private final Bundle bundle;
  private final FakeHosts hosts = new FakeHosts();
  private final Map<String, String> before = new TreeMap<>();
  private final Map<String, String> after = new TreeMap<>();

  ProveCertificatesTest(@TempDir Path folder) {
    bundle = Fixture.bundle(folder);
    for (String file : List.of(SERVER, ADMIN, KUBELET_CLIENT, KUBELET_SERVER)) {
      before.put(file, "aa");
    }
    AUTHORITIES.forEach(file -> before.put(file, "aa"));
    after.putAll(before);
    hosts.answer("fingerprints", ran -> lines(ran.node().equals("m1") ? after : before));
  }

  private static Output lines(Map<String, String> fingerprints) {
    return new Output(
        0,
        fingerprints.entrySet().stream()
            .map(one -> "fingerprint " + one.getValue() + " " + one.getKey() + "\n")
            .collect(Collectors.joining()),
        "");
  }

  /** Of a run that renewed what {@code renewed} name, over two masters that both had all files. */
  private Proof proof(String... renewed) throws InterruptedException {
    List<HostFacts> facts = new ArrayList<>();
    for (String name : List.of("m1", "m2")) {
      FakeHost host = FakeHost.of(SPEC, name).at(Stage.PROVISIONED, SPEC, bundle);
      host.fingerprints.putAll(before);
      facts.add(host.facts());
    }
    List<Step<Action>> steps = new ArrayList<>();
    for (String name : renewed) {
      steps.add(
          new Step<>(
              "certificates/renew/" + name,
              name,
              Why.CERTIFICATE_DUE,
              "renew",
              Disruption.NONE,
              Set.of(),
              new Action.RenewKubelet(Fixture.node(SPEC, name), Optional.empty(), List.of())));
    }
    Changes changes =
        new Changes(
            SPEC,
            Fixture.facts(facts, Optional.empty()),
            bundle,
            new Plan<>(List.of(new Phase<>("certificates/renew", "renew", steps))),
            List.of());
    return new ProveCertificates(hosts).prove(changes).orElseThrow();
  }

  private static List<String> violations(Proof proof) {
    return proof.violations().stream()
        .map(one -> one.node() + " " + one.file() + " " + one.before() + " -> " + one.after())
        .toList();
  }

  @Test
  void whatIsAsItWasIsProven() throws Exception {
    Proof proof = proof();
    assertThat(proof.fingerprints()).hasSize(2 * before.size()).allMatch(Fingerprint::isUnchanged);
    assertThat(proof.violations()).isEmpty();
    assertThat(proof.silent()).isEmpty();
  }

  @Test
  void whatChangedOrWentAndNoRenewalWasPlannedForIsAViolation() throws Exception {
    after.put(SERVER, "bb");
    after.remove(ADMIN);
    assertThat(violations(proof()))
        .containsExactly("m1 " + ADMIN + " aa -> ", "m1 " + SERVER + " aa -> bb");
    // a renewal on another node is none here
    assertThat(violations(proof("m2"))).hasSize(2);
  }

  @Test
  void whatARenewalWasPlannedForMayChange() throws Exception {
    after.put(SERVER, "bb");
    after.put(ADMIN, "bb");
    Proof proof = proof("m1");
    assertThat(proof.violations()).isEmpty();
    assertThat(proof.fingerprints()).filteredOn(one -> !one.isUnchanged()).hasSize(2);
  }

  @Test
  void noRenewalMayChangeAnAuthority() throws Exception {
    for (String authority : AUTHORITIES) {
      after.put(authority, "bb");
    }
    assertThat(violations(proof("m1")))
        .containsExactlyElementsOf(
            AUTHORITIES.stream().map(file -> "m1 " + file + " aa -> bb").toList());
  }

  @Test
  void whatKubeletRenewsByItselfMayChangeAndGo() throws Exception {
    after.remove(KUBELET_CLIENT);
    after.put(KUBELET_SERVER, "bb");
    assertThat(proof().violations()).isEmpty();
  }

  @Test
  void aNodeThatCannotBeAskedIsNamedAndNotTakenForProven() throws Exception {
    hosts.cut("m2", new Failure.Unreachable("m2 is off", "", true));
    Proof proof = proof();
    assertThat(proof.silent()).containsExactly("m2");
    assertThat(proof.fingerprints()).extracting(Fingerprint::node).containsOnly("m1");
  }
}
