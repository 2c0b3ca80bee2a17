package dev.mainstay.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where Debian's archive is reached from this machine: the mirror that its own apt uses, or else
 * Debian's own address.
 *
 * @param archive the archive's URI
 * @param security the security archive's URI
 */
record DebianMirror(String archive, String security) {
  private static final DebianMirror OFFICIAL =
      new DebianMirror("http://deb.debian.org/debian", "http://deb.debian.org/debian-security");
  private static final Set<String> SUITES =
      Set.of("bullseye", "bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing");

  /**
   * Other archives have suites of the same names: the path tells Debian's own. Cloud images have a
   * list of mirrors, {@code mirror+file:///etc/apt/mirrors/debian.list}.
   */
  private static final Pattern PATH = Pattern.compile(".*/debian(\\.list)?/?");

  /** Where Debian's installer writes its archive, or a mirror of it whose path says nothing. */
  private static final Set<String> OWN = Set.of("sources.list", "debian.sources");

  private static final Pattern OPTIONS = Pattern.compile("\\[[^\\]]*\\]");
  private static final Pattern SPACE = Pattern.compile("\\s+");

  /** The mirror that the sources in {@code directory}, {@code /etc/apt}, name. */
  static DebianMirror ofMachine(Path directory) throws IOException {
    List<Path> files = new ArrayList<>(List.of(directory.resolve("sources.list")));
    if (Files.isDirectory(directory.resolve("sources.list.d"))) {
      try (Stream<Path> entries = Files.list(directory.resolve("sources.list.d"))) {
        entries.sorted().forEach(files::add);
      }
    }
    List<String> archives = new ArrayList<>();
    String security = "";
    for (Path file : files) {
      String name = file.getFileName().toString();
      if (!Files.isReadable(file) || !(name.endsWith(".list") || name.endsWith(".sources"))) {
        continue;
      }
      String text = Files.readString(file);
      for (Entry entry : name.endsWith(".list") ? lines(text) : stanzas(text)) {
        if (entry.suites().stream().anyMatch(SUITES::contains)
            && (OWN.contains(name) || PATH.matcher(entry.uri()).matches())) {
          archives.add(entry.uri());
        }
        if (security.isEmpty() && entry.suites().stream().anyMatch(DebianMirror::isSecurity)) {
          security = entry.uri();
        }
      }
    }
    return new DebianMirror(
        archives.stream()
            .filter(archive -> PATH.matcher(archive).matches())
            .findFirst()
            .or(() -> archives.stream().findFirst())
            .orElse(OFFICIAL.archive()),
        security.isEmpty() ? OFFICIAL.security() : security);
  }

  private static boolean isSecurity(String suite) {
    return suite.endsWith("-security")
        && SUITES.contains(suite.substring(0, suite.length() - "-security".length()));
  }

  private record Entry(String uri, List<String> suites) {}

  /** The one-line form of sources.list(5): {@code deb [options] URI SUITE COMPONENT...}. */
  private static List<Entry> lines(String text) {
    List<Entry> entries = new ArrayList<>();
    for (String line : text.lines().toList()) {
      List<String> words =
          List.of(SPACE.split(OPTIONS.matcher(uncommented(line)).replaceAll(" ").strip()));
      if (words.size() >= 4 && words.get(0).equals("deb") && words.contains("main")) {
        entries.add(new Entry(words.get(1), List.of(words.get(2))));
      }
    }
    return entries;
  }

  /** The deb822 form of sources.list(5). */
  private static List<Entry> stanzas(String text) {
    List<Entry> entries = new ArrayList<>();
    Map<String, List<String>> fields = new HashMap<>();
    for (String line : (text + "\n\n").lines().toList()) {
      int colon = line.indexOf(':');
      if (line.isBlank()) {
        if (fields.getOrDefault("types", List.of()).contains("deb")
            && fields.getOrDefault("components", List.of()).contains("main")
            && fields.containsKey("uris")
            && !fields.getOrDefault("enabled", List.of("yes")).contains("no")) {
          entries.add(
              new Entry(
                  fields.getOrDefault("uris", List.of("")).getFirst(),
                  fields.getOrDefault("suites", List.of())));
        }
        fields.clear();
      } else if (!line.startsWith("#") && !line.startsWith(" ") && colon > 0) {
        fields.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT),
            List.of(SPACE.split(line.substring(colon + 1).strip())));
      }
    }
    return entries;
  }

  private static String uncommented(String line) {
    int comment = line.indexOf('#');
    return comment < 0 ? line : line.substring(0, comment);
  }
}
