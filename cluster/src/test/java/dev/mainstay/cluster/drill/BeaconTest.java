package dev.mainstay.cluster.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class BeaconTest {
  @Test
  void aBeatThatIsUnderWayDoesNotBringTheConfigMapBack() throws Exception {
    try (FakeApi api = new FakeApi()) {
      try (Beacon _ = Beacon.start(FakeApi.NODE, api.route(), api.tls(), "n", "x")) {
        assertThat(api.isThere()).isTrue();
        await().until(() -> api.asked.contains("PATCH application/merge-patch+json"));
      }
      await().until(() -> api.merged.get() > 0);
      assertThat(api.isThere()).isFalse();
      assertThat(api.asked.getFirst()).isEqualTo("PATCH application/apply-patch+yaml");
      assertThat(api.asked.subList(1, api.asked.size()))
          .doesNotContain("PATCH application/apply-patch+yaml");
    }
  }
}
