package dev.mainstay.bundle;

import dev.mainstay.model.KubernetesVersion;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The components that are compiled, with the settings that upstream's own releases use. */
enum GoComponent {
  // The shortest first: what is missing on this machine then shows early.
  CNI_PLUGINS("cni-plugins", "github.com/containernetworking/plugins", "") {
    @Override
    String variables(Pins pins) {
      return cniVersion(pins);
    }
  },
  CNI_FLANNEL("cni-flannel", "github.com/containernetworking/plugins", "") {
    @Override
    String variables(Pins pins) {
      return cniVersion(pins);
    }
  },
  CRICTL("crictl", "sigs.k8s.io/cri-tools", "") {
    @Override
    String variables(Pins pins) {
      return "-X " + module() + "/pkg/version.Version=v" + pins.module(component());
    }
  },
  ETCD("etcd", "go.etcd.io/etcd/server/v3", ""),
  CONTAINERD(
      "containerd", "github.com/containerd/containerd/v2", "urfave_cli_no_docs,grpcnotrace") {
    @Override
    String variables(Pins pins) {
      return "-X " + module() + "/version.Version=v" + pins.module(component());
    }
  },
  /** Its udp backend is written in C, which is why a C compiler is needed. */
  FLANNEL("flannel", "github.com/flannel-io/flannel", "netgo,osusergo") {
    @Override
    boolean isC() {
      return true;
    }

    @Override
    String variables(Pins pins) {
      return "-linkmode external -extldflags -static -X "
          + module()
          + "/pkg/version.Version=v"
          + pins.module(component());
    }
  },
  COREDNS("coredns", "github.com/coredns/coredns", "grpcnotrace"),
  KUBERNETES("kubernetes", "k8s.io/kubernetes", "selinux,notest,grpcnotrace") {
    @Override
    String variables(Pins pins) {
      KubernetesVersion version = pins.kubernetes();
      return Stream.of("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
          .flatMap(p ->
              Stream.of(
                  "-X " + p + ".gitVersion=" + version.tag(),
                  "-X " + p + ".gitMajor=" + version.major(),
                  "-X " + p + ".gitMinor=" + version.minor(),
                  "-X " + p + ".gitTreeState=clean"))
          .collect(Collectors.joining(" "));
    }
  };

  private final String component;
  private final String module;
  private final String tags;

  GoComponent(String component, String module, String tags) {
    this.component = component;
    this.module = module;
    this.tags = tags;
  }

  /** As {@link Pins} names it. */
  String component() {
    return component;
  }

  /** The Go module that it is of. */
  String module() {
    return module;
  }

  /** Build tags, divided by commas; may be empty. */
  String tags() {
    return tags;
  }

  /** Whether it has C code. The binary is static all the same. */
  boolean isC() {
    return false;
  }

  /** Flags of the linker, beside those that leave out debug information. */
  String variables(Pins pins) {
    return "";
  }

  /** The component of that name. */
  static GoComponent of(String component) {
    return Arrays.stream(values())
        .filter(each -> each.component.equals(component))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(component));
  }

  /** Names of all components, as {@link Pins} names them. */
  static List<String> names() {
    return Arrays.stream(values()).map(GoComponent::component).toList();
  }

  String cniVersion(Pins pins) {
    return "-X " + module + "/pkg/utils/buildversion.BuildVersion=v" + pins.module(component);
  }
}
