package dev.mainstay.cluster;

import dev.mainstay.model.Address;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of /etc/hosts with our marked block in it. Lines of others are left as they are, but for
 * the one kind that breaks a node: a loopback line that claims one of the cluster's names (Debian
 * writes {@code 127.0.1.1 NAME}), which is put behind a comment sign and comes back with {@link
 * #withoutBlock}.
 */
record HostsFile(String text) {
  private static final String MUTED = "#mainstay# ";
  private static final Pattern BEGIN =
      Pattern.compile("# BEGIN mainstay (\\S+) generation (\\d+).*");
  private static final Pattern END = Pattern.compile("# END mainstay .*");
  private static final Pattern LOOPBACK = Pattern.compile("(127\\.\\S+|::1)\\s+(.*)");

  /** Our block's lines, without the markers, for {@code spec}. */
  static List<String> block(ClusterSpec spec) {
    List<String> lines = new ArrayList<>();
    lines.add("127.0.0.1 " + spec.domain().endpointName());
    for (NodeSpec node : spec.nodes()) {
      lines.add(node.address() + " " + spec.fullName(node) + " " + node.name());
    }
    return lines;
  }

  /** The generation of the block that is there; 0 without one. */
  int generation() {
    int generation = 0;
    for (String line : text.split("\n", -1)) {
      Matcher begin = BEGIN.matcher(line);
      if (begin.matches()) {
        generation = Math.max(generation, Integer.parseInt(begin.group(2)));
      }
    }
    return generation;
  }

  /**
   * Whether the text has our block exactly once, with these lines, and mutes what must be muted.
   */
  boolean isCurrent(ClusterSpec spec) {
    return withBlock(spec, generation()).text().equals(text);
  }

  /** The text with our block, at the place of the one that was there or else at the end. */
  HostsFile withBlock(ClusterSpec spec, int generation) {
    Set<String> names = new TreeSet<>();
    names.add(spec.domain().endpointName());
    for (NodeSpec node : spec.nodes()) {
      names.add(node.name().value());
      names.add(spec.fullName(node));
    }
    List<String> block = new ArrayList<>();
    block.add("# BEGIN mainstay " + spec.name() + " generation " + generation);
    block.addAll(block(spec));
    block.add("# END mainstay " + spec.name());

    List<String> lines = new ArrayList<>();
    boolean placed = false;
    boolean inside = false;
    for (String line : lines(text)) {
      if (BEGIN.matcher(line).matches()) {
        inside = true;
        if (!placed) {
          lines.addAll(block);
          placed = true;
        }
      } else if (inside && END.matcher(line).matches()) {
        inside = false;
      } else if (!inside) {
        lines.add(claims(line, names) ? MUTED + line : line);
      }
    }
    if (!placed) {
      lines.addAll(block);
    }
    return new HostsFile(String.join("\n", lines) + "\n");
  }

  /** The text as it was before us: no block, and nothing muted. */
  HostsFile withoutBlock() {
    List<String> lines = new ArrayList<>();
    boolean inside = false;
    for (String line : lines(text)) {
      if (BEGIN.matcher(line).matches()) {
        inside = true;
      } else if (inside && END.matcher(line).matches()) {
        inside = false;
      } else if (!inside) {
        lines.add(line.startsWith(MUTED) ? line.substring(MUTED.length()) : line);
      }
    }
    return new HostsFile(lines.isEmpty() ? "" : String.join("\n", lines) + "\n");
  }

  /** The addresses of the nodes in our block; empty without one. */
  List<Address> addresses() {
    List<Address> addresses = new ArrayList<>();
    boolean inside = false;
    for (String line : lines(text)) {
      if (BEGIN.matcher(line).matches()) {
        inside = true;
      } else if (END.matcher(line).matches()) {
        inside = false;
      } else if (inside) {
        Address.parse(line.split("\\s+", 2)[0])
            .filter(address -> !address.value().startsWith("127."))
            .ifPresent(addresses::add);
      }
    }
    return addresses;
  }

  private static boolean claims(String line, Set<String> names) {
    Matcher loopback = LOOPBACK.matcher(line);
    if (!loopback.matches()) {
      return false;
    }
    for (String name : loopback.group(2).split("#", 2)[0].strip().split("\\s+", -1)) {
      if (names.contains(name)) {
        return true;
      }
    }
    return false;
  }

  private static List<String> lines(String text) {
    List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
    if (lines.getLast().isEmpty()) {
      lines.removeLast();
    }
    return lines;
  }
}
