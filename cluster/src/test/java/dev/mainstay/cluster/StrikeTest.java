package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.cluster.drill.Stopwatch;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Output;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class StrikeTest {
  private static final ClusterSpec SPEC = Fixture.spec(3, 1);

  private final FakeHosts hosts = new FakeHosts();
  private final AtomicLong clock = new AtomicLong();
  // a second between two looks at it
  private final Stopwatch stopwatch =
      new Stopwatch(() -> clock.getAndAdd(Duration.ofSeconds(1).toNanos()), 0);
  private final Strike strike =
      new Strike(
          hosts,
          new Drill(
              SPEC, Fault.MASTER_DOWN, List.of(Fixture.node(SPEC, "m2")), Duration.ofSeconds(20)),
          Fixture.node(SPEC, "m2"),
          stopwatch);

  private long heals() {
    return hosts.scripts().stream().filter("m2 drill-heal"::equals).count();
  }

  @Test
  void theTimerComesHalfAMinuteAfterUs() throws Exception {
    strike.strike();
    assertThat(hosts.ran.getFirst().arguments())
        .containsExactly(HostFile.sha256(Scripts.script("drill-heal")), "master-down", "50", "22");
    assertThat(strike.struck()).isPresent();
    assertThat(strike.healed()).isEmpty();
  }

  @Test
  void aStrikeThatFailedMayHaveStruck() {
    hosts.answer("drill-strike", new Output(1, "striking\n", "the proxy does not stop"));
    assertThatThrownBy(strike::strike).hasMessageContaining("the proxy does not stop");
    assertThat(strike.struck()).isPresent();
  }

  @Test
  void whoCouldNotLogInHasNothingToHeal() throws Exception {
    hosts.cut("m2", new Failure.Unreachable("m2 is off", "", true));
    assertThatThrownBy(strike::strike).hasMessage("m2 is off");
    strike.heal(Duration.ZERO);
    assertThat(hosts.ran).isEmpty();
    assertThat(strike.struck()).isEmpty();
    assertThat(strike.healed()).isEmpty();
  }

  @Test
  void healingIsTriedAgainAndItsMomentIsThatOfTheFirstWord() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    hosts.answer(
        "drill-heal",
        _ -> {
          clock.addAndGet(Duration.ofSeconds(5).toNanos());
          return tries.incrementAndGet() < 3
              ? new Output(1, tries.get() == 2 ? "healed\n" : "", "the timer does not stop")
              : new Output(0, "healed\n", "");
        });
    strike.strike();
    strike.heal(Duration.ZERO);
    assertThat(heals()).isEqualTo(3);
    Duration last = stopwatch.now();
    assertThat(strike.healed().orElseThrow()).isLessThan(last.minusSeconds(5));
  }

  @Test
  void whatTheHostsTimerHealedIsHealed() throws Exception {
    strike.strike();
    strike.heal(Duration.ZERO);
    assertThat(strike.healed()).isPresent();
  }

  @Test
  void healingIsGivenUpOnceTheTimerHasHadItsTime() throws Exception {
    hosts.answer("drill-heal", new Output(1, "", "no way"));
    strike.strike();
    assertThatThrownBy(() -> strike.heal(Duration.ZERO))
        .isInstanceOf(Failure.Failed.class)
        .hasMessageContaining("m2: what was broken (master-down) could not be healed from here")
        .hasMessageContaining("no way");
    // 50 s and what the timer takes, at a second each
    assertThat(heals()).isBetween(60L, 70L);
    assertThat(strike.healed()).isEmpty();
  }
}
