package dev.mainstay.cluster;

import dev.mainstay.model.CertificateSpec;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.GoDuration;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * What kubeadm is given (kubeadm.k8s.io/v1beta4): names where it would take addresses, so that
 * certificates, etcd members and kubeconfigs outlive a change of address.
 */
final class KubeadmConfig {
  static final String PATCHES = "/etc/mainstay/patches";
  static final String DISCOVERY = "/etc/mainstay/kubeadm/discovery.conf";
  static final String CRI_SOCKET = "unix:///run/containerd/containerd.sock";
  private static final DumpSettings YAML =
      DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).setExplicitStart(true).build();

  private KubeadmConfig() {}

  /**
   * What the hosts of a cluster have in common that kubeadm must know.
   *
   * @param cgroupV1 whether any host has the old cgroup hierarchy
   * @param conntrackWritable whether every host lets kube-proxy size the connection table
   */
  record HostTraits(boolean cgroupV1, boolean conntrackWritable) {}

  /** The documents for {@code kubeadm init} on {@code node}. */
  static String init(ClusterSpec spec, NodeSpec node, HostTraits traits) {
    Map<String, Object> init = document("InitConfiguration");
    init.put("localAPIEndpoint", localEndpoint(node));
    init.put("nodeRegistration", registration(spec, node, traits));
    init.put("patches", Map.of("directory", PATCHES));
    return dump(init)
        + dump(clusterConfiguration(spec))
        + dump(kubelet(spec, traits))
        + dump(kubeProxy(traits));
  }

  /**
   * The documents by which {@code kubeadm certs renew} knows how long certificates live and which
   * keys they have: without them it asks the API, and without an API it falls back to its defaults.
   */
  static String renewal(ClusterSpec spec, NodeSpec node) {
    Map<String, Object> init = document("InitConfiguration");
    init.put("localAPIEndpoint", localEndpoint(node));
    init.put("nodeRegistration", ordered("name", spec.fullName(node), "criSocket", CRI_SOCKET));
    return dump(init) + dump(clusterConfiguration(spec));
  }

  /** The document for {@code kubeadm join} of {@code node}, by the discovery file. */
  static String join(ClusterSpec spec, NodeSpec node, HostTraits traits, String token) {
    Map<String, Object> join = document("JoinConfiguration");
    Map<String, Object> discovery = new LinkedHashMap<>();
    discovery.put("file", Map.of("kubeConfigPath", DISCOVERY));
    discovery.put("tlsBootstrapToken", token);
    join.put("discovery", discovery);
    if (node.isMaster()) {
      join.put("controlPlane", Map.of("localAPIEndpoint", localEndpoint(node)));
      join.put("patches", Map.of("directory", PATCHES));
    }
    join.put("nodeRegistration", registration(spec, node, traits));
    return dump(join);
  }

  /** The kubeconfig by which a joining node finds the cluster: its CA, its endpoint, the token. */
  static String discovery(ClusterSpec spec, String caBase64, String token) {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("apiVersion", "v1");
    config.put("kind", "Config");
    config.put(
        "clusters",
        List.of(
            ordered(
                "name",
                "cluster",
                "cluster",
                ordered(
                    "server",
                    "https://" + spec.endpoint(),
                    "certificate-authority-data",
                    caBase64))));
    config.put("users", List.of(ordered("name", "join", "user", Map.of("token", token))));
    config.put(
        "contexts",
        List.of(ordered("name", "join", "context", ordered("cluster", "cluster", "user", "join"))));
    config.put("current-context", "join");
    return dump(config);
  }

  /** The patches that every init, join and upgrade of a master takes. */
  static List<HostFile> patches(ClusterSpec spec, NodeSpec node) {
    // etcd must see address changes at once: kubelet gives containers a copy of /etc/hosts, the
    // host's own file follows every rewrite in place
    String etcd =
        """
        metadata:
          annotations:
            kubeadm.kubernetes.io/etcd.advertise-client-urls: https://NODE:2379
        spec:
          containers:
          - name: etcd
            volumeMounts:
            - {name: host-hosts, mountPath: /etc/hosts, readOnly: true}
          volumes:
          - {name: host-hosts, hostPath: {path: /etc/hosts, type: File}}
        """
            .replace("NODE", spec.fullName(node));
    // with the address in it kubelet would kill the apiserver again and again after a move
    String apiserver =
        """
        spec:
          containers:
          - name: kube-apiserver
            livenessProbe: {httpGet: {host: 127.0.0.1}}
            readinessProbe: {httpGet: {host: 127.0.0.1}}
            startupProbe: {httpGet: {host: 127.0.0.1}}
        """;
    return List.of(
        new HostFile(PATCHES + "/etcd0+strategic.yaml", "644", etcd),
        new HostFile(PATCHES + "/kube-apiserver0+strategic.yaml", "644", apiserver));
  }

  private static Map<String, Object> clusterConfiguration(ClusterSpec spec) {
    String wildcard = "*." + spec.domain();
    Map<String, Object> cluster = document("ClusterConfiguration");
    cluster.put("clusterName", spec.name().value());
    cluster.put("kubernetesVersion", spec.kubernetes().tag());
    cluster.put("controlPlaneEndpoint", spec.endpoint());
    cluster.put("encryptionAlgorithm", "ECDSA-P256");
    CertificateSpec lives = spec.certificates();
    if (!lives.validity().equals(CertificateSpec.DEFAULT.validity())) {
      cluster.put("certificateValidityPeriod", GoDuration.text(lives.validity()));
    }
    if (!lives.caValidity().equals(CertificateSpec.DEFAULT.caValidity())) {
      cluster.put("caCertificateValidityPeriod", GoDuration.text(lives.caValidity()));
    }
    cluster.put(
        "networking",
        ordered(
            "podSubnet",
            spec.network().pods().toString(),
            "serviceSubnet",
            spec.network().services().toString(),
            "dnsDomain",
            "cluster.local"));

    Map<String, String> flags = new TreeMap<>(spec.settings().apiServer());
    // kubeadm would copy etcd's advertise-client-urls with $(NODE_NAME) unexpanded
    flags.put("etcd-servers", "https://127.0.0.1:2379");
    flags.putIfAbsent("shutdown-delay-duration", "5s");
    List<String> names = new ArrayList<>();
    names.add("127.0.0.1");
    names.add("localhost");
    names.add(spec.domain().endpointName());
    names.add(wildcard);
    cluster.put("apiServer", ordered("certSANs", names, "extraArgs", arguments(flags)));

    Map<String, String> etcdFlags = new TreeMap<>();
    etcdFlags.put("listen-peer-urls", "https://0.0.0.0:2380");
    etcdFlags.put("listen-client-urls", "https://0.0.0.0:2379");
    etcdFlags.put("advertise-client-urls", "https://$(NODE_NAME):2379");
    etcdFlags.put("initial-advertise-peer-urls", "https://$(NODE_NAME):2380");
    Map<String, Object> etcd = new LinkedHashMap<>();
    etcd.put("dataDir", "/var/lib/etcd");
    etcd.put("serverCertSANs", List.of(wildcard));
    etcd.put("peerCertSANs", List.of(wildcard));
    etcd.put(
        "extraEnvs",
        List.of(
            ordered(
                "name",
                "NODE_NAME",
                "valueFrom",
                Map.of("fieldRef", Map.of("fieldPath", "spec.nodeName")))));
    etcd.put("extraArgs", arguments(etcdFlags));
    cluster.put("etcd", Map.of("local", etcd));
    return cluster;
  }

  private static Map<String, Object> kubelet(ClusterSpec spec, HostTraits traits) {
    Map<String, Object> kubelet = new LinkedHashMap<>();
    kubelet.put("apiVersion", "kubelet.config.k8s.io/v1beta1");
    kubelet.put("kind", "KubeletConfiguration");
    kubelet.put("cgroupDriver", "systemd");
    if (traits.cgroupV1() && spec.kubernetes().minor() >= 35) {
      // from 1.35 on kubelet does not start on cgroup v1 unless told to
      kubelet.put("failCgroupV1", false);
    }
    kubelet.putAll(new TreeMap<>(spec.settings().kubelet()));
    return kubelet;
  }

  private static Map<String, Object> kubeProxy(HostTraits traits) {
    Map<String, Object> proxy = new LinkedHashMap<>();
    proxy.put("apiVersion", "kubeproxy.config.k8s.io/v1alpha1");
    proxy.put("kind", "KubeProxyConfiguration");
    proxy.put("mode", "iptables");
    if (!traits.conntrackWritable()) {
      proxy.put("conntrack", ordered("maxPerCore", 0, "min", 0));
    }
    return proxy;
  }

  private static Map<String, Object> registration(
      ClusterSpec spec, NodeSpec node, HostTraits traits) {
    Map<String, Object> registration = new LinkedHashMap<>();
    registration.put("name", spec.fullName(node));
    registration.put("criSocket", CRI_SOCKET);
    registration.put("imagePullPolicy", "IfNotPresent");
    List<String> ignored = new ArrayList<>();
    // the hostname is the owner's and need not be the node's name
    ignored.add("Hostname");
    // what lies there beside is nothing to etcd: the folder of a disk's own, a snapshot of
    // somebody's
    if (node.isMaster()) {
      ignored.add("DirAvailable--var-lib-etcd");
    }
    if (traits.cgroupV1()) {
      ignored.add("SystemVerification");
    }
    registration.put("ignorePreflightErrors", ignored);
    return registration;
  }

  private static Map<String, Object> localEndpoint(NodeSpec node) {
    return ordered("advertiseAddress", node.address().value(), "bindPort", 6443);
  }

  private static List<Object> arguments(Map<String, String> flags) {
    List<Object> arguments = new ArrayList<>();
    flags.forEach((name, value) -> arguments.add(ordered("name", name, "value", value)));
    return arguments;
  }

  private static Map<String, Object> document(String kind) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("apiVersion", "kubeadm.k8s.io/v1beta4");
    document.put("kind", kind);
    return document;
  }

  private static Map<String, Object> ordered(
      String first, Object firstValue, String second, Object secondValue) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(first, firstValue);
    map.put(second, secondValue);
    return map;
  }

  private static Map<String, Object> ordered(
      String first,
      Object firstValue,
      String second,
      Object secondValue,
      String third,
      Object thirdValue) {
    Map<String, Object> map = ordered(first, firstValue, second, secondValue);
    map.put(third, thirdValue);
    return map;
  }

  private static String dump(Map<String, Object> document) {
    // a new one each time: it remembers what it writes, and steps of several hosts write at once
    return new Dump(YAML).dumpToString(document);
  }
}
