package dev.mainstay.playground;

import dev.mainstay.model.Address;
import dev.mainstay.model.KubernetesVersion;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * The text of a playground's cluster.yaml: written once, then the user's; only addresses change.
 */
final class ClusterFile {
  private ClusterFile() {}

  /** A new file that describes {@code hosts}, reached as root with the private {@code key}. */
  static String text(
      String name, KubernetesVersion kubernetes, Path key, List<PlaygroundRecord.Host> hosts) {
    StringBuilder text = new StringBuilder();
    text.append("# The hosts of the playground ").append(name).append(" on this machine.\n");
    text.append("apiVersion: mainstay.dev/v1\nkind: Cluster\n");
    text.append("name: ").append(name).append('\n');
    text.append("kubernetes: ").append(kubernetes).append('\n');
    text.append("ssh: {user: root, key: ").append(scalar(key.toString())).append("}\n");
    for (Role role : Role.values()) {
      List<PlaygroundRecord.Host> those =
          hosts.stream().filter(host -> host.role() == role).toList();
      if (!those.isEmpty()) {
        text.append(role.word()).append("s:\n");
        those.forEach(host -> text.append("  ").append(line(host)).append('\n'));
      }
    }
    return text.toString();
  }

  /** A host's entry: {@code m1: 10.77.0.11}, with what is special about its ssh. */
  static String line(PlaygroundRecord.Host host) {
    List<String> ssh = new ArrayList<>();
    if (!host.options().rootLogin()) {
      host.options().accounts().stream()
          .filter(account -> account.sudo() != HostOptions.Sudo.NONE)
          .findFirst()
          .ifPresent(account -> ssh.add("user: " + account.name()));
    }
    if (host.options().sshPort() != HostOptions.DEFAULT.sshPort()) {
      ssh.add("port: " + host.options().sshPort());
    }
    return ssh.isEmpty()
        ? host.name() + ": " + host.address()
        : "%s: {address: %s, ssh: {%s}}"
            .formatted(host.name(), host.address(), String.join(", ", ssh));
  }

  /** Plain where YAML takes it as it is, else in double quotes. */
  private static String scalar(String text) {
    return text.matches("[A-Za-z0-9/._~+-]+")
        ? text
        : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /**
   * The text with the addresses of these nodes changed and nothing else; unknown nodes stay out.
   */
  static String moved(String text, Map<NodeName, Address> to) {
    Map<String, String> addresses = new HashMap<>();
    to.forEach((name, address) -> addresses.put(name.value(), address.value()));
    record Change(int start, int end, String address) {}
    List<Change> changes = new ArrayList<>();
    Optional<Node> file =
        new Compose(LoadSettings.builder().setUseMarks(true).build()).composeString(text);
    for (Role role : Role.values()) {
      file.flatMap(root -> value(root, role.word() + "s"))
          .filter(MappingNode.class::isInstance)
          .map(MappingNode.class::cast)
          .ifPresent(nodes -> {
            for (NodeTuple node : nodes.getValue()) {
              String address =
                  node.getKeyNode() instanceof ScalarNode key
                      ? addresses.getOrDefault(key.getValue(), "")
                      : "";
              Node value = value(node.getValueNode(), "address").orElse(node.getValueNode());
              if (!address.isEmpty() && value instanceof ScalarNode scalar) {
                changes.add(
                    new Change(
                        scalar.getStartMark().orElseThrow().getIndex(),
                        scalar.getEndMark().orElseThrow().getIndex(),
                        address));
              }
            }
          });
    }
    changes.sort(Comparator.comparingInt(Change::start));
    // marks count code points, as YAML does
    int[] points = text.codePoints().toArray();
    StringBuilder moved = new StringBuilder();
    int from = 0;
    for (Change change : changes) {
      moved.append(new String(points, from, change.start() - from)).append(change.address());
      from = change.end();
    }
    return moved.append(new String(points, from, points.length - from)).toString();
  }

  private static Optional<Node> value(Node mapping, String key) {
    return mapping instanceof MappingNode node
        ? node.getValue().stream()
            .filter(tuple -> tuple.getKeyNode() instanceof ScalarNode k && k.getValue().equals(key))
            .map(NodeTuple::getValueNode)
            .findFirst()
        : Optional.empty();
  }
}
