package dev.mainstay.cli;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/** Mutable: a session whose output is kept, whose home is a folder and whose time stands still. */
final class Captured {
  static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-23T07:00:00Z"), ZoneOffset.UTC);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Session session;

  private Captured(Path home, boolean interactive, String input) {
    this.session =
        new Session(
            new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                new BufferedReader(new StringReader(input)),
                interactive,
                false),
            Map.of(
                "HOME",
                home.toString(),
                "XDG_DATA_HOME",
                home.resolve("data").toString(),
                "XDG_CACHE_HOME",
                home.resolve("cache").toString()),
            CLOCK,
            home);
  }

  /** Nobody sits at the terminal. */
  static Captured in(Path home) {
    return new Captured(home, false, "");
  }

  /** Somebody sits there and types {@code input}. */
  static Captured typing(Path home, String input) {
    return new Captured(home, true, input);
  }

  Session session() {
    return session;
  }

  int run(String... arguments) {
    return Main.run(session, arguments);
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
