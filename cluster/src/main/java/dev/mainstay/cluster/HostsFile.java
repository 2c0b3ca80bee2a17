package dev.mainstay.cluster;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  private static final String MARKER = "# ";
  private static final Pattern BEGIN =
      Pattern.compile("# BEGIN mainstay (\\S+) generation (\\d{1,9})(\\D.*)?");
  private static final Pattern END = Pattern.compile("# END mainstay .*");
  private static final Pattern LOOPBACK =
      // of bytes as characters one is a line's end for a dot: half of a Cyrillic letter
      Pattern.compile("\\s*(127\\.\\S+|::1)\\s+(.*)", Pattern.DOTALL);
  private static final Pattern NODE = Pattern.compile("(\\S+) \\S+\\.\\S+ (\\S+)");
  private static final Pattern ENDPOINT = Pattern.compile("127\\.0\\.0\\.1 api\\.(\\S+)");

  /** The generation of the block that is there; 0 without one. */
  int generation() {
    int generation = 0;
    for (String line : text.split("\n", -1)) {
      Matcher begin = BEGIN.matcher(line);
      if (line.startsWith(MARKER) && begin.matches()) {
        generation = Math.max(generation, Integer.parseInt(begin.group(2)));
      }
    }
    return generation;
  }

  /**
   * Whether the text has our block exactly once, with these lines, and mutes what must be muted.
   */
  boolean isCurrent(HostsBlock block) {
    return withBlock(block, generation()).text().equals(text);
  }

  /** The addresses that our block gives, by short name; the first one where it is there twice. */
  Map<String, String> addresses() {
    Map<String, String> addresses = new LinkedHashMap<>();
    List<String> lines = lines(text);
    ours(lines).stream()
        .mapToObj(lines::get)
        .map(NODE::matcher)
        .filter(Matcher::matches)
        .forEach(node -> addresses.putIfAbsent(node.group(2), node.group(1)));
    return addresses;
  }

  /** The domain of the cluster that our block is of; empty without one. */
  Optional<String> domain() {
    List<String> lines = lines(text);
    return ours(lines).stream()
        .mapToObj(lines::get)
        .map(ENDPOINT::matcher)
        .filter(Matcher::matches)
        .map(endpoint -> endpoint.group(1))
        .findFirst();
  }

  /** The text with our block, at the place of the one that was there or else at the end. */
  HostsFile withBlock(HostsBlock block, int generation) {
    List<String> wanted = block.marked(generation);
    List<String> before = lines(text);
    BitSet ours = ours(before);
    List<String> lines = new ArrayList<>();
    boolean placed = false;
    for (int i = 0; i < before.size(); i++) {
      String line = before.get(i);
      if (!ours.get(i)) {
        lines.add(claims(line, block.names()) ? MUTED + line : line);
      } else if (!placed) {
        lines.addAll(wanted);
        placed = true;
      }
    }
    if (!placed) {
      lines.addAll(wanted);
    }
    return new HostsFile(String.join("\n", lines) + "\n");
  }

  /** The text as it was before us: no block, and nothing muted. */
  HostsFile withoutBlock() {
    List<String> before = lines(text);
    BitSet ours = ours(before);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < before.size(); i++) {
      if (!ours.get(i)) {
        String line = before.get(i);
        lines.add(line.startsWith(MUTED) ? line.substring(MUTED.length()) : line);
      }
    }
    return new HostsFile(lines.isEmpty() ? "" : String.join("\n", lines) + "\n");
  }

  /**
   * Which lines are our blocks, markers included. A block whose end is missing reaches as far as
   * its lines are of its domain, so that what follows it is not lost.
   */
  private static BitSet ours(List<String> lines) {
    BitSet ours = new BitSet();
    for (int i = 0; i < lines.size(); i++) {
      if (!marks(BEGIN, lines.get(i))) {
        continue;
      }
      int next = i + 1;
      while (next < lines.size()
          && !marks(END, lines.get(next))
          && !marks(BEGIN, lines.get(next))) {
        next++;
      }
      boolean whole = next < lines.size() && marks(END, lines.get(next));
      ours.set(i, whole ? next + 1 : i + 1 + withoutEnd(lines.subList(i + 1, next)));
    }
    return ours;
  }

  /**
   * Whether {@code line} is such a marker; nearly no line is one, so that a pattern is too dear.
   */
  private static boolean marks(Pattern marker, String line) {
    return line.startsWith(MARKER) && marker.matcher(line).matches();
  }

  private static int withoutEnd(List<String> lines) {
    Matcher endpoint = ENDPOINT.matcher(lines.isEmpty() ? "" : lines.getFirst());
    if (!endpoint.matches()) {
      return 0;
    }
    Pattern node = Pattern.compile("\\S+ \\S+\\." + Pattern.quote(endpoint.group(1)) + " \\S+");
    int length = 1;
    while (length < lines.size() && node.matcher(lines.get(length)).matches()) {
      length++;
    }
    return length;
  }

  /** Whether {@code line} would be found for one of {@code names}, as glibc reads it. */
  private static boolean claims(String line, Set<String> names) {
    // most lines of a large cluster's file are its nodes, for which the pattern is not needed
    if (!line.contains("127.") && !line.contains("::1")) {
      return false;
    }
    Matcher loopback = LOOPBACK.matcher(line);
    if (!loopback.matches()) {
      return false;
    }
    for (String name : loopback.group(2).split("#", 2)[0].strip().split("\\s+", -1)) {
      if (names.contains(name.toLowerCase(Locale.ROOT))) {
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
