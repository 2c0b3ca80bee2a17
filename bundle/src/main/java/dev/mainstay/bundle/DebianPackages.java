package dev.mainstay.bundle;

import java.util.List;

/** stub */
final class DebianPackages {
  /** What hosts need of their distribution, beside what these depend on. */
  static final List<String> WANTED =
      List.of("conntrack", "ethtool", "haproxy", "iptables", "runc", "socat");

  private DebianPackages() {}
}
