package dev.mainstay.cluster;

import dev.mainstay.model.ClusterName;
import dev.mainstay.model.Failure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Present;
import org.snakeyaml.engine.v2.api.lowlevel.Serialize;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Mutable: somebody's kubeconfig, in which our entries come and go. It is held as YAML's own nodes
 * and not as values, so that what is not ours stays as it was written: keys that we do not know,
 * comments, order, and scalars that another reader of YAML may take for something else.
 */
final class KubeconfigText {
  private static final String CURRENT = "current-context";
  private static final String EXTENSIONS = "extensions";
  private static final String PROCESS = "process";
  private static final String BEFORE = "before";

  /** The lists of a kubeconfig, and what an entry of each holds beside its name. */
  private enum Section {
    CLUSTERS("clusters", "cluster"),
    USERS("users", "user"),
    CONTEXTS("contexts", "context");

    final String list;
    final String value;

    Section(String list, String value) {
      this.list = list;
      this.value = value;
    }
  }

  /**
   * What our extension says of an entry.
   *
   * @param process of the endpoint on this machine that the entry ends with; empty for others
   */
  private record Mark(String cluster, String authority, String process) {}

  private final String file;
  private final MappingNode root;

  // what goes before it
  private final String comments;

  // contexts that were taken out, and what was current before each; empty where it did not say
  private final Map<String, String> dropped = new LinkedHashMap<>();
  private boolean changed;

  private KubeconfigText(String file, MappingNode root, String comments) {
    this.file = file;
    this.root = root;
    this.comments = comments.isEmpty() || comments.endsWith("\n") ? comments : comments + "\n";
  }

  /**
   * Reads {@code text}; where it is empty, a kubeconfig with nothing in it.
   *
   * @param file as messages name it
   * @throws Failure.Refused with line and column, if it is no kubeconfig
   */
  static KubeconfigText parse(String file, String text) {
    Optional<Node> top;
    try {
      top =
          new Compose(LoadSettings.builder().setLabel(file).setParseComments(true).build())
              .composeString(text);
    } catch (MarkedYamlEngineException broken) {
      String where =
          broken
              .getProblemMark()
              .map(mark -> file + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1))
              .orElse(file);
      throw refused(where + "  is not YAML: " + broken.getProblem());
    } catch (YamlEngineException broken) {
      throw refused(file + "  is not YAML: " + broken.getMessage());
    }
    if (top.isEmpty() || top.get().getTag().equals(Tag.COMMENT)) {
      MappingNode fresh = new MappingNode(Tag.MAP, new ArrayList<>(), FlowStyle.BLOCK);
      // the parser drops what a file of comments only has
      KubeconfigText empty = new KubeconfigText(file, fresh, top.isPresent() ? text : "");
      empty.put(fresh, "apiVersion", scalar("v1"));
      empty.put(fresh, "kind", scalar("Config"));
      return empty;
    }
    if (!(top.get() instanceof MappingNode mapping)) {
      throw refused(
          where(file, top.get()) + "  is no kubeconfig: a mapping (key: value) is wanted");
    }
    KubeconfigText kubeconfig = new KubeconfigText(file, mapping, "");
    kubeconfig.check();
    return kubeconfig;
  }

  private void check() {
    find(root, "kind")
        .ifPresent(kind -> {
          if (!(kind instanceof ScalarNode scalar) || !scalar.getValue().equals("Config")) {
            throw refused(where(file, kind) + "  is no kubeconfig: its kind is not Config");
          }
        });
    for (Section section : Section.values()) {
      find(root, section.list)
          .filter(list -> !isNull(list))
          .ifPresent(list -> {
            if (!(list instanceof SequenceNode)) {
              throw refused(
                  where(file, list) + "  " + section.list + ": a list (- name: ...) is wanted");
            }
          });
    }
  }

  /** As messages name it. */
  String file() {
    return file;
  }

  /** Whether anything differs from what was read. */
  boolean isChanged() {
    return changed;
  }

  /** The current context; empty where there is none. */
  String current() {
    return find(root, CURRENT).filter(node -> !isNull(node)).map(KubeconfigText::text).orElse("");
  }

  /**
   * Makes {@code context}, which is here, the current one. That of an endpoint remembers which was
   * so before, for whoever takes it out: the process itself, or another one once it was killed.
   */
  void switchTo(String context) {
    String before = current();
    if (before.equals(context)) {
      return;
    }
    entry(Section.CONTEXTS, context)
        .flatMap(entry -> said(Section.CONTEXTS, entry))
        .filter(said -> !before.isEmpty() && !word(said, PROCESS).isEmpty())
        .ifPresent(said -> put((MappingNode) said, BEFORE, scalar(before)));
    setCurrent(context);
  }

  private void setCurrent(String context) {
    if (!current().equals(context)) {
      put(root, CURRENT, scalar(context));
    }
  }

  /**
   * Puts the entries of {@code ours} in, each in the place of the one of its name or at the end. In
   * one of the same cluster only what we write is set: a namespace, a proxy, others' extensions and
   * comments stay. Entries of the same cluster's masters that are no more go; the current context
   * stays unless it goes with them.
   *
   * @param replace whether ours of another cluster of the same name may be replaced
   * @param earlier what kubectl reads before it: of entries of one name the first one counts
   * @param later what kubectl reads after it
   * @throws Failure.Refused if a name is taken by somebody else's entry; nothing was put in then
   */
  void merge(
      Kubeconfig ours, boolean replace, List<KubeconfigText> earlier, List<KubeconfigText> later) {
    KubeconfigText fresh = parse("ours", ours.text());
    refuseTaken(fresh, replace, earlier, later);
    for (Section section : Section.values()) {
      for (MappingNode entry : fresh.entries(section)) {
        place(section, entry);
      }
    }
    dropStale(fresh);
  }

  private void refuseTaken(
      KubeconfigText fresh,
      boolean replace,
      List<KubeconfigText> earlier,
      List<KubeconfigText> later) {
    List<String> foreign = new ArrayList<>();
    List<String> namesakes = new ArrayList<>();
    for (Section section : Section.values()) {
      for (MappingNode entry : fresh.entries(section)) {
        Mark mark = mark(section, entry).orElseThrow();
        List<KubeconfigText> texts = new ArrayList<>(earlier);
        texts.add(this);
        if (entry(section, name(entry)).isEmpty()) {
          texts.addAll(later); // else kubectl did not see theirs before, either
        }
        for (KubeconfigText text : texts) {
          Optional<MappingNode> taken = text.entry(section, name(entry));
          if (taken.isEmpty()) {
            continue;
          }
          String where =
              where(text.file, taken.get()) + "  " + section.list + " " + name(entry) + ": ";
          Optional<Mark> theirs = mark(section, taken.get());
          if (theirs.isEmpty() || !theirs.get().cluster().equals(mark.cluster())) {
            foreign.add(where + "an entry of this name is there that is not ours");
          } else if (!theirs.get().authority().equals(mark.authority()) && !replace) {
            namesakes.add(
                where + "it is of another cluster that is called " + mark.cluster() + " too");
          }
        }
      }
    }
    if (!foreign.isEmpty()) {
      throw new Failure.Refused(
          String.join("\n", foreign),
          "nothing was written. Rename it (kubectl config rename-context; clusters and users in"
              + " the file), or name another file with --into");
    }
    if (!namesakes.isEmpty()) {
      throw new Failure.Refused(
          String.join("\n", namesakes),
          "nothing was written. If that cluster is gone and this one was made in its place, pass"
              + " --replace; else name another file with --into");
    }
  }

  private void place(Section section, MappingNode entry) {
    Optional<MappingNode> there = entry(section, name(entry));
    if (there.isEmpty()) {
      list(section).add(entry);
      changed = true;
    } else if (isOfOneCluster(section, there.get(), entry)) {
      renew(section, there.get(), entry);
    } else {
      // what was set in it was meant for the other cluster
      list(section).set(list(section).indexOf(there.get()), entry);
      changed = true;
    }
  }

  private static boolean isOfOneCluster(Section section, MappingNode one, MappingNode other) {
    return mark(section, one)
        .map(Mark::authority)
        .equals(mark(section, other).map(Mark::authority));
  }

  /** Sets what we write in {@code old}, which is ours; whatever else was set in it stays. */
  private void renew(Section section, MappingNode old, MappingNode fresh) {
    MappingNode value = (MappingNode) find(old, section.value).orElseThrow();
    MappingNode written = (MappingNode) find(fresh, section.value).orElseThrow();
    for (NodeTuple tuple : written.getValue()) {
      String key = text(tuple.getKeyNode());
      Optional<Node> before = find(value, key);
      if (key.equals(EXTENSIONS)) {
        renewMark((SequenceNode) before.orElseThrow(), (SequenceNode) tuple.getValueNode());
      } else if (before.isEmpty() || !plain(before.get()).equals(plain(tuple.getValueNode()))) {
        before.ifPresent(node -> keepComments(node, tuple.getValueNode()));
        put(value, key, tuple.getValueNode());
      }
    }
  }

  private void renewMark(SequenceNode extensions, SequenceNode written) {
    Node mark = written.getValue().getFirst();
    extensions
        .getValue()
        .replaceAll(extension -> {
          if (!isMark(extension) || plain(extension).equals(plain(mark))) {
            return extension;
          }
          changed = true;
          return mark;
        });
  }

  private static void keepComments(Node before, Node after) {
    after.setBlockComments(before.getBlockComments());
    after.setInLineComments(before.getInLineComments());
    after.setEndComments(before.getEndComments());
  }

  /** A master that left the cluster leaves no context behind. */
  private void dropStale(KubeconfigText fresh) {
    MappingNode any = fresh.entries(Section.CLUSTERS).getFirst();
    Mark mark = mark(Section.CLUSTERS, any).orElseThrow();
    if (!mark.process().isEmpty()) {
      return;
    }
    Set<String> wanted = new HashSet<>();
    fresh.entries(Section.CLUSTERS).forEach(entry -> wanted.add(name(entry)));
    for (MappingNode context : entries(Section.CONTEXTS)) {
      if (!mark(Section.CONTEXTS, context).equals(Optional.of(mark))) {
        wanted.add(clusterOf(context)); // somebody's own context may lead there
      }
    }
    remove(
        Section.CONTEXTS,
        entry ->
            mark(Section.CONTEXTS, entry).equals(Optional.of(mark))
                && !wanted.contains(clusterOf(entry)));
    remove(
        Section.CLUSTERS,
        entry ->
            mark(Section.CLUSTERS, entry).equals(Optional.of(mark))
                && !wanted.contains(name(entry)));
    if (dropped.containsKey(current())) {
      setCurrent(fresh.current());
    }
    goBack();
  }

  /** Each entry that is not ours or not of {@code cluster}: where it is, and what; may be empty. */
  List<String> foreign(ClusterName cluster) {
    return entriesOf(mark -> mark.filter(one -> one.cluster().equals(cluster.value())).isEmpty());
  }

  /** Each entry of a cluster that has the name of that of {@code ours} and is another one. */
  List<String> ofNamesake(Kubeconfig ours) {
    MappingNode any = parse("ours", ours.text()).entries(Section.CLUSTERS).getFirst();
    Mark its = mark(Section.CLUSTERS, any).orElseThrow();
    return entriesOf(mark ->
        mark.filter(one ->
                one.cluster().equals(its.cluster()) && !one.authority().equals(its.authority()))
            .isPresent());
  }

  private List<String> entriesOf(Predicate<Optional<Mark>> wanted) {
    List<String> found = new ArrayList<>();
    for (Section section : Section.values()) {
      for (MappingNode entry : entries(section)) {
        if (wanted.test(mark(section, entry))) {
          found.add(where(file, entry) + "  " + section.list + " " + name(entry));
        }
      }
    }
    return found;
  }

  /** Takes out every entry of {@code ours} that is here and has its mark. */
  void takeOut(Kubeconfig ours) {
    KubeconfigText theirs = parse("ours", ours.text());
    for (Section section : Section.values()) {
      for (MappingNode entry : theirs.entries(section)) {
        remove(
            section,
            here ->
                name(here).equals(name(entry)) && mark(section, here).equals(mark(section, entry)));
      }
    }
    goBack();
  }

  /** Takes out every entry of an endpoint whose process {@code ended} says has ended. */
  void takeOutEnded(Predicate<String> ended) {
    for (Section section : Section.values()) {
      remove(
          section,
          entry ->
              mark(section, entry)
                  .filter(mark -> !mark.process().isEmpty() && ended.test(mark.process()))
                  .isPresent());
    }
    goBack();
  }

  /** Where the current context went, the one before it is current again. */
  private void goBack() {
    setCurrent(stillThere(current()));
    for (MappingNode context : entries(Section.CONTEXTS)) {
      said(Section.CONTEXTS, context)
          .filter(said -> dropped.containsKey(word(said, BEFORE)))
          .ifPresent(
              said -> put((MappingNode) said, BEFORE, scalar(stillThere(word(said, BEFORE)))));
    }
  }

  /** {@code context}, or where it was taken out the one before it that was not; may be empty. */
  private String stillThere(String context) {
    String before = context;
    // as often as there are some at the most: marks may be edited, and lead round in a circle
    for (int i = 0; i < dropped.size() && dropped.containsKey(before); i++) {
      before = dropped.getOrDefault(before, "");
    }
    return dropped.containsKey(before) ? "" : before;
  }

  private void remove(Section section, Predicate<MappingNode> gone) {
    if (entries(section).stream().noneMatch(gone)) {
      return;
    }
    list(section)
        .removeIf(node -> {
          boolean goes = node instanceof MappingNode entry && gone.test(entry);
          if (goes && section == Section.CONTEXTS) {
            dropped.put(
                name((MappingNode) node),
                said(section, (MappingNode) node).map(said -> word(said, BEFORE)).orElse(""));
          }
          changed |= goes;
          return goes;
        });
  }

  /** The document as it is now. */
  String text() {
    DumpSettings settings =
        DumpSettings.builder()
            .setDumpComments(true)
            .setSplitLines(false)
            .setWidth(Integer.MAX_VALUE)
            .build();
    return comments
        + new Present(settings).emitToString(new Serialize(settings).serializeOne(root).iterator());
  }

  // nodes

  private static Failure refused(String what) {
    return new Failure.Refused(what, "the file is left as it is; mend it, or name another one");
  }

  private static String where(String file, Node node) {
    return node.getStartMark()
        .map(mark -> file + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1))
        .orElse(file);
  }

  private List<MappingNode> entries(Section section) {
    List<MappingNode> entries = new ArrayList<>();
    if (find(root, section.list).orElse(null) instanceof SequenceNode sequence) {
      for (Node node : sequence.getValue()) {
        if (node instanceof MappingNode mapping) {
          entries.add(mapping);
        }
      }
    }
    return entries;
  }

  private Optional<MappingNode> entry(Section section, String name) {
    return entries(section).stream().filter(entry -> name(entry).equals(name)).findFirst();
  }

  /** The nodes of a list, to be changed; where there is none or an empty one, it is made. */
  private List<Node> list(Section section) {
    if (find(root, section.list).orElse(null) instanceof SequenceNode sequence) {
      if (sequence.getValue().isEmpty()) {
        sequence.setFlowStyle(root.getFlowStyle()); // kubectl writes [] for none
      }
      return sequence.getValue();
    }
    SequenceNode made = new SequenceNode(Tag.SEQ, new ArrayList<>(), root.getFlowStyle());
    put(root, section.list, made);
    return made.getValue();
  }

  private void put(MappingNode mapping, String key, Node value) {
    List<NodeTuple> tuples = mapping.getValue();
    changed = true;
    for (int i = 0; i < tuples.size(); i++) {
      if (text(tuples.get(i).getKeyNode()).equals(key)) {
        tuples.set(i, new NodeTuple(tuples.get(i).getKeyNode(), value));
        return;
      }
    }
    tuples.add(new NodeTuple(scalar(key), value));
  }

  private static Optional<Node> find(Node owner, String key) {
    return owner instanceof MappingNode mapping
        ? mapping.getValue().stream()
            .filter(tuple -> text(tuple.getKeyNode()).equals(key))
            .map(NodeTuple::getValueNode)
            .findFirst()
        : Optional.empty();
  }

  private static String text(Node node) {
    return node instanceof ScalarNode scalar ? scalar.getValue() : "";
  }

  private static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }

  private static ScalarNode scalar(String text) {
    return new ScalarNode(
        Tag.STR, text, text.isEmpty() ? ScalarStyle.DOUBLE_QUOTED : ScalarStyle.PLAIN);
  }

  private static String name(MappingNode entry) {
    return find(entry, "name").map(KubeconfigText::text).orElse("");
  }

  private static String clusterOf(MappingNode context) {
    return find(context, Section.CONTEXTS.value)
        .flatMap(value -> find(value, "cluster"))
        .map(KubeconfigText::text)
        .orElse("");
  }

  private static Optional<Mark> mark(Section section, MappingNode entry) {
    return said(section, entry)
        .map(said -> new Mark(word(said, "cluster"), word(said, "authority"), word(said, PROCESS)));
  }

  /** What our extension says of an entry, if it has one. */
  private static Optional<Node> said(Section section, MappingNode entry) {
    Optional<Node> extensions =
        find(entry, section.value).flatMap(value -> find(value, EXTENSIONS));
    if (!(extensions.orElse(null) instanceof SequenceNode all)) {
      return Optional.empty();
    }
    return all.getValue().stream()
        .filter(KubeconfigText::isMark)
        .flatMap(one -> find(one, "extension").stream())
        .findFirst();
  }

  private static boolean isMark(Node extension) {
    return find(extension, "name").map(KubeconfigText::text).equals(Optional.of(Kubeconfig.MARK));
  }

  private static String word(Node owner, String key) {
    return find(owner, key).map(KubeconfigText::text).orElse("");
  }

  /** What a node says, however it is written and in whichever order. */
  private static Object plain(Node node) {
    if (node instanceof MappingNode mapping) {
      Map<String, Object> values = new LinkedHashMap<>();
      mapping
          .getValue()
          .forEach(tuple -> values.put(text(tuple.getKeyNode()), plain(tuple.getValueNode())));
      return values;
    }
    if (node instanceof SequenceNode sequence) {
      return sequence.getValue().stream().map(KubeconfigText::plain).toList();
    }
    return text(node);
  }
}
