package dev.mainstay.cli;

import dev.mainstay.cluster.RunDrill;
import dev.mainstay.cluster.RunDrill.View;
import dev.mainstay.cluster.drill.ProxyChange;
import dev.mainstay.model.NodeName;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Mutable: a drill as people see it while it runs. On a terminal a table that is rewritten in
 * place; elsewhere a line for each thing that happens.
 */
final class DrillProgress implements RunDrill.Listener {
  private static final Duration SILENT = Duration.ofMillis(500);

  private final Terminal terminal;
  private final boolean live;
  private final Map<NodeName, ProxyChange> said = new HashMap<>();
  private String last = "";
  private int drawn;

  DrillProgress(Terminal terminal, boolean live) {
    this.terminal = terminal;
    this.live = live;
  }

  @Override
  public void happened(Duration at, String what) {
    if (!what.equals(last)) {
      last = what;
      line(at, what);
    }
  }

  private void line(Duration at, String what) {
    erase();
    terminal.err().println(String.format(Locale.ROOT, "%7.1f s  %s", at.toMillis() / 1000.0, what));
  }

  private void erase() {
    if (drawn > 0) {
      terminal.err().print("\u001b[" + drawn + "A\u001b[J");
      drawn = 0;
    }
  }

  @Override
  public void looks(Duration at, List<View> views) {
    for (View view : views) {
      view.target()
          .filter(change -> !change.equals(said.put(view.node(), change)))
          .ifPresent(change -> line(change.at(), "seen from " + view.node() + ": " + word(change)));
    }
    if (!live) {
      return;
    }
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            Locale.ROOT,
            "  %-10s %9s %7s  %-10s %s%n",
            "NODE",
            "REQUESTS",
            "FAILED",
            "ANSWERS",
            "ITS PROXY SAYS"));
    for (View view : views) {
      table.append(
          String.format(
              Locale.ROOT,
              "  %-10s %9d %7d  %-10s %s%n",
              view.node(),
              view.sent(),
              view.failed(),
              view.silence().compareTo(SILENT) < 0
                  ? "yes"
                  : "no, " + DrillText.seconds(view.silence()),
              view.target().map(DrillProgress::word).orElse("-")));
    }
    erase();
    terminal.err().print(table);
    terminal.err().flush();
    drawn = views.size() + 1;
  }

  private static String word(ProxyChange change) {
    return switch (change.state()) {
      case UP -> "up again";
      case DOWN -> "down";
      case DRAINING -> "draining";
    };
  }
}
