package dev.mainstay.cluster;

import java.util.Locale;

/** How far a host is on its way to a node, as the host itself remembers it. */
enum Stage {
  /** Nothing of a cluster is there. */
  EMPTY,
  /** kubeadm began and did not end well: what it left must go before it begins again. */
  STARTED,
  /** kubeadm ended well, and the node is not yet as Mainstay wants it. */
  JOINED,
  /** A node that Mainstay has finished. */
  PROVISIONED;

  /** As scripts are told it: {@code -} for a host on which nothing is. */
  String word() {
    return this == EMPTY ? "-" : name().toLowerCase(Locale.ROOT);
  }

  /** The stage that {@code word}, the content of {@code /etc/mainstay/stage}, names. */
  static Stage of(String word) {
    for (Stage stage : values()) {
      if (stage.name().toLowerCase(Locale.ROOT).equals(word.strip())) {
        return stage;
      }
    }
    return STARTED;
  }
}
