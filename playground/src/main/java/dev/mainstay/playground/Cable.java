package dev.mainstay.playground;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * This machine's end of a host's network cable: one end of a veth pair, plugged into the bridge.
 */
final class Cable {
  private static final int IFF_UP = 1;

  private Cable() {}

  static boolean exists(String name) {
    return Files.exists(sysfs(name));
  }

  static boolean isUp(String name) {
    try {
      String flags = Files.readString(sysfs(name).resolve("flags")).strip();
      return (Integer.decode(flags) & IFF_UP) != 0;
    } catch (IOException gone) {
      return false;
    }
  }

  static void up(String name) {
    Command.must("ip", "link", "set", name, "up");
  }

  static void down(String name) {
    Command.must("ip", "link", "set", name, "down");
  }

  static void delete(String name) {
    if (exists(name)) {
      Command.must("ip", "link", "delete", name);
    }
  }

  private static Path sysfs(String name) {
    return Path.of("/sys/class/net", name);
  }
}
