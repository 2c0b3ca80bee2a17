package dev.mainstay.cli;

import dev.mainstay.cluster.Action;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.RunListener;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Mutable: a run as people see it. On a terminal one line a phase, rewritten in place, with counts,
 * elapsed time and what the running steps say; elsewhere plain lines, see {@link Style}.
 */
final class RunProgress implements RunListener<Action> {
  private static final int WIDTH = 100;
  // so often a step that goes on says where it is
  private static final Duration EVERY = Duration.ofSeconds(15);

  private final Terminal terminal;
  private final Style style;
  private final LongSupplier nanoTime;
  private final long start;
  private final Map<String, Line> lines = new LinkedHashMap<>();
  private final Map<String, Line> lineOfStep = new HashMap<>();
  private final Map<String, Long> saidAt = new HashMap<>();
  private int drawn;

  /** What is shown. */
  enum Style {
    /** A picture that is drawn anew. */
    LIVE,
    /** A line for each step that ends; now and then one for what a long one says on its way. */
    ENDS,
    /** A line for each step that begins or ends, and for what it says in between. */
    ALL
  }

  /** Mutable: one phase. */
  private static final class Line {
    final Phase<Action> phase;
    final Map<String, String> running = new LinkedHashMap<>();
    int ended;
    int failed;
    int skipped;
    long start;
    long end;

    Line(Phase<Action> phase) {
      this.phase = phase;
    }
  }

  /** As the options want it: {@code -v} has lines that stay, of all that happens. */
  static RunProgress of(Terminal terminal, GlobalOptions options, Plan<Action> plan) {
    boolean live = terminal.colour() && !options.noColor && !options.json() && !options.verbose;
    return new RunProgress(
        terminal,
        plan,
        live ? Style.LIVE : options.verbose ? Style.ALL : Style.ENDS,
        System::nanoTime);
  }

  RunProgress(Terminal terminal, Plan<Action> plan, Style style, LongSupplier nanoTime) {
    this.terminal = terminal;
    this.style = style;
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
    for (Phase<Action> phase : plan.phases()) {
      Line line = new Line(phase);
      lines.put(phase.path(), line);
      phase.steps().forEach(step -> lineOfStep.put(step.id(), line));
    }
    draw();
  }

  private Line line(Step<Action> step) {
    Line line = lineOfStep.get(step.id());
    if (line == null) {
      throw new IllegalArgumentException(step.id());
    }
    return line;
  }

  @Override
  public synchronized void started(Step<Action> step) {
    Line line = line(step);
    if (line.start == 0) {
      line.start = nanoTime.getAsLong();
    }
    line.running.put(step.id(), "");
    saidAt.put(step.id(), nanoTime.getAsLong());
    if (style == Style.ALL) {
      println(step, "begins: " + step.what());
    }
    draw();
  }

  @Override
  public synchronized void progressed(Step<Action> step, String progress) {
    // a second line would put all later ones in the wrong place
    String said = progress.replace('\n', ' ');
    line(step).running.put(step.id(), said);
    long now = nanoTime.getAsLong();
    Long before = saidAt.get(step.id());
    if (style == Style.ALL
        || (style == Style.ENDS && before != null && now - before >= EVERY.toNanos())) {
      println(step, said);
      saidAt.put(step.id(), now);
    }
    draw();
  }

  @Override
  public synchronized void ended(Step<Action> step, StepResult result) {
    Line line = line(step);
    line.running.remove(step.id());
    line.ended++;
    line.end = nanoTime.getAsLong();
    switch (result.outcome()) {
      case CHANGED, UNCHANGED -> {}
      case SKIPPED -> line.skipped++;
      case FAILED -> line.failed++;
    }
    if (style != Style.LIVE) {
      String after =
          result.isDone()
              ? String.format(Locale.ROOT, " (%.1f s)", seconds(result.elapsed().toNanos()))
              : result.detail().isEmpty() ? "" : ": " + result.detail();
      println(step, result.outcome().word() + after);
    }
    draw();
  }

  private void println(Step<Action> step, String what) {
    terminal
        .err()
        .println(
            String.format(
                Locale.ROOT,
                "%7.1f s  %s  %s",
                seconds(nanoTime.getAsLong() - start),
                step.id(),
                what));
  }

  private synchronized void draw() {
    if (style != Style.LIVE) {
      return;
    }
    StringBuilder screen = new StringBuilder();
    if (drawn > 0) {
      screen.append("\u001b[").append(drawn).append('A');
    }
    long now = nanoTime.getAsLong();
    for (Line line : lines.values()) {
      screen.append("\u001b[2K").append(text(line, now)).append('\n');
    }
    drawn = lines.size();
    terminal.err().print(screen);
    terminal.err().flush();
  }

  private static String text(Line line, long now) {
    int total = line.phase.steps().size();
    String mark =
        line.failed > 0
            ? "!"
            : line.skipped > 0 ? "-" : line.ended == total ? "*" : line.start > 0 ? ">" : " ";
    long until = line.ended == total ? line.end : now;
    String time =
        line.start == 0 ? "" : String.format(Locale.ROOT, "%6.1f s", seconds(until - line.start));
    List<String> busy = new ArrayList<>();
    line.running.forEach((id, said) ->
        busy.add(
            id.substring(Math.min(id.length(), line.phase.path().length() + 1))
                + (said.isEmpty() ? "" : " " + said)));
    String text =
        String.format(
            Locale.ROOT,
            "%s %-34s %2d/%-2d %8s  %s",
            mark,
            line.phase.title(),
            line.ended,
            total,
            time,
            String.join(", ", busy));
    return text.length() <= WIDTH ? text : text.substring(0, WIDTH - 3) + "...";
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }
}
