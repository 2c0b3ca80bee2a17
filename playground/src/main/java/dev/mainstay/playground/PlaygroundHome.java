package dev.mainstay.playground;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where playgrounds live on this machine, by the XDG base directories, with symbolic links
 * followed: the kernel tells of mounts by real paths.
 *
 * @param state one folder a playground
 * @param rootFileSystems the cache of root file systems, shared by all playgrounds
 */
public record PlaygroundHome(Path state, Path rootFileSystems) {

  /** The folders of the user with this {@code environment}. */
  public static PlaygroundHome ofUser(Map<String, String> environment) {
    Path home = Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")));
    return new PlaygroundHome(
        real(
            base(environment, "XDG_DATA_HOME", home.resolve(".local/share"))
                .resolve("mainstay/playground")),
        real(
            base(environment, "XDG_CACHE_HOME", home.resolve(".cache"))
                .resolve("mainstay/rootfs")));
  }

  /** A relative path in an XDG variable is invalid and to be ignored (basedir-spec 0.8). */
  private static Path base(Map<String, String> environment, String variable, Path otherwise) {
    Path path = Path.of(environment.getOrDefault(variable, ""));
    return path.isAbsolute() ? path : otherwise;
  }

  /** {@code path} without links in that part of it which is there already. */
  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException notThere) {
      Path parent = path.getParent();
      return parent == null ? path : real(parent).resolve(path.getFileName());
    }
  }

  Path playground(String name) {
    return state.resolve(name);
  }
}
