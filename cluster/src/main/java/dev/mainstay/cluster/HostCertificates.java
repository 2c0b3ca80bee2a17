package dev.mainstay.cluster;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The certificates of one host at one moment.
 *
 * @param onDisk by file; of a kubeconfig, its client certificate
 * @param served what TCP ports present to whoever connects, by port; a port that does not answer is
 *     not in it
 * @param looked whether the ports could be looked at: the host needs openssl for it
 * @param authorityKeys the private keys of authorities that lie on the host, by file
 * @param outdated the components that run with an older client certificate than lies on disk
 */
public record HostCertificates(
    Map<String, Certificate> onDisk,
    Map<Integer, Certificate> served,
    boolean looked,
    Set<String> authorityKeys,
    Set<String> outdated) {
  static final HostCertificates NONE =
      new HostCertificates(Map.of(), Map.of(), true, Set.of(), Set.of());

  static final String KUBELET_CLIENT = "/var/lib/kubelet/pki/kubelet-client-current.pem";

  /** What a kubelet signs for itself unless the cluster signs it. */
  static final String KUBELET_SERVER = "/var/lib/kubelet/pki/kubelet.crt";

  /** The ports that serve TLS on a node. */
  public static final List<Integer> PORTS = List.of(6443, 2379, 2380, 10250);

  private static final String KUBELET_SIGNED_SERVER =
      "/var/lib/kubelet/pki/kubelet-server-current.pem";

  public HostCertificates {
    onDisk = Map.copyOf(new TreeMap<>(onDisk));
    served = Map.copyOf(served);
    authorityKeys = Set.copyOf(authorityKeys);
    outdated = Set.copyOf(outdated);
  }

  /** The end of the certificate that ends first, authorities left out. */
  Optional<Instant> earliestExpiry() {
    return onDisk.values().stream()
        .filter(certificate -> !certificate.authority())
        .map(Certificate::notAfter)
        .min(Comparator.naturalOrder());
  }

  /** Whether the cluster's signer, and not kubelet itself, signs what kubelet's port serves. */
  boolean clusterSignsKubeletServer() {
    return onDisk.containsKey(KUBELET_SIGNED_SERVER);
  }

  /**
   * Reads what {@code certificates.sh} printed.
   *
   * @throws IllegalArgumentException if the text is torn
   */
  static HostCertificates parse(String text) {
    Map<String, Certificate> onDisk = new TreeMap<>();
    Map<Integer, Certificate> served = new TreeMap<>();
    Set<String> keys = new HashSet<>();
    Set<String> outdated = new HashSet<>();
    boolean looked = true;
    boolean whole = false;
    for (String line : text.split("\n", -1)) {
      String[] words = line.strip().split(" ", -1);
      switch (words[0]) {
        case "certificate", "kubeconfig" ->
            Certificate.decode(word(words, 2)).ifPresent(one -> onDisk.put(words[1], one));
        case "served" ->
            Certificate.decode(word(words, 2))
                .ifPresent(one -> served.put(Integer.valueOf(words[1]), one));
        case "key" -> keys.add(word(words, 1));
        case "outdated" -> outdated.add(word(words, 1));
        case "no-openssl" -> looked = false;
        case "end" -> whole = true;
        default -> {
          // an empty line
        }
      }
    }
    if (!whole) {
      throw new IllegalArgumentException("the list of certificates broke off");
    }
    return new HostCertificates(onDisk, served, looked, keys, outdated);
  }

  private static String word(String[] words, int index) {
    return words.length > index ? words[index] : "";
  }

  Optional<Certificate> of(KubeadmCertificate name) {
    return Optional.ofNullable(onDisk.get(name.file()));
  }

  Optional<Certificate> of(KubeadmCertificate.Authority authority) {
    return Optional.ofNullable(onDisk.get(authority.certificate()));
  }

  boolean hasKeyOf(KubeadmCertificate.Authority authority) {
    return authorityKeys.contains(authority.key());
  }

  boolean hasEnded(KubeadmCertificate name, Instant now) {
    return of(name).map(certificate -> certificate.hasEnded(now)).orElse(false);
  }

  /** The file whose certificate {@code port} should serve; empty where this host has none. */
  public Optional<String> fileOf(int port) {
    String file =
        switch (port) {
          case 6443 -> KubeadmCertificate.APISERVER.file();
          case 2379 -> KubeadmCertificate.ETCD_SERVER.file();
          case 2380 -> KubeadmCertificate.ETCD_PEER.file();
          case 10250 -> clusterSignsKubeletServer() ? KUBELET_SIGNED_SERVER : KUBELET_SERVER;
          default -> "";
        };
    return onDisk.containsKey(file) ? Optional.of(file) : Optional.empty();
  }

  /** Whether {@code port} serves the very certificate that lies in {@code file}. */
  public boolean serves(int port, String file) {
    Certificate present = served.get(port);
    Certificate lies = onDisk.get(file);
    return present != null && lies != null && present.sha256().equals(lies.sha256());
  }
}
