package dev.mainstay.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Mutable: one YAML text being read, and the problems found in it with their lines and columns. */
final class YamlFile {
  private static final String NOTHING = "nothing";

  private final String name;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * Reads nothing yet.
   *
   * @param name the file as messages name it
   */
  YamlFile(String name) {
    this.name = name;
  }

  List<Problem> problems() {
    return List.copyOf(problems);
  }

  /** A value in the file and the path that leads to it: {@code masters.m3.ssh.port}. */
  record Value(Node node, String path) {
    String child(String key) {
      return path.isEmpty() ? key : path + "." + key;
    }
  }

  /** The document's top, or empty with a problem where the text is not YAML or has none. */
  Optional<Value> parse(String text) {
    try {
      Optional<Node> node =
          new Compose(LoadSettings.builder().setLabel(name).build()).composeString(text);
      if (node.isEmpty()) {
        problems.add(
            Problem.error(
                name + ":1:1", "the file is empty", "mainstay init writes one to start with"));
      }
      return node.map(top -> new Value(top, ""));
    } catch (MarkedYamlEngineException broken) {
      String where =
          broken
              .getProblemMark()
              .map(mark -> name + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1))
              .orElse(name);
      String what = String.valueOf(broken.getProblem());
      boolean tab = what.contains("TAB");
      problems.add(
          Problem.error(
              where,
              tab ? "a tab where YAML wants spaces" : "not YAML: " + what,
              tab ? "indent with spaces" : ""));
      return Optional.empty();
    } catch (YamlEngineException broken) {
      problems.add(Problem.error(name, "not YAML: " + broken.getMessage(), ""));
      return Optional.empty();
    }
  }

  void error(Value at, String what, String advice) {
    problems.add(Problem.error(where(at.node()), said(at.path(), what), advice));
  }

  void warning(Value at, String what, String advice) {
    problems.add(Problem.warning(where(at.node()), said(at.path(), what), advice));
  }

  private static String said(String path, String what) {
    return path.isEmpty() ? what : path + ": " + what;
  }

  private String where(Node node) {
    return node.getStartMark()
        .map(mark -> name + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1))
        .orElse(name);
  }

  /**
   * The entries of a mapping in the file's order; a problem and no entries where {@code value} is
   * no mapping; a problem for each key that stands twice or is not text.
   */
  Map<String, Value> entries(Value value) {
    if (!(value.node() instanceof MappingNode mapping)) {
      String kind = kind(value.node());
      error(
          value,
          "must be a mapping (key: value), not " + kind,
          kind.equals(NOTHING)
              ? "write its entries below it; where there are none, take the key out as well"
              : "");
      return Map.of();
    }
    Map<String, Value> entries = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        error(new Value(tuple.getKeyNode(), value.path()), "a key must be plain text", "");
        continue;
      }
      String path = value.child(key.getValue());
      if (entries.putIfAbsent(key.getValue(), new Value(tuple.getValueNode(), path)) != null) {
        error(new Value(key, path), "stands twice", "remove one of the two");
      }
    }
    return entries;
  }

  /** The entries of a mapping that may have only {@code known} keys; a problem for each other. */
  Map<String, Value> entries(Value value, List<String> known) {
    Map<String, Value> entries = entries(value);
    if (value.node() instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode key && !known.contains(key.getValue())) {
          Optional<String> meant = Spelling.nearest(key.getValue(), known);
          problems.add(
              Problem.error(
                  where(key),
                  said(
                      value.child(key.getValue()),
                      "unknown key"
                          + meant
                              .map(word -> "; did you mean \"" + word + "\"?")
                              .orElse("; known are " + String.join(", ", known))),
                  ""));
        }
      }
    }
    return entries;
  }

  /** The text of a scalar; a problem and empty where it is none. */
  Optional<String> text(Value value) {
    if (value.node() instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
      return Optional.of(scalar.getValue());
    }
    error(value, "must be text, not " + kind(value.node()), "");
    return Optional.empty();
  }

  /** The whole number of a scalar between {@code from} and {@code to}; else a problem and empty. */
  Optional<Integer> number(Value value, int from, int to) {
    if (value.node() instanceof ScalarNode scalar && scalar.getValue().matches("\\d{1,9}")) {
      int number = Integer.parseInt(scalar.getValue());
      if (number >= from && number <= to) {
        return Optional.of(number);
      }
    }
    error(
        value,
        "must be a whole number from %d to %d, not %s".formatted(from, to, shown(value.node())),
        "");
    return Optional.empty();
  }

  /** The items of a sequence; a problem and none where it is no sequence. */
  List<Value> items(Value value) {
    if (!(value.node() instanceof SequenceNode sequence)) {
      error(value, "must be a list, not " + kind(value.node()), "");
      return List.of();
    }
    List<Value> items = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      items.add(new Value(item, value.path() + "[" + items.size() + "]"));
    }
    return items;
  }

  /** Any value as plain Java: Map, List, String, Boolean, Integer, Long or Double. */
  Object plain(Value value) {
    return switch (value.node()) {
      case MappingNode mapping -> {
        Map<String, Object> map = new HashMap<>();
        entries(value).forEach((key, entry) -> map.put(key, plain(entry)));
        yield map;
      }
      case SequenceNode sequence -> items(value).stream().map(this::plain).toList();
      case ScalarNode scalar -> plain(scalar);
      default -> "";
    };
  }

  private static Object plain(ScalarNode scalar) {
    String text = scalar.getValue();
    if (scalar.getTag().equals(Tag.BOOL)) {
      return Boolean.valueOf(text);
    }
    if (scalar.getTag().equals(Tag.INT) && text.matches("-?\\d{1,18}")) {
      long number = Long.parseLong(text);
      if (number == (int) number) {
        return (int) number;
      }
      return number;
    }
    return scalar.getTag().equals(Tag.FLOAT) ? Double.valueOf(text) : text;
  }

  /** A node as a message shows it: a scalar's text in quotes, else its kind. */
  static String shown(Node node) {
    return node instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)
        ? "\"" + scalar.getValue() + "\""
        : kind(node);
  }

  private static String kind(Node node) {
    return switch (node) {
      case MappingNode mapping -> "a mapping";
      case SequenceNode sequence -> "a list";
      case ScalarNode scalar ->
          scalar.getTag().equals(Tag.NULL) ? NOTHING : "\"" + scalar.getValue() + "\"";
      default -> "something else";
    };
  }
}
