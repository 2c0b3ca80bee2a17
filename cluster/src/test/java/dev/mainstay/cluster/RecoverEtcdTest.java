package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.ssh.Output;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whom a recovery asks before anybody is asked to agree to it. */
final class RecoverEtcdTest {
  private final ClusterSpec spec = Fixture.spec(3, 0);
  private final FakeHosts hosts = new FakeHosts();

  @BeforeEach
  void onlyM1CanBeReachedAndItsEtcdIsBroken() {
    hosts.answer(
        "etcd-look",
        new Output(
            0,
            "stage provisioned\ncluster-id " + Fixture.ID + "\ndata 1\nfile-revision 900\nend ok\n",
            ""));
    hosts.cut("m2", new Failure.Unreachable("m2: no route to host", "", true));
    hosts.cut("m3", new Failure.Unreachable("m3: no route to host", "", true));
  }

  private RecoverEtcd.Recovery plan(String... lost) throws InterruptedException {
    return new RecoverEtcd(hosts, Clock.systemUTC())
        .plan(
            spec,
            Arrays.stream(lost).map(NodeName::new).collect(Collectors.toSet()),
            "recover-new");
  }

  private List<String> asked() {
    return hosts.ran.stream()
        .filter(ran -> ran.script().equals("etcd-others"))
        .map(ran -> ran.node() + " " + String.join(" ", ran.arguments()))
        .toList();
  }

  @Test
  void refusesWhileAMasterLivesThatOnlyTheSurvivorReaches() {
    hosts.answer(
        "etcd-others",
        new Output(6, "", "alive, though the control machine does not reach it: m2 (port 2379)\n"));
    assertThatThrownBy(this::plan)
        .isInstanceOfSatisfying(
            Failure.Refused.class,
            refused -> assertThat(refused.advice()).contains("make it reachable", "--lost NAME"))
        .hasMessageContaining("m1 (10.77.0.11): ")
        .hasMessageContaining(
            "alive, though the control machine does not reach it: m2 (port 2379)");
    assertThat(hosts.scripts()).doesNotContain("m1 etcd-rebuild");
  }

  @Test
  void theSurvivorAsksAllThatWereNotReachedButThoseGivenUpByName() throws Exception {
    plan();
    assertThat(asked())
        .containsExactly("m1 m2.demo.internal 10.77.0.12 m3.demo.internal 10.77.0.13");
    hosts.ran.clear();
    plan("m2");
    assertThat(asked()).containsExactly("m1 m3.demo.internal 10.77.0.13");
    hosts.ran.clear();
    plan("m2", "m3");
    assertThat(asked()).isEmpty();
  }
}
