package dev.mainstay.cluster.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.cluster.drill.Sample.Kind;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WatcherTest {
  @Test
  void onlyAWatchThatHadBegunCanEnd() throws Exception {
    try (FakeApi api = new FakeApi();
        Watcher watcher =
            Watcher.start(
                FakeApi.NODE,
                api.route(),
                api.tls(),
                "n",
                "x",
                Stopwatch.start(System::nanoTime))) {
      assertThat(watcher.awaitFirst(Duration.ofSeconds(30))).isTrue();
      await().until(() -> api.watches.get() > 3);
      assertThat(watcher.samples().stream().filter(one -> one.kind() == Kind.EVENT))
          .extracting(Sample::failure)
          .containsExactly("", "the watch ended");
    }
  }
}
