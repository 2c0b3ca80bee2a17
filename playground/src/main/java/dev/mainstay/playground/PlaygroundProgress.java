package dev.mainstay.playground;

import java.time.Duration;

/** Told how far an operation is. Calls come from one thread at a time. */
public interface PlaygroundProgress {
  /** Says nothing. */
  PlaygroundProgress SILENT =
      new PlaygroundProgress() {
        @Override
        public void note(String line) {}

        @Override
        public void done(String part, Duration elapsed) {}
      };

  /** Something is about to take long, or is worth knowing. */
  void note(String line);

  /** A part is finished: {@code "host m1 answers"}. */
  void done(String part, Duration elapsed);
}
