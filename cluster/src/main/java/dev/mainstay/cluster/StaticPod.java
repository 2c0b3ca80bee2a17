package dev.mainstay.cluster;

import dev.mainstay.model.Address;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Manifests of static pods as kubeadm wrote them, amended so that they fit their node: what
 * kubeadm's patches did once is still there, and the one address in them is the node's. Everything
 * else in them stays.
 */
final class StaticPod {
  private static final String PROBE_HOST = "127.0.0.1";
  private static final String ADVERTISE = "--advertise-address=";
  private static final String ENDPOINT =
      "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint";
  private static final String CLIENT_URLS = "kubeadm.kubernetes.io/etcd.advertise-client-urls";
  private static final String VOLUME = "host-hosts";
  private static final String STATE = "--initial-cluster-state=";

  private StaticPod() {}

  /** Where kubelet reads the manifest of {@code component}. */
  static String path(String component) {
    return "/etc/kubernetes/manifests/" + component + ".yaml";
  }

  /**
   * The apiserver's manifest with {@code address} as the one it advertises and with probes that ask
   * on loopback; empty where {@code text} is so already, or is no manifest.
   */
  static Optional<String> apiserver(String text, Address address) {
    return amended(
        text,
        pod -> {
          annotations(pod).put(ENDPOINT, address + ":6443");
          for (Map<String, Object> container : containers(pod)) {
            if (container.get("command") instanceof List<?> command) {
              List<Object> amended = new ArrayList<>();
              for (Object word : command) {
                amended.add(
                    String.valueOf(word).startsWith(ADVERTISE) ? ADVERTISE + address : word);
              }
              container.put("command", amended);
            }
            for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
              map(container, probe)
                  .flatMap(found -> map(found, "httpGet"))
                  .ifPresent(get -> get.put("host", PROBE_HOST));
            }
          }
        });
  }

  /**
   * etcd's manifest with the host's own /etc/hosts mounted and the name {@code fullName} as what
   * kubeadm finds it by; empty where {@code text} is so already, or is no manifest.
   */
  static Optional<String> etcd(String text, String fullName) {
    return amended(
        text,
        pod -> {
          annotations(pod).put(CLIENT_URLS, "https://" + fullName + ":2379");
          Map<String, Object> hostPath = new LinkedHashMap<>();
          hostPath.put("path", "/etc/hosts");
          hostPath.put("type", "File");
          Map<String, Object> volume = new LinkedHashMap<>();
          volume.put("name", VOLUME);
          volume.put("hostPath", hostPath);
          Map<String, Object> mount = new LinkedHashMap<>();
          mount.put("name", VOLUME);
          mount.put("mountPath", "/etc/hosts");
          mount.put("readOnly", true);
          map(pod, "spec").ifPresent(spec -> put(spec, "volumes", "name", volume));
          containers(pod).forEach(container -> put(container, "volumeMounts", "mountPath", mount));
        });
  }

  /**
   * etcd's manifest with a cluster that exists: that of the first master would found an empty one
   * for nodes to obey, should its data ever be lost. Empty where {@code text} is so already, or is
   * no manifest.
   */
  static Optional<String> etcdThatFoundsNothing(String text) {
    return amended(
        text,
        pod -> {
          for (Map<String, Object> container : containers(pod)) {
            if (container.get("command") instanceof List<?> command
                && !command.contains(STATE + "existing")) {
              List<Object> amended = new ArrayList<>(command);
              amended.removeIf(word -> String.valueOf(word).startsWith(STATE));
              amended.add(STATE + "existing");
              container.put("command", amended);
            }
          }
        });
  }

  private static Optional<String> amended(String text, Consumer<Map<String, Object>> amendment) {
    Map<String, Object> before = tree(text);
    Map<String, Object> after = tree(text);
    if (before.isEmpty() || map(after, "spec").isEmpty()) {
      return Optional.empty();
    }
    amendment.accept(after);
    if (after.equals(before)) {
      return Optional.empty();
    }
    return Optional.of(
        new Dump(DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build())
            .dumpToString(after));
  }

  private static Map<String, Object> tree(String text) {
    try {
      Object document = new Load(LoadSettings.builder().build()).loadFromString(text);
      return document instanceof Map<?, ?> map ? stringKeyed(map) : Map.of();
    } catch (YamlEngineException torn) {
      return Map.of();
    }
  }

  private static Map<String, Object> annotations(Map<String, Object> pod) {
    Map<String, Object> metadata = map(pod, "metadata").orElseGet(LinkedHashMap::new);
    Map<String, Object> annotations = map(metadata, "annotations").orElseGet(LinkedHashMap::new);
    metadata.put("annotations", annotations);
    pod.put("metadata", metadata);
    return annotations;
  }

  private static List<Map<String, Object>> containers(Map<String, Object> pod) {
    List<Map<String, Object>> containers = new ArrayList<>();
    map(pod, "spec")
        .map(spec -> spec.get("containers"))
        .ifPresent(list -> {
          if (list instanceof List<?> items) {
            for (Object item : items) {
              if (item instanceof Map<?, ?> container) {
                containers.add(stringKeyed(container));
              }
            }
          }
        });
    return containers;
  }

  /** Puts {@code item} into the list called {@code list}, for the one that has the same key. */
  private static void put(
      Map<String, Object> owner, String list, String key, Map<String, Object> item) {
    List<Object> items = new ArrayList<>();
    boolean placed = false;
    if (owner.get(list) instanceof List<?> before) {
      for (Object one : before) {
        if (one instanceof Map<?, ?> map && Objects.equals(map.get(key), item.get(key))) {
          items.add(item);
          placed = true;
        } else {
          items.add(one);
        }
      }
    }
    if (!placed) {
      items.add(item);
    }
    owner.put(list, items);
  }

  private static Optional<Map<String, Object>> map(Map<String, Object> owner, String key) {
    return owner.get(key) instanceof Map<?, ?> map
        ? Optional.of(stringKeyed(map))
        : Optional.empty();
  }

  /** The very map, not a copy: what is put into it is put into the document. */
  @SuppressWarnings("unchecked") // keys of manifests are strings, and others are never asked for
  private static Map<String, Object> stringKeyed(Map<?, ?> map) {
    return (Map<String, Object>) map;
  }
}
