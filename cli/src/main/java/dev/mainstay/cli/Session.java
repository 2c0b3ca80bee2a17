package dev.mainstay.cli;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** What every command is given by {@code Main}: the outside world. */
record Session(Terminal terminal, Map<String, String> environment, Clock clock, Path home) {

  /** Who runs this and since when, for whoever finds the cluster's lock taken. */
  String owner() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      host = "unknown host";
    }
    return "%s@%s, process %d, since %s"
        .formatted(
            System.getProperty("user.name"),
            host,
            ProcessHandle.current().pid(),
            clock.instant().truncatedTo(ChronoUnit.SECONDS));
  }
}
