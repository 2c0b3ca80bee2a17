package dev.mainstay.playground;

import dev.mainstay.model.NodeName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/** Host keys by node name, as Mainstay looks them up, so that first contact asks nothing. */
record PinnedKeys(Path file) {

  /**
   * Pins {@code key} ({@code ssh-ed25519 AAAA...}) unless a key is pinned for that name: another
   * machine under a known name is for the user to accept.
   */
  void pin(NodeName host, String key) {
    try {
      boolean known =
          Files.exists(file)
              && Files.readAllLines(file).stream().anyMatch(line -> line.startsWith(host + " "));
      if (!known) {
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.writeString(
            file, host + " " + key + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
