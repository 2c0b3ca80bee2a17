package dev.mainstay.cluster;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The certificates that {@code kubeadm certs renew} knows, by its names (kubeadm's
 * phases/certs/certlist.go and phases/certs/renewal/manager.go).
 */
enum KubeadmCertificate {
  APISERVER("apiserver", "pki/apiserver.crt", Authority.CLUSTER),
  APISERVER_KUBELET_CLIENT(
      "apiserver-kubelet-client", "pki/apiserver-kubelet-client.crt", Authority.CLUSTER),
  FRONT_PROXY_CLIENT("front-proxy-client", "pki/front-proxy-client.crt", Authority.FRONT_PROXY),
  ETCD_SERVER("etcd-server", "pki/etcd/server.crt", Authority.ETCD),
  ETCD_PEER("etcd-peer", "pki/etcd/peer.crt", Authority.ETCD),
  ETCD_HEALTHCHECK_CLIENT(
      "etcd-healthcheck-client", "pki/etcd/healthcheck-client.crt", Authority.ETCD),
  APISERVER_ETCD_CLIENT("apiserver-etcd-client", "pki/apiserver-etcd-client.crt", Authority.ETCD),
  ADMIN("admin.conf", "admin.conf", Authority.CLUSTER),
  SUPER_ADMIN("super-admin.conf", "super-admin.conf", Authority.CLUSTER),
  CONTROLLER_MANAGER("controller-manager.conf", "controller-manager.conf", Authority.CLUSTER),
  SCHEDULER("scheduler.conf", "scheduler.conf", Authority.CLUSTER);

  /**
   * Who signs certificates, as the file that lies on masters with {@code .crt} and {@code .key}.
   */
  enum Authority {
    CLUSTER("/etc/kubernetes/pki/ca"),
    ETCD("/etc/kubernetes/pki/etcd/ca"),
    FRONT_PROXY("/etc/kubernetes/pki/front-proxy-ca");

    private final String file;

    Authority(String file) {
      this.file = file;
    }

    String certificate() {
      return file + ".crt";
    }

    String key() {
      return file + ".key";
    }
  }

  private final String word;
  private final String file;
  private final Authority authority;

  KubeadmCertificate(String word, String file, Authority authority) {
    this.word = word;
    this.file = "/etc/kubernetes/" + file;
    this.authority = authority;
  }

  /** What {@code kubeadm certs renew} calls it. */
  String word() {
    return word;
  }

  String file() {
    return file;
  }

  Authority authority() {
    return authority;
  }

  static Optional<KubeadmCertificate> ofFile(String file) {
    return Arrays.stream(values()).filter(one -> one.file.equals(file)).findFirst();
  }

  /** Those without which a master's API or etcd member is cut off from all others. */
  static List<KubeadmCertificate> withoutWhichNothingServes() {
    return List.of(APISERVER, APISERVER_ETCD_CLIENT, ETCD_SERVER, ETCD_PEER);
  }
}
