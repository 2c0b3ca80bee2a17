package dev.mainstay.model;

import java.util.Map;

/**
 * Settings that the file passes through to a component's own configuration, as plain YAML values
 * (String, Boolean, Integer, Long, Double, List, Map).
 *
 * @param kubelet merged into the KubeletConfiguration
 * @param apiServer flags of kube-apiserver, without the leading dashes
 * @param containerd {@code registryMirrors}: registry host to mirror URLs; {@code settings}: raw
 *     TOML appended to the configuration
 */
public record ComponentSettings(
    Map<String, Object> kubelet, Map<String, String> apiServer, ContainerdSettings containerd) {
  public static final ComponentSettings NONE =
      new ComponentSettings(Map.of(), Map.of(), ContainerdSettings.NONE);

  public ComponentSettings {
    kubelet = Map.copyOf(kubelet);
    apiServer = Map.copyOf(apiServer);
  }

  /** What the file may say about containerd. */
  public record ContainerdSettings(Map<String, java.util.List<String>> registryMirrors) {
    public static final ContainerdSettings NONE = new ContainerdSettings(Map.of());

    public ContainerdSettings {
      registryMirrors = Map.copyOf(registryMirrors);
    }
  }
}
