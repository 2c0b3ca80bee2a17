package dev.mainstay.playground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What is mounted on this machine. */
final class Mounts {
  private Mounts() {}

  static boolean isMounted(Path path) {
    return under(path).contains(path);
  }

  /** The mount points at {@code path} and below it. */
  static List<Path> under(Path path) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
      return lines
          .map(line -> unescape(line.split(" ", -1)[4]))
          .filter(point -> point.startsWith(path.toString()))
          .map(Path::of)
          .filter(point -> point.startsWith(path))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Removes a folder with all in it; refuses while anything is mounted there. */
  static void deleteTree(Path path) {
    List<Path> mounted = under(path);
    if (!mounted.isEmpty()) {
      throw new PlaygroundException("not removing " + path + ": still mounted: " + mounted);
    }
    Command.must("rm", "-rf", "--one-file-system", path.toString());
  }

  /** The kernel writes space, tab, newline and backslash as octal escapes. */
  static String unescape(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
