package dev.mainstay.bundle;

import dev.mainstay.model.Role;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What is in each bundle, however it is made: the binaries and images, and who needs them. */
final class Contents {
  private static final Set<Role> ALL = EnumSet.allOf(Role.class);
  private static final Set<Role> MASTERS = EnumSet.of(Role.MASTER);

  /** The plugins of the CNI project that flannel's chain and common other networks use. */
  static final List<String> CNI_PLUGINS =
      List.of(
          "bandwidth",
          "bridge",
          "firewall",
          "host-device",
          "host-local",
          "ipvlan",
          "loopback",
          "macvlan",
          "portmap",
          "ptp",
          "static",
          "tuning",
          "vlan");

  private Contents() {}

  /**
   * A program on hosts.
   *
   * @param component the component that it is of, as {@link Pins} names it
   * @param destination the directory on a host
   */
  record HostBinary(String name, String component, String destination, Set<Role> roles) {
    /** Where it lies in the bundle. */
    String file() {
      return (destination.equals(CNI) ? "cni/" : "bin/") + name;
    }
  }

  private static final String BIN = "/usr/local/bin";
  private static final String CNI = "/opt/cni/bin";

  /** All programs on hosts. */
  static List<HostBinary> binaries() {
    return Stream.concat(
            Stream.of(
                new HostBinary("kubeadm", "kubernetes", BIN, ALL),
                new HostBinary("kubelet", "kubernetes", BIN, ALL),
                new HostBinary("kubectl", "kubernetes", BIN, ALL),
                new HostBinary("etcdctl", "etcd", BIN, MASTERS),
                new HostBinary("etcdutl", "etcd", BIN, MASTERS),
                new HostBinary("containerd", "containerd", BIN, ALL),
                new HostBinary("containerd-shim-runc-v2", "containerd", BIN, ALL),
                new HostBinary("ctr", "containerd", BIN, ALL),
                new HostBinary("crictl", "crictl", BIN, ALL),
                new HostBinary("flannel", "cni-flannel", CNI, ALL)),
            CNI_PLUGINS.stream().map(name -> new HostBinary(name, "cni-plugins", CNI, ALL)))
        .toList();
  }

  /**
   * An image, under the name and tag that kubeadm of this version or flannel's manifest asks for.
   *
   * @param component the component that it is of, or {@code pause}
   */
  record Image(String name, String tag, String component, Set<Role> roles) {
    String reference() {
      return name + ":" + tag;
    }

    /** The last word of its name. */
    String shortName() {
      return name.substring(name.lastIndexOf('/') + 1);
    }

    /** Where it lies in the bundle. */
    String file() {
      return "images/" + shortName() + ".tar";
    }
  }

  /** All images, in the order of {@code kubeadm config images list}, and flannel's. */
  static List<Image> images(Pins pins) {
    String registry = "registry.k8s.io/";
    String version = pins.kubernetes().tag();
    return List.of(
        new Image(registry + "kube-apiserver", version, "kubernetes", MASTERS),
        new Image(registry + "kube-controller-manager", version, "kubernetes", MASTERS),
        new Image(registry + "kube-scheduler", version, "kubernetes", MASTERS),
        new Image(registry + "kube-proxy", version, "kubernetes", ALL),
        new Image(registry + "coredns/coredns", pins.image("coredns"), "coredns", ALL),
        new Image(registry + "pause", pins.image("pause"), "pause", ALL),
        new Image(registry + "etcd", pins.image("etcd"), "etcd", MASTERS),
        new Image("ghcr.io/flannel-io/flannel", "v" + pins.module("flannel"), "flannel", ALL));
  }
}
