package dev.mainstay.cluster;

/** The certificates of a kubelet that Mainstay renews where kubelet does not. */
enum KubeletCertificate {
  /** By which it speaks to the API; kubelet renews it itself as long as it and the API work. */
  CLIENT("client", HostCertificates.KUBELET_CLIENT),
  /** What its own port serves; signed by kubelet itself, for a year, and never renewed by it. */
  SERVER("server", HostCertificates.KUBELET_SERVER);

  private final String word;
  private final String file;

  KubeletCertificate(String word, String file) {
    this.word = word;
    this.file = file;
  }

  String word() {
    return word;
  }

  String file() {
    return file;
  }
}
