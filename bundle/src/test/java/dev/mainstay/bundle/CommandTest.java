package dev.mainstay.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandTest {
  @TempDir private Path directory;

  private Command shell(String script) {
    return new Command(List.of("/bin/sh", "-c", script), directory, Map.of("WHO", "you"));
  }

  @Test
  void givesEachLineAndKeepsTheLast() throws IOException, InterruptedException {
    assertThat(shell("echo $WHO; echo wrong >&2").lines("")).containsExactly("you", "wrong");

    Command.Ended ended = shell("seq 1 50; exit 4").run(line -> {});
    assertThat(ended.status()).isEqualTo(4);
    assertThat(ended.tail()).startsWith("31\n").endsWith("\n50");
  }

  @Test
  void quotesWhatAFailedProgramSaid() {
    assertThatThrownBy(() -> shell("echo no such suite; exit 100").lines("try another"))
        .isInstanceOf(BundleException.class)
        .hasMessage("sh -c: exited 100:\nno such suite\n    try another");
  }

  @Test
  void endsTheProgramAndItsChildrenWhenInterrupted() throws Exception {
    CompletableFuture<Long> child = new CompletableFuture<>();
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                shell("sleep 600 & echo $!; wait")
                    .run(line -> child.complete(Long.parseLong(line)));
              } catch (IOException | InterruptedException e) {
                failure.complete(e);
              }
            });
    ProcessHandle sleep = ProcessHandle.of(child.get(10, TimeUnit.SECONDS)).orElseThrow();

    thread.interrupt();

    assertThat(failure.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    assertThat(sleep.onExit().get(10, TimeUnit.SECONDS).isAlive()).isFalse();
  }
}
