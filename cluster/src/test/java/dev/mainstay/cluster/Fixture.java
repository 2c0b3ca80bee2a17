package dev.mainstay.cluster;

import dev.mainstay.bundle.Artifact;
import dev.mainstay.bundle.Bundle;
import dev.mainstay.model.Address;
import dev.mainstay.model.CertificateSpec;
import dev.mainstay.model.Cidr;
import dev.mainstay.model.ClusterName;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.ComponentSettings;
import dev.mainstay.model.KubernetesVersion;
import dev.mainstay.model.NetworkSpec;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.ObjectMapper;

/** A cluster called demo, its bundle, and what a well one looks like. */
final class Fixture {
  static final String ID = "11111111-2222-3333-4444-555555555555";
  static final String FRESH_ID = "ffffffff-0000-0000-0000-000000000000";
  static final String PAUSE = "registry.k8s.io/pause:3.10.2";

  private Fixture() {}

  static ClusterSpec spec(int masters, int workers) {
    return spec(masters, workers, ComponentSettings.NONE);
  }

  static ClusterSpec spec(int masters, int workers, ComponentSettings settings) {
    List<NodeSpec> nodes = new ArrayList<>();
    for (int i = 1; i <= masters; i++) {
      nodes.add(node("m" + i, Role.MASTER, "10.77.0.1" + i));
    }
    for (int i = 1; i <= workers; i++) {
      nodes.add(node("w" + i, Role.WORKER, "10.77.0.2" + i));
    }
    return spec(nodes, settings);
  }

  static ClusterSpec spec(List<NodeSpec> nodes, ComponentSettings settings) {
    ClusterName name = new ClusterName("demo");
    return new ClusterSpec(
        name,
        name.defaultDomain(),
        new KubernetesVersion(1, 36, 3),
        nodes,
        new NetworkSpec(
            Cidr.parse("10.244.0.0/16").orElseThrow(),
            Cidr.parse("10.96.0.0/12").orElseThrow(),
            NetworkSpec.Plugin.FLANNEL,
            List.of()),
        settings,
        CertificateSpec.DEFAULT);
  }

  /** {@code spec} with certificates that live for {@code validity}. */
  static ClusterSpec withValidity(ClusterSpec spec, Duration validity) {
    return new ClusterSpec(
        spec.name(),
        spec.domain(),
        spec.kubernetes(),
        spec.nodes(),
        spec.network(),
        spec.settings(),
        new CertificateSpec(validity, Duration.ofDays(730)));
  }

  static NodeSpec node(String name, Role role, String address) {
    return new NodeSpec(new NodeName(name), role, new Address(address), SshSpec.DEFAULT);
  }

  static NodeSpec node(ClusterSpec spec, String name) {
    return spec.node(new NodeName(name)).orElseThrow();
  }

  /** A bundle of one binary, one package and four images, without their bytes. */
  static Bundle bundle(Path folder) {
    List<String> artifacts =
        List.of(
            artifact("kubeadm", "v1.36.3", "binary", "a", "/usr/local/bin/kubeadm", true, ""),
            artifact("haproxy", "2.6.12", "package", "b", "", true, "debian-12"),
            artifact("registry.k8s.io/pause", "3.10.2", "image", "c", "", true, ""),
            artifact("ghcr.io/flannel-io/flannel", "v0.28.4", "image", "d", "", true, ""),
            artifact("registry.k8s.io/kube-apiserver", "v1.36.3", "image", "e", "", false, ""));
    try {
      Files.writeString(
          folder.resolve("manifest.json"),
          """
          {"format": 1, "kubernetes": "v1.36.3", "arch": "amd64", "source": "build", "pins": "p",
           "artifacts": [%s]}
          """
              .formatted(String.join(",\n", artifacts)));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    return Bundle.open(folder);
  }

  private static String artifact(
      String name,
      String version,
      String kind,
      String digit,
      String destination,
      boolean everywhere,
      String distribution) {
    return """
    {"name": "%s", "version": "%s", "arch": "amd64", "kind": "%s", "file": "%s",
     "sha256": "%s", "size": 1500000, "destination": "%s", "roles": [%s], "distribution": "%s",
     "origin": "test"}\
    """
        .formatted(
            name,
            version,
            kind,
            kind + "/" + name.replace('/', '_'),
            digit.repeat(64),
            destination,
            everywhere ? "\"master\", \"worker\"" : "\"master\"",
            distribution);
  }

  static List<String> digests(Bundle bundle, NodeSpec node) {
    return bundle.artifactsFor(node.role(), "debian-12").stream().map(Artifact::sha256).toList();
  }

  static ClusterDescription description(ClusterSpec spec, Bundle bundle) {
    return new ClusterDescription(spec, NetworkManifests.of(spec, bundle));
  }

  /** What the API and etcd of {@code spec}'s cluster say when all is well. */
  static ClusterApi api(ClusterSpec spec, Bundle bundle) {
    List<ClusterApi.KubeNode> nodes = new ArrayList<>();
    List<ClusterApi.Member> members = new ArrayList<>();
    Set<String> endpoints = new TreeSet<>();
    for (NodeSpec node : spec.nodes()) {
      String name = spec.fullName(node);
      nodes.add(
          new ClusterApi.KubeNode(
              name,
              true,
              "v1.36.3",
              node.address().value(),
              "id-of-" + node.name(),
              node.address().value(),
              false));
      if (node.isMaster()) {
        endpoints.add(node.address().value());
        members.add(
            new ClusterApi.Member(
                String.valueOf(members.size() + 1),
                name,
                List.of("https://" + name + ":2380"),
                false,
                true,
                members.isEmpty()));
      }
    }
    return new ClusterApi(
        nodes,
        List.of(
            new ClusterApi.Workload("Deployment", "coredns", 2, 2),
            new ClusterApi.Workload("DaemonSet", "kube-proxy", 5, 5),
            new ClusterApi.Workload("DaemonSet", "kube-flannel-ds", 5, 5)),
        members,
        endpoints,
        stored(spec, bundle),
        new ClusterApi.Dns(
            ".:53 { kubernetes cluster.local }",
            nodes.stream().map(ClusterApi.KubeNode::name).limit(2).toList(),
            Set.copyOf(nodes.stream().map(ClusterApi.KubeNode::name).toList())));
  }

  private static String stored(ClusterSpec spec, Bundle bundle) {
    return new ObjectMapper()
        .readTree(description(spec, bundle).manifest(ID))
        .path("data")
        .path("cluster.json")
        .asString("");
  }

  static ClusterFacts facts(List<HostFacts> hosts, Optional<ClusterApi> api) {
    Map<NodeName, HostFacts> byName = new HashMap<>();
    hosts.forEach(host -> byName.put(host.node(), host));
    return new ClusterFacts(byName, Map.of(), api);
  }

  /** {@code api} with other Nodes. */
  static ClusterApi withNodes(ClusterApi api, List<ClusterApi.KubeNode> nodes) {
    return new ClusterApi(
        nodes, api.workloads(), api.members(), api.endpoints(), api.description(), api.dns());
  }

  /** {@code api} with other members of etcd. */
  static ClusterApi withMembers(ClusterApi api, List<ClusterApi.Member> members) {
    return new ClusterApi(
        api.nodes(), api.workloads(), members, api.endpoints(), api.description(), api.dns());
  }

  /** {@code api} where CoreDNS's pods are on {@code nodes}, by their full names. */
  static ClusterApi withDnsOn(ClusterApi api, List<String> nodes) {
    return new ClusterApi(
        api.nodes(),
        api.workloads(),
        api.members(),
        api.endpoints(),
        api.description(),
        new ClusterApi.Dns(api.dns().corefile(), nodes, api.dns().candidates()));
  }

  /** {@code api} where the members of the masters {@code names}, and only these, are unhealthy. */
  static ClusterApi unhealthy(ClusterApi api, String... names) {
    return withMembers(
        api,
        api.members().stream()
            .map(member ->
                new ClusterApi.Member(
                    member.id(),
                    member.name(),
                    member.peerUrls(),
                    member.learner(),
                    !List.of(names).contains(member.name().substring(0, 2)),
                    member.leader()))
            .toList());
  }
}
