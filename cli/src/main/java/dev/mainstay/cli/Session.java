package dev.mainstay.cli;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/** What every command is given by {@code Main}: the outside world. */
record Session(Terminal terminal, Map<String, String> environment, Clock clock, Path home) {}
