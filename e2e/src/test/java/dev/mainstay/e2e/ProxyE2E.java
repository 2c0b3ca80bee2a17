package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.e2e.Program.Result;
import java.time.Duration;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What local proxies know of masters. */
@Order(SteadyCluster.ORDER + 3)
@ExtendWith(SteadyCluster.class)
final class ProxyE2E {
  private static final Cluster CLUSTER = SteadyCluster.CLUSTER;

  // what a master's proxy says to the others, in bash
  private static final String SAYS =
      """
      says() { { exec 7<> /dev/tcp/127.0.0.1/7444 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&7 && read -r -t 2 _ status word <&7; } 2> /dev/null; echo "$status ${word%?}"; }
      [ "$(says)" = '200 up' ] || { says; exit 1; }
      """;

  @Test
  void aFrozenApiserverIsDeadAtOnceForItsOwnProxy() {
    // by its answers alone it would be after more than ten seconds
    String took =
        CLUSTER
            .on(
                "m2",
                SAYS
                    + """
                    apiserver=$(pgrep -x kube-apiserver)
                    trap 'kill -CONT $apiserver' EXIT
                    kill -STOP $apiserver
                    began=${EPOCHREALTIME/./}
                    until [ "$(says)" = '503 down' ]; do
                      [ $((${EPOCHREALTIME/./} - began)) -lt 20000000 ] || exit 1
                    done
                    echo $(((${EPOCHREALTIME/./} - began) / 1000))
                    """)
            .strip();
    assertThat(Integer.parseInt(took)).as("ms").isLessThan(6_000);
    CLUSTER.isHealthy(Duration.ofMinutes(1));
  }

  @Test
  void aMasterWithoutAQuorumSaysSoByItsEtcdsOwnWordAndRequestsAreRefused() {
    CLUSTER.on("m1", SAYS);
    try {
      CLUSTER.on("m2", "pkill -STOP -x etcd");
      CLUSTER.on("m3", "pkill -STOP -x etcd");
      String took =
          CLUSTER
              .on(
                  "m1",
                  """
                  leader() { echo 'show stat' | socat - UNIX-CONNECT:/run/mainstay-proxy/admin.sock | grep '^leader,self,' | cut -d, -f18; }
                  began=${EPOCHREALTIME/./}
                  until [ "$(leader)" = MAINT ]; do
                    [ $((${EPOCHREALTIME/./} - began)) -lt 20000000 ] || { leader; exit 1; }
                  done
                  echo $(((${EPOCHREALTIME/./} - began) / 1000))
                  """)
              .strip();
      String refusal =
          CLUSTER
              .on(
                  "w1",
                  """
                  # who is refused is hung up on at once, for others the apiserver waits that they speak
                  end=$(($(date +%s) + 30))
                  while :; do
                    began=${EPOCHREALTIME/./}
                    exec 7<> /dev/tcp/127.0.0.1/7443
                    read -r -t 2 <&7 || [ $? -gt 128 ] || break
                    exec 7>&-
                    [ $(date +%s) -lt $end ] || exit 1
                  done
                  took=$(((${EPOCHREALTIME/./} - began) / 1000))
                  echo $took
                  """)
              .strip();
      System.out.printf(
          "e2e: a master without a quorum says so after %s ms, a request is refused in %s ms%n",
          took, refusal);
      // it takes 4 to 5 s where the machine is not busy
      assertThat(Integer.parseInt(took)).as("ms").isLessThan(12_000);
      assertThat(Integer.parseInt(refusal)).as("ms").isLessThan(1_000);
    } finally {
      CLUSTER.on("m2", "pkill -CONT -x etcd");
      CLUSTER.on("m3", "pkill -CONT -x etcd");
    }
    CLUSTER.isHealthy(Duration.ofMinutes(2));
  }

  @Test
  void aProxyThatAFirewallMakesBlindIsNamed() {
    String drop = " INPUT -p tcp --dport 7444 -s w1." + SteadyCluster.NAME + ".internal -j DROP";
    CLUSTER.on("m2", "iptables -w -I" + drop);
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() ->
            assertThat(CLUSTER.status().path("problems").valueStream())
                .anySatisfy(problem ->
                    assertThat(problem.toString())
                        .contains(
                            "its local proxy holds m2 down, which serves",
                            "let w1 through to port 7444 of m2")));
    // on a master that its proxy does not see it cannot fall back
    Result refused = CLUSTER.mainstay("drill", "master-down", "m3", "--yes");
    assertThat(refused.exit()).as(refused.toString()).isEqualTo(6);
    assertThat(refused.err()).contains("w1: its local proxy holds m2 down, which serves");
    CLUSTER.on("m2", "iptables -w -D" + drop);
    CLUSTER.isHealthy();
  }
}
