package dev.mainstay.playground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where this machine gets Debian's packages from, so that a company's mirror is used where there is
 * one; Debian's own where this machine's sources name none.
 *
 * @param main the archive
 * @param security the security archive; empty where this machine has a mirror of the first only
 */
record DebianMirror(String main, Optional<String> security) {
  static final DebianMirror OFFICIAL =
      new DebianMirror(
          "http://deb.debian.org/debian", Optional.of("http://deb.debian.org/debian-security"));

  private static final Pattern LINE =
      Pattern.compile("^deb\\s+(?:\\[[^]]*]\\s+)?(\\S+)\\s+(\\S+).*");
  private static final Pattern FIELD = Pattern.compile("(?im)^(URIs|Suites):[ \\t]*(.*)$");
  private static final Pattern SUITE =
      Pattern.compile("(stretch|buster|bullseye|bookworm|trixie|forky|stable|testing|sid)(.*)");

  /** By apt's own sources. */
  static DebianMirror ofThisMachine() {
    List<String> texts = new ArrayList<>();
    try {
      for (Path file : sourceFiles()) {
        texts.add(Files.readString(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return parse(texts);
  }

  private static List<Path> sourceFiles() throws IOException {
    List<Path> files = new ArrayList<>();
    Path apt = Path.of("/etc/apt");
    if (Files.isRegularFile(apt.resolve("sources.list"))) {
      files.add(apt.resolve("sources.list"));
    }
    Path more = apt.resolve("sources.list.d");
    if (Files.isDirectory(more)) {
      try (Stream<Path> listing = Files.list(more)) {
        listing
            .filter(file -> file.toString().matches(".*\\.(list|sources)"))
            .sorted()
            .forEach(files::add);
      }
    }
    return files;
  }

  /** By the texts of sources files, of the one-line form or the deb822 form. */
  static DebianMirror parse(List<String> texts) {
    Optional<String> main = Optional.empty();
    Optional<String> security = Optional.empty();
    for (String[] source : texts.stream().flatMap(DebianMirror::sources).toList()) {
      Matcher suite = SUITE.matcher(source[1]);
      // other archives have suites of the same names: the path tells Debian's own
      if (!suite.matches() || !source[0].matches("https?://.*/debian(-security)?/?")) {
        continue;
      }
      String uri = source[0].replaceFirst("/$", "");
      if (suite.group(2).matches("[-/]security|/updates")) {
        security = security.or(() -> Optional.of(uri));
      } else if (suite.group(2).isEmpty()) {
        main = main.or(() -> Optional.of(uri));
      }
    }
    Optional<String> itsSecurity = security;
    return main.map(uri -> new DebianMirror(uri, itsSecurity)).orElse(OFFICIAL);
  }

  /** Pairs of address and suite. */
  private static Stream<String[]> sources(String text) {
    List<String[]> sources = new ArrayList<>();
    text.lines()
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .forEach(line -> sources.add(new String[] {line.group(1), line.group(2)}));
    for (String stanza : text.split("\\n\\s*\\n", -1)) {
      String uris = "";
      String suites = "";
      Matcher field = FIELD.matcher(stanza);
      while (field.find()) {
        if (field.group(1).equalsIgnoreCase("URIs")) {
          uris = field.group(2).strip();
        } else {
          suites = field.group(2).strip();
        }
      }
      for (String uri : uris.split("\\s+", -1)) {
        for (String suite : suites.split("\\s+", -1)) {
          sources.add(new String[] {uri, suite});
        }
      }
    }
    return sources.stream();
  }

  /** The lines of a sources.list for {@code codename}. */
  List<String> lines(String codename) {
    List<String> lines = new ArrayList<>();
    lines.add("deb %s %s main".formatted(main, codename));
    lines.add("deb %s %s-updates main".formatted(main, codename));
    security.ifPresent(uri -> lines.add("deb %s %s-security main".formatted(uri, codename)));
    return lines;
  }
}
