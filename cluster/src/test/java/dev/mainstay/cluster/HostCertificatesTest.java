package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** What certificates.sh says. */
final class HostCertificatesTest {
  /** A certificate made by openssl for a host. */
  static final String LEAF =
      "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJjVENDQVJhZ0F3SUJBZ0lVVzM0WXUwejg1ZnQr"
          + "NW5acnZoWHB1OTlJWkk0d0NnWUlLb1pJemowRUF3SXcKRHpFTk1Bc0dBMVVFQXd3RWJHVmhaakFlRncw"
          + "eU5qRXhNak14TmpRd01ERmFGdzB5TnpFeE1qTXhOalF3TURGYQpNQTh4RFRBTEJnTlZCQU1NQkd4bFlX"
          + "WXdXVEFUQmdjcWhrak9QUUlCQmdncWhrak9QUU1CQndOQ0FBU29DSUd1Ck40R3dmQW1PVmEwY0FPL2ww"
          + "VjF4UEVjV2gzRzMyNzJ5OWRHUTJnSFdnUDdjTTFSY2x6YWhkSnpuaFk5T1QrWDUKb0t6LytoRGpuTmZW"
          + "WjhqcG8xQXdUakFkQmdOVkhRNEVGZ1FVOFZkS0tKWmNkYXFoTzF3YU0rN3NvQjk0TDNVdwpId1lEVlIw"
          + "akJCZ3dGb0FVOFZkS0tKWmNkYXFoTzF3YU0rN3NvQjk0TDNVd0RBWURWUjBUQVFIL0JBSXdBREFLCkJn"
          + "Z3Foa2pPUFFRREFnTkpBREJHQWlFQTAvSnFnSXRpaU1FaU9jWkJaTXAyZzVITUQzcU1vVFJrZzBZVVVl"
          + "dkoKbjRVQ0lRRGpMWHBaZUdla1lYQy9PZTBsS1Zvc09nemtsTXlxUWdySFg1S0wvWGxsbFE9PQotLS0t"
          + "LUVORCBDRVJUSUZJQ0FURS0tLS0tCg==";

  /** An authority's, which ends earlier. */
  static final String AUTHORITY =
      "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJjRENDQVJXZ0F3SUJBZ0lVTTJNeGdnakdLMkdS"
          + "cTFNMjFnaHkrWEQwYVlnd0NnWUlLb1pJemowRUF3SXcKRFRFTE1Ba0dBMVVFQXd3Q1kyRXdIaGNOTWpZ"
          + "eE1USXpNVFkwTURBeFdoY05Nall4TWpBek1UWTBNREF4V2pBTgpNUXN3Q1FZRFZRUUREQUpqWVRCWk1C"
          + "TUdCeXFHU000OUFnRUdDQ3FHU000OUF3RUhBMElBQktnSWdhNDNnYkI4CkNZNVZyUndBNytYUlhYRThS"
          + "eGFIY2JmYnZiTDEwWkRhQWRhQS90d3pWRnlYTnFGMG5PZUZqMDVQNWZtZ3JQLzYKRU9PYzE5Vm55T21q"
          + "VXpCUk1CMEdBMVVkRGdRV0JCVHhWMG9vbGx4MXFxRTdYQm96N3V5Z0gzZ3ZkVEFmQmdOVgpIU01FR0RB"
          + "V2dCVHhWMG9vbGx4MXFxRTdYQm96N3V5Z0gzZ3ZkVEFQQmdOVkhSTUJBZjhFQlRBREFRSC9NQW9HCkND"
          + "cUdTTTQ5QkFNQ0Ewa0FNRVlDSVFETVR5eEQzcmM5bGRLYjNUeWcvZWFyc3BGeFlLaWFwWTFtZkVLemts"
          + "cWkKV2dJaEFOd044NEhqR2E0VTZEaEJqQnRac1BRMTFMSFZ3VDZWcTl6UnZnd3VXZkxsCi0tLS0tRU5E"
          + "IENFUlRJRklDQVRFLS0tLS0K";

  private static final Instant LEAF_ENDS = Instant.parse("2027-11-23T16:40:01Z");

  /** As the script prints files: DER in base64. */
  private static String der(String pem) {
    return new String(Base64.getDecoder().decode(pem), StandardCharsets.US_ASCII)
        .replaceAll("-----[A-Z ]+-----|\n", "");
  }

  @Test
  void filesKubeconfigsPortsAndKeys() {
    HostCertificates host =
        HostCertificates.parse(
            "certificate /etc/kubernetes/pki/apiserver.crt "
                + der(LEAF)
                + "\ncertificate /etc/kubernetes/pki/ca.crt "
                + der(AUTHORITY)
                + "\nkubeconfig /etc/kubernetes/admin.conf "
                + LEAF
                + "\nkey /etc/kubernetes/pki/ca.key\noutdated kube-scheduler\nserved 6443 "
                + der(LEAF)
                + "\nserved 2379 "
                + der(AUTHORITY)
                + "\nend\n");
    Certificate leaf = host.of(KubeadmCertificate.APISERVER).orElseThrow();
    assertThat(leaf.subject()).isEqualTo("CN=leaf");
    assertThat(leaf.notAfter()).isEqualTo(LEAF_ENDS);
    assertThat(leaf.authority()).isFalse();
    assertThat(host.of(KubeadmCertificate.ADMIN)).contains(leaf);
    assertThat(host.of(KubeadmCertificate.Authority.CLUSTER).orElseThrow().authority()).isTrue();
    assertThat(host.hasKeyOf(KubeadmCertificate.Authority.CLUSTER)).isTrue();
    assertThat(host.hasKeyOf(KubeadmCertificate.Authority.ETCD)).isFalse();
    assertThat(host.outdated()).containsExactly("kube-scheduler");
    assertThat(host.looked()).isTrue();
    assertThat(host.serves(6443, KubeadmCertificate.APISERVER.file())).isTrue();
    assertThat(host.fileOf(2379)).isEmpty();
    // the authority ends earlier, and does not count
    assertThat(host.earliestExpiry()).contains(LEAF_ENDS);
  }

  @Test
  void aTornCertificateIsLeftOutAndATornListRefused() {
    HostCertificates host =
        HostCertificates.parse(
            "certificate a " + LEAF.substring(0, 200) + "\ncertificate b\nserved 1 !!\nend");
    assertThat(host.onDisk()).isEmpty();
    assertThat(host.served()).isEmpty();
    assertThatThrownBy(() -> HostCertificates.parse("certificate a " + LEAF))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aHostWithoutOpensslDoesNotKnowWhatItServes() {
    assertThat(HostCertificates.parse("no-openssl\nend").looked()).isFalse();
  }

  @Test
  void theKubeletsPortServesWhatTheClusterSignedIfItDid() {
    Certificate any = Certificate.decode(LEAF).orElseThrow();
    HostCertificates own =
        FakeCertificates.host(java.util.Map.of(HostCertificates.KUBELET_SERVER, any));
    assertThat(own.fileOf(10250)).contains(HostCertificates.KUBELET_SERVER);
    String signed = "/var/lib/kubelet/pki/kubelet-server-current.pem";
    assertThat(
            FakeCertificates.host(
                    java.util.Map.of(HostCertificates.KUBELET_SERVER, any, signed, any))
                .fileOf(10250))
        .contains(signed);
  }

  @Test
  void dueIsThirtyDaysOrAThirdOfALife() {
    Instant now = Instant.parse("2027-01-01T00:00:00Z");
    Certificate year = FakeCertificates.ending(now.plus(Duration.ofDays(31)), Duration.ofDays(365));
    assertThat(DueDate.RULE.isDue(year, now)).isFalse();
    assertThat(DueDate.RULE.isDue(year, now.plus(Duration.ofDays(2)))).isTrue();
    Certificate minutes =
        FakeCertificates.ending(now.plus(Duration.ofMinutes(3)), Duration.ofMinutes(6));
    assertThat(DueDate.RULE.isDue(minutes, now)).isFalse();
    assertThat(DueDate.RULE.isDue(minutes, now.plus(Duration.ofSeconds(61)))).isTrue();
    assertThat(new DueDate(java.util.Optional.of(Duration.ofDays(32))).isDue(year, now)).isTrue();
    assertThat(DueDate.isOverdueOfKubelet(minutes, now.plus(Duration.ofSeconds(61)))).isFalse();
    assertThat(DueDate.isOverdueOfKubelet(minutes, now.plus(Duration.ofSeconds(170)))).isTrue();
  }
}
